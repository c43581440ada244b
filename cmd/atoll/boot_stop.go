package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

// stopMax is how long a machine may take to stop: the grace period of a service and a little more.
const stopMax = unikernel.GraceDefault + 2*time.Second

// stopOn asks the program to stop when ctx ends, and kills the machine when a second signal comes
// or the program takes too long. Once is that of all machines: they are stopped together. The
// returned function ends it.
func stopOn(ctx context.Context, m *machine.Machine, once *sync.Once, stderr io.Writer) (
	ended func()) {
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
		if m.Stop() != nil {
			m.Kill()
			return
		}
		once.Do(func() {
			fmt.Fprintf(stderr, "stopping    at most %s; Ctrl-C kills\n", units.Duration(stopMax))
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
