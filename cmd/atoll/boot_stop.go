package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

// stopMax is how long a machine may take to stop: the grace period of a service and a little more.
const stopMax = unikernel.GraceDefault + 2*time.Second

// stopOn asks the program to stop when ctx ends, and kills the machine when a second signal comes
// or the program takes too long. A machine that crashes in a lab is killed at once. The returned
// function ends it.
func (b *booting) stopOn(ctx context.Context, m *machine.Machine) (ended func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-quit:
			return
		case <-ctx.Done():
		}
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(again)
		if errors.Is(context.Cause(ctx), unikernel.ErrKilled) || m.Stop() != nil {
			m.Kill()
			return
		}
		b.stopping.Do(func() {
			fmt.Fprintf(b.stderr, "stopping    at most %s; Ctrl-C kills\n", units.Duration(stopMax))
		})
		select {
		case <-quit:
		case <-again:
			m.Kill()
		case <-time.After(stopMax):
			m.Kill()
		}
	}()
	return func() { close(quit); <-done }
}
