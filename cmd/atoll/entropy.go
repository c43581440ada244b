package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/source"
	"github.com/atoll-os/atoll/internal/units"
)

func newEntropy() *cobra.Command {
	c := &cobra.Command{
		Use:   "entropy",
		Short: "Look after this machine's random numbers: sources, tests, assessments, streams",
		Example: `  atoll entropy status                             # the sources and their health
  atoll entropy assess jitter -n 20000             # does a source deserve its claim?
  atoll entropy stream --bytes 64KiB > random.bin  # bytes for a battery of tests`,
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newEntropyStatus(), newEntropySample(), newEntropyAssess(),
		newEntropyCondition(), newEntropyStream(), newEntropyBench())
	return c
}

// newMachine starts the system that a program on this machine has: all its sources, of which the
// operating system's generator is trusted alone.
func newMachine() (*entropy.System, error) {
	return entropy.New(entropy.Config{Sources: source.Machine(), Generations: source.Generations(),
		Policy: entropy.Policy{Trust: []string{trusted()}}})
}

// trusted is the name of the source that may make the system ready alone.
func trusted() string { return source.Getrandom().Spec().Name }

// sourceNamed returns one of the machine's sources, nil if there is none of that name.
func sourceNamed(name string) entropy.Source {
	for _, s := range source.Machine() {
		if s.Spec().Name == name {
			return s
		}
	}
	return nil
}

// sourceNames lists the machine's sources, for a hint.
func sourceNames() string {
	var names []string
	for _, s := range source.Machine() {
		names = append(names, s.Spec().Name)
	}
	return "sources: " + strings.Join(names, ", ")
}

// untilInterrupt returns a context that ends when somebody presses Ctrl-C.
func untilInterrupt() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// drawEmptyMax is how often in a row a source may give nothing.
const drawEmptyMax = 100

// draw samples so many symbols, straight from the source: nothing tests or mixes them.
func draw(ctx context.Context, from entropy.Source, symbols int, add func(raw []byte) error) error {
	spec := from.Spec()
	size := spec.SymbolBytes()
	buffer := make([]byte, 1024*size)
	for left, empty := symbols*size, 0; left > 0; {
		if ctx.Err() != nil { // not every source looks at it
			return drawError(ctx, spec.Name, ctx.Err())
		}
		n, err := from.Sample(ctx, buffer[:min(left, len(buffer))])
		if n > 0 {
			if err := add(buffer[:n]); err != nil {
				return err
			}
			left, empty = left-n, 0
		} else if empty++; err == nil && empty == drawEmptyMax {
			err = errors.New("it gives nothing")
		}
		if err != nil && left > 0 {
			return drawError(ctx, spec.Name, err)
		}
	}
	return nil
}

// drawError says why a source gave no more.
func drawError(ctx context.Context, name string, err error) error {
	var absent *entropy.AbsentError
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case errors.As(err, &absent) && absent.Reason == "permission":
		return &hinted{fmt.Errorf("%s: %w", name, err), "read it as root", exitFailed}
	case errors.As(err, &absent):
		return &hinted{fmt.Errorf("%s: %w", name, err),
			"atoll entropy status shows what this machine has", exitFailed}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// refuseTerminal refuses to write raw bytes where somebody reads.
func refuseTerminal(w io.Writer, hint string) error {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return usagef(hint, "raw bytes are not for a terminal")
	}
	return nil
}

// printJSON prints one value as --json does everywhere.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// sizeFlag is a flag for a size in bytes.
func sizeFlag(p *int64) *quantity[int64] {
	print := func(n int64) string {
		if n == 0 {
			return ""
		}
		return units.Size(n)
	}
	return &quantity[int64]{p, units.ParseSize, print, "size"}
}
