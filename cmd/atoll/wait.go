package main

import (
	"fmt"
	"io"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// announceAfter is how long something may take before a line says what is waited for.
const announceAfter = time.Second

// buildMax bounds one compilation.
const buildMax = 10 * time.Minute

// announce prints a line if what it announces takes longer than a second, at most so long. The
// returned function ends it.
func announce(w io.Writer, what string, atMost time.Duration) (done func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-quit:
		case <-time.After(announceAfter):
			fmt.Fprintf(w, "%s (at most %s)\n", what, units.Duration(atMost))
			<-quit
		}
	}()
	return func() { close(quit); <-ended }
}
