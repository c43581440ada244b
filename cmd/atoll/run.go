package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/atoll-os/atoll/internal/virtual"
	"github.com/atoll-os/atoll/lab/topology"
)

// runFlags are what every verb that runs a lab has.
type runFlags struct {
	seed uint64
	out  string
	json bool
	real bool
}

func (r *runFlags) add(f *pflag.FlagSet) {
	seedVar(f, &r.seed)
	f.StringVar(&r.out, "out", "", "directory for capture.pcapng, plots and report.html")
	f.BoolVar(&r.json, "json", false, "print one JSON object")
}

// sampleEvery is how often curves are read for a report.
const sampleEvery = 50 * time.Millisecond

// labRun is one run of a lab by a verb.
type labRun struct {
	runFlags
	file    *topology.File
	options topology.RunOptions
	stdout  io.Writer
	stderr  io.Writer
	// show prints the result for people, and asJSON returns what --json prints.
	show   func(w io.Writer, r *topology.Result, wall time.Duration)
	asJSON func(r *topology.Result, wall time.Duration) any
}

// do runs the lab, in virtual time unless real is set, writes what --out asks for, and prints the
// result. A virtual run ends the process: see package virtual.
func (l *labRun) do() error {
	over, err := l.begin()
	if err != nil {
		return err
	}
	var result *topology.Result
	work := func(r *virtual.Run) {
		l.options.Stop = r.Stop
		result, err = l.file.Run(r, l.options)
	}
	finish := func(*virtual.Run) int { return over(result, err) }
	if l.real {
		if code := virtual.Real("atoll", work, finish); code != exitDone {
			return &hinted{code: code}
		}
		return nil
	}
	virtual.Main("atoll", work, finish)
	return nil
}

// begin prepares a run. The returned function writes and prints what came of it, and returns the
// exit code.
func (l *labRun) begin() (finish func(*topology.Result, error) int, err error) {
	o := &l.options
	o.Seed, o.Real, o.Dir = l.seed, l.real, l.out
	o.Progress = &topology.Progress{}
	if l.out != "" {
		o.Sample = sampleEvery
		if err := os.MkdirAll(l.out, 0o755); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	total := l.file.Duration
	if total == 0 {
		total = topology.DurationDefault
	}
	done := progress(o.Progress, total)
	return func(r *topology.Result, err error) int {
		done()
		return l.finish(r, err, time.Since(start))
	}, nil
}

// finish writes and prints what came of a run, and returns the exit code.
func (l *labRun) finish(r *topology.Result, err error, wall time.Duration) int {
	if err != nil {
		return report(l.stderr, err)
	}
	if l.out != "" {
		if err := writeReport(l.out, r, l.options.Replay); err != nil {
			return report(l.stderr, err)
		}
	}
	if l.json {
		enc := json.NewEncoder(l.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(l.asJSON(r, wall))
	} else {
		l.show(l.stdout, r, wall)
	}
	switch {
	case err != nil:
		return report(l.stderr, err)
	case r.Interrupted:
		return report(l.stderr, errors.New("interrupted"))
	case !r.OK:
		for _, f := range r.Failures {
			fmt.Fprintf(l.stderr, "atoll: error: %s\n", f)
		}
		for _, e := range r.Expectations {
			if !e.OK {
				fmt.Fprintf(l.stderr, "atoll: error: not as expected: %s, but %s\n", e.Text, e.Got)
			}
		}
		fmt.Fprintf(l.stderr, "hint: replay: %s\n", l.options.Replay)
		return exitFailed
	}
	return exitDone
}
