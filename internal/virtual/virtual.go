// Package virtual runs a command's work in the virtual time of a testing/synctest bubble, outside
// go test.
//
// synctest needs a *testing.T, and the only way to one is testing.Main. That prints PASS or FAIL on
// stdout, parses os.Args and ends the process; Main hides all of it. A process can do one virtual
// run. What comes from outside, a signal or the wish to see progress, must not be waited for inside
// the bubble: it crosses by atomics.
package virtual

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
)

// Run is one run: what a lab needs of a test, and the way to the outside.
type Run struct {
	Stdout io.Writer
	Stderr io.Writer
	Stop   *atomic.Bool // set by the first Ctrl-C or SIGTERM

	name     string
	mu       sync.Mutex
	failures int
	cleanups []func()
}

// Name returns what Main was given.
func (r *Run) Name() string { return r.name }

// Helper is there for lab.T.
func (r *Run) Helper() {}

// Logf prints a line to Stderr.
func (r *Run) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.Stderr, format+"\n", args...)
}

// Errorf prints a line to Stderr and marks the run failed. After an interrupt only the mark is
// left: what fails then, fails because of it.
func (r *Run) Errorf(format string, args ...any) {
	r.mu.Lock()
	r.failures++
	r.mu.Unlock()
	if !r.Stop.Load() {
		r.Logf("atoll: error: "+format, args...)
	}
}

// Failed reports whether Errorf was called.
func (r *Run) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures > 0
}

// Cleanup has f called after the work, last first.
func (r *Run) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// Output returns where services' logs go.
func (r *Run) Output() io.Writer { return io.Discard }

func (r *Run) clean() {
	for {
		r.mu.Lock()
		n := len(r.cleanups)
		if n == 0 {
			r.mu.Unlock()
			return
		}
		f := r.cleanups[n-1]
		r.cleanups = r.cleanups[:n-1]
		r.mu.Unlock()
		f()
	}
}

// ExitInterrupted is the exit code after a second Ctrl-C.
const ExitInterrupted = 130

// newRun returns a run and has signals set its Stop; the second one ends the process.
func newRun(name string) *Run {
	r := &Run{Stdout: os.Stdout, Stderr: os.Stderr, Stop: new(atomic.Bool), name: name}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		r.Stop.Store(true)
		<-signals
		os.Exit(ExitInterrupted)
	}()
	return r
}

// Real does the work in real time, outside any bubble, and returns what finish does.
func Real(name string, work func(*Run), finish func(*Run) int) int {
	r := newRun(name)
	work(r)
	r.clean()
	return finish(r)
}

// Main does the work in a bubble, then finish in real time, and ends the process with the exit code
// that finish returns. It never returns.
func Main(name string, work func(*Run), finish func(*Run) int) {
	r := newRun(name)
	os.Args = os.Args[:1]
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null // for testing's PASS
	}
	test := func(t *testing.T) {
		synctest.Test(t, func(*testing.T) {
			defer r.recovered()
			work(r)
			r.clean()
		})
		os.Exit(finish(r))
	}
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: name, F: test}}, nil, nil)
	os.Exit(1)
}

// recovered turns a panic into words and exit code 1; without it the runtime would blame a test.
func (r *Run) recovered() {
	if p := recover(); p != nil {
		fmt.Fprintf(r.Stderr, "atoll: error: BUG: %v\n%s", p, debug.Stack())
		os.Exit(1)
	}
}
