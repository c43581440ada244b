package unikernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// Exit codes of a process.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// graceSlack is how long a service may take to return after the grace period has told it to.
const graceSlack = 500 * time.Millisecond

// Main runs a service as a process and ends the process with its exit code. The network is the
// kernel's sockets; in a program built with the tag atollvm, on Atoll's kernel, it is Atoll's own
// over the machine's card: see package host/card. The package comment says how settings, stop and
// exit codes work.
func Main(svc Service) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	p := &process{
		name:    strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"),
		args:    os.Args[1:],
		environ: os.Environ(),
		stdin:   os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		signals: signals,
		own:     ownNet(),
	}
	if p.own != nil {
		p.name = vmName(p.name)
	}
	os.Exit(p.run(svc))
}

// process is the target process: what Main takes from the operating system.
type process struct {
	name          string
	args, environ []string
	stdin         io.Reader
	stdout        io.Writer
	stderr        io.Writer
	signals       <-chan os.Signal
	own           machineNet // nil: the kernel's sockets
}

// run runs the service to its end and returns the exit code.
func (p *process) run(svc Service) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	system, err := newEntropy(p.own != nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return p.end(err)
	}
	defer system.Close()
	if err := underKeys(system); err != nil {
		return p.end(err)
	}
	network, err := p.network(ctx, cancel, system.Stream("network"), log)
	if errors.Is(err, ErrStopped) {
		return exitDone // it was told to stop before the service began
	} else if err != nil {
		return p.end(err)
	}
	target, onReady := TargetProcess, func(error) {}
	if p.own != nil {
		target, onReady = TargetVM, tellReady
	}
	m := New(ctx, Options{
		Name:     p.name,
		Target:   target,
		Net:      network,
		Random:   system.Stream("machine"),
		Clones:   system,
		Log:      log,
		ReadFile: p.readFile,
		Environ:  p.environ,
		Args:     p.args,
		Stdout:   p.stdout,
		OnReady:  onReady,
	})
	done := make(chan error, 1)
	go call(svc, ctx, m, done)
	select {
	case err := <-done:
		return p.end(err)
	case sig := <-p.signals:
		cause := fmt.Errorf("%w by signal: %v", ErrStopped, sig)
		cancel(cause)
		return p.stop(m, cause, done)
	}
}

// errGoexit is what a service is said to have returned that ended its goroutine instead.
var errGoexit = errors.New("the service ended its goroutine without returning")

// call calls the service and sends what it returned. A panic ends the process, as panics do.
func call(svc Service, ctx context.Context, m *Machine, done chan<- error) {
	err := errGoexit
	defer func() { done <- err }()
	err = svc(ctx, m)
}

// stop waits for the service after its context was cancelled.
func (p *process) stop(m *Machine, cause error, done <-chan error) int {
	period := time.Duration(m.grace.period.Load())
	p.say("stopping, at most %s; a second signal kills", units.Duration(period))
	overrun := time.NewTimer(period + graceSlack)
	defer overrun.Stop()
	select {
	case err := <-done:
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, cause):
			return exitDone // the service says that it was stopped
		case errors.Is(err, context.DeadlineExceeded) && m.grace.Err() != nil:
			return p.overrun(period) // the service says that it gave up
		}
		return p.end(err)
	case <-p.signals:
		p.say("error: killed by a second signal")
		return exitFailed
	case <-overrun.C:
		return p.overrun(period)
	}
}

// overrun reports what still runs at the end of the grace period.
func (p *process) overrun(period time.Duration) int {
	p.say("error: still running %s after the stop began; these goroutines are left:\n\n%s",
		units.Duration(period), goroutines())
	return exitFailed
}

// end reports how the service ended.
func (p *process) end(err error) int {
	var usage *UsageError
	switch {
	case err == nil, errors.Is(err, ErrShown):
		return exitDone
	case errors.As(err, &usage):
		for _, problem := range usage.Problems {
			p.say("error: %s", problem.Text)
			if problem.Hint != "" {
				fmt.Fprintf(p.stderr, "hint: %s\n", problem.Hint)
			}
		}
		return exitUsage
	}
	p.say("error: %v", err)
	return exitFailed
}

func (p *process) say(format string, args ...any) {
	fmt.Fprintf(p.stderr, p.name+": "+format+"\n", args...)
}

// readFile reads the file of settings; "-" is standard input.
func (p *process) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(p.stdin)
	}
	return os.ReadFile(name)
}
