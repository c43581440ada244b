package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/assess"
	assessreport "github.com/atoll-os/atoll/entropy/assess/report"
	"github.com/atoll-os/atoll/entropy/health"
)

// assessFlags are those of atoll entropy assess.
type assessFlags struct {
	bits    int
	claim   float64
	symbols int
	json    bool
	out     string
}

func newEntropyAssess() *cobra.Command {
	o := &assessFlags{}
	c := &cobra.Command{
		Use:   "assess FILE|SOURCE|-",
		Short: "Estimate how much min-entropy raw symbols hold (SP 800-90B)",
		Long: `Estimate how much min-entropy raw symbols hold, by the ten estimators of SP 800-90B §6.3.

What has the name of one of this machine's sources is drawn from it, and held to its claim; anything
else is a file, one symbol a byte, or - for standard input. Of symbols wider than 8 bits the lowest
8 are assessed, or --bits of them.

Assess raw symbols: the output of any generator looks perfect, whatever its seed is worth.`,
		Example: `  atoll entropy assess jitter -n 20000
  atoll entropy sample jitter -n 20000 > jitter.raw
  atoll entropy assess jitter.raw --claim 0.5 --json
  atoll entropy assess jitter.raw --out assessment`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			r, q, err := o.assess(ctx, args[0], c.InOrStdin())
			if err == nil && o.out != "" {
				err = writeAssessment(o.out, args[0], r, q)
			}
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(c.OutOrStdout(), r)
			}
			return showAssessment(c.OutOrStdout(), r)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.bits, "bits", 8, "of each symbol, 1 to 8; a source's own, if left out")
	f.Float64Var(&o.claim, "claim", 0, "bits of min-entropy per symbol to hold the data to")
	f.IntVarP(&o.symbols, "number", "n", 0, "symbols to take; all of a file, 1000000 of a source")
	f.StringVar(&o.out, "out", "", "directory for report.html and plots")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

// writeAssessment writes report.html and the plots into a directory, each file whole or not at all.
func writeAssessment(dir, name string, r *assess.Result, q *assess.Sequence) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	plots := assess.Plot(q)
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"histogram.svg", func(w io.Writer) error { return assessreport.Histogram(w, plots) }},
		{"autocorrelation.svg", func(w io.Writer) error {
			return assessreport.Autocorrelation(w, plots)
		}},
		{"runs.svg", func(w io.Writer) error { return assessreport.Runs(w, plots) }},
		{"image.svg", func(w io.Writer) error { return assessreport.Image(w, plots) }},
		{"report.html", func(w io.Writer) error {
			return assessreport.HTML(w, &assessreport.Page{Title: name, Result: r, Plots: plots})
		}},
	} {
		if err := writeFile(filepath.Join(dir, f.name), f.write); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what makes no sense, and sets bits to 0 if they were not said.
func (o *assessFlags) check(c *cobra.Command) error {
	switch {
	case o.bits < 1 || o.bits > assess.SymbolBitsMax:
		return usagef("--bits takes 1 to 8", "symbols of %d bits", o.bits)
	case c.Flags().Changed("claim") && !(o.claim >= 0.001 && o.claim <= float64(o.bits)):
		return usagef(fmt.Sprintf("--claim takes 0.001 to %d bits per symbol", o.bits),
			"a claim of %g bits for symbols of %d", o.claim, o.bits)
	case c.Flags().Changed("number") &&
		(o.symbols < assess.SamplesMin || o.symbols > assess.SamplesMax):
		return usagef(fmt.Sprintf("-n takes %d to %d", assess.SamplesMin, assess.SamplesMax),
			"cannot assess %d symbols", o.symbols)
	}
	if !c.Flags().Changed("bits") {
		o.bits = 0
	}
	return nil
}

// assess reads or draws what name says and assesses it.
func (o *assessFlags) assess(ctx context.Context, name string, stdin io.Reader) (*assess.Result,
	*assess.Sequence, error) {
	var samples []byte
	var notes []string
	var err error
	if from := sourceNamed(name); from != nil {
		samples, notes, err = o.drawSource(ctx, from)
	} else {
		samples, err = o.readFile(name, stdin)
	}
	if err != nil {
		return nil, nil, err
	}
	q, err := assess.NewSequence(samples, o.bits)
	if err != nil {
		return nil, nil, assessError(err, o.bits)
	}
	bar := newBar("assessing")
	defer bar.end()
	finished := make(chan *assess.Result, 1)
	go func() {
		finished <- assess.Assess(q, assess.Options{Claim: int(math.Round(o.claim * health.Thousandths)),
			Run: parallel(runtime.GOMAXPROCS(0)), Progress: bar.set})
	}()
	select {
	case r := <-finished:
		r.Notes = append(r.Notes, notes...)
		return r, q, nil
	case <-ctx.Done():
		return nil, nil, errors.New("interrupted")
	}
}

// assessError turns what is wrong with a sequence into wrong usage.
func assessError(err error, bits int) error {
	hint := fmt.Sprintf("-n takes %d to %d symbols", assess.SamplesMin, assess.SamplesMax)
	var wide *assess.WideSymbolError
	if errors.As(err, &wide) {
		hint = fmt.Sprintf("--bits 8, or write one symbol of %d bits in each byte", bits)
	}
	return usagef(hint, "%v", err)
}

// readFile reads symbols, one a byte.
func (o *assessFlags) readFile(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &hinted{err, "neither a file nor one of the " + sourceNames(), exitUsage}
		}
		defer f.Close()
		in = f
	}
	if o.bits == 0 {
		o.bits = assess.SymbolBitsMax
	}
	limit := o.symbols
	if limit == 0 {
		limit = assess.SamplesMax + 1
	}
	samples, err := io.ReadAll(io.LimitReader(bufio.NewReaderSize(in, 1<<16), int64(limit)))
	if err != nil {
		return nil, err
	}
	if len(samples) < o.symbols {
		return nil, usagef("leave out -n", "%s has %d symbols, not %d", name, len(samples), o.symbols)
	}
	return samples, nil
}

// drawSource draws symbols of a source, and takes over its width and claim where no flag says
// otherwise. The notes say what was done to symbols that are too wide for the estimators.
func (o *assessFlags) drawSource(ctx context.Context, from entropy.Source) (samples []byte,
	notes []string, err error) {
	spec := from.Spec()
	if o.symbols == 0 {
		o.symbols = assess.SamplesWanted
	}
	if o.bits == 0 {
		o.bits = min(spec.SymbolBits, assess.SymbolBitsMax)
	}
	if o.claim == 0 {
		o.claim = lowClaim(spec, o.bits)
	}
	if o.bits < spec.SymbolBits {
		notes = append(notes, fmt.Sprintf("symbols of %s have %d bits: the lowest %d are assessed",
			spec.Name, spec.SymbolBits, o.bits))
	}
	bar := newBar("drawing from " + spec.Name)
	defer bar.end()
	size, mask := spec.SymbolBytes(), byte(1<<o.bits-1)
	err = draw(ctx, from, o.symbols, func(raw []byte) error {
		for i := 0; i < len(raw); i += size {
			samples = append(samples, raw[i]&mask)
		}
		bar.set(len(samples), o.symbols)
		return nil
	})
	return samples, notes, err
}

// lowClaim returns what the lowest bits of a symbol must hold, in bits, if its source's claim is
// true: all of it, but for what the other bits can hold. A claim that these could hold alone is
// asked of the lowest bits all the same: if they have it, the symbol has.
func lowClaim(spec entropy.Spec, bits int) float64 {
	claim := float64(spec.Claim) / health.Thousandths
	if claim <= float64(bits) {
		return claim
	}
	return max(claim-float64(spec.SymbolBits-bits), 0)
}

// parallel runs tasks on so many goroutines.
func parallel(workers int) assess.Executor {
	return func(tasks []func()) {
		var wg sync.WaitGroup
		queue := make(chan func())
		for range workers {
			wg.Go(func() {
				for task := range queue {
					task()
				}
			})
		}
		for _, task := range tasks {
			queue <- task
		}
		close(queue)
		wg.Wait()
	}
}

// showAssessment prints a result for people: the verdict, what binds, and the table.
func showAssessment(w io.Writer, r *assess.Result) error {
	fmt.Fprintf(w, "%s\n\n", r.Verdict)
	fmt.Fprintf(w, "%d symbols of %d bits, %d different; %s binds\n\n", r.Samples, r.SymbolBits,
		r.Distinct, r.Binding)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "estimator\tbits per symbol\t")
	for _, e := range r.Estimators {
		mark := ""
		if e.Name == r.Binding {
			mark = "binds"
		}
		fmt.Fprintf(t, "%s\t%.4f\t%s\n", e.Name, e.Bits, mark)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(t, "%s\t-\t%s\n", s.Name, s.Why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\nnote: %s\n", note)
	}
	return nil
}
