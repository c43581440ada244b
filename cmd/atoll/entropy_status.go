package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/overlay"
	"github.com/atoll-os/atoll/entropy/source"
)

// How atoll entropy status tests sources.
const (
	// statusSymbols are drawn of each noise source: twice what passes start-up.
	statusSymbols = 2 * health.StartupSymbols
	// statusWideSymbols are drawn of sources whose symbols are values of whole instructions: a
	// broken one repeats only one of some 800.
	statusWideSymbols = 20_000
	// statusTime is how long the test of one source, and the wait for readiness, take at most.
	statusTime = 8 * time.Second
)

// statusJSON is what --json prints.
type statusJSON struct {
	entropy.Status
	Trusted []string `json:"trusted"` // sources that may make the system ready alone
	// Overlay says whether crypto/rand, keys and TLS of this program draw from a system, too.
	Overlay overlay.Status `json:"overlay"`
}

func newEntropyStatus() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show this machine's sources, their health, and what they are credited",
		Long: `Show this machine's sources, their health, and what they are credited.

It starts a system with all sources of this machine, waits until it is ready, and tests each noise
source: at least 2048 symbols, and 20000 of the processor's instructions. The operating system's
generator is trusted alone; all others count for at most half. Exit code 1: not ready.`,
		Example: `  atoll entropy status
  atoll entropy status --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := untilInterrupt()
			defer cancel()
			status, err := examined(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), statusJSON{status, []string{trusted()},
					overlay.Report()})
			} else {
				err = showStatus(c.OutOrStdout(), &status)
			}
			if err != nil || status.Ready {
				return err
			}
			return &hinted{code: exitFailed}
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// examined starts the machine's system, tests its sources, and returns what came of it.
func examined(ctx context.Context) (entropy.Status, error) {
	system, err := newMachine()
	if err != nil {
		return entropy.Status{}, err
	}
	defer system.Close()
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	var tests sync.WaitGroup
	for i, s := range source.Machine() {
		if s.Spec().Kind == entropy.Noise {
			tests.Go(func() { examine(ctx, system, i, s.Spec()) })
		}
	}
	tests.Wait()
	// A system that is not ready says so itself, and what it waits for.
	_ = system.Wait(ctx)
	return system.Status(), nil
}

// examine tests one source, also behind an alarm, until it has given as many symbols as it should,
// is condemned, or ends. What it finds is in the status.
func examine(ctx context.Context, system *entropy.System, index int, spec entropy.Spec) {
	symbols := statusSymbols
	if spec.SymbolBits > 8 {
		symbols = statusWideSymbols
	}
	for range health.FailuresMax + 1 {
		now := system.Status().Sources[index]
		if now.State == health.Failed.String() || strings.HasPrefix(now.State, "absent") {
			return
		}
		left := symbols - int(now.Symbols)
		if now.State != health.Healthy.String() {
			left = max(left, statusSymbols)
		}
		if left <= 0 || system.Examine(ctx, spec.Name, left) == nil || ctx.Err() != nil {
			return
		}
	}
}

// showStatus prints a status for people: the verdict, the sources, and what is wrong with them.
func showStatus(w io.Writer, s *entropy.Status) error {
	if s.Ready {
		fmt.Fprintf(w, "ready: %d bits credited, %d needed\n", s.CreditedBits, s.NeededBits)
	} else {
		fmt.Fprintf(w, "not ready: %s\n", strings.TrimPrefix(s.Waiting, "entropy: not ready: "))
	}
	fmt.Fprintf(w, "generation %d, told by %s; %d seeds made\n", s.Generation,
		orNothing(strings.Join(s.Generations, ", ")), s.Reseeds)
	fmt.Fprintf(w, "crypto/rand, keys and TLS: %s\n\n", underTLS(overlay.Report()))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "source\tkind\tstate\tclaim\tsymbols\tcredited\tfailures")
	for _, each := range s.Sources {
		claim := "-"
		if each.Claimed > 0 {
			claim = fmt.Sprintf("%g of %d bits", each.Claimed, each.SymbolBits)
		}
		name := each.Name
		if name == trusted() {
			name += " (trusted alone)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d bits\t%d\n", name, each.Kind, each.State, claim,
			each.Symbols, each.CreditedBits, each.Failures)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, each := range s.Sources {
		if each.LastFailure != "" && !strings.HasPrefix(each.State, "absent") {
			fmt.Fprintf(w, "\n%s: %s\n", each.Name, each.LastFailure)
		}
	}
	return nil
}

// underTLS says whose random numbers are under what Go's standard library makes in a program.
func underTLS(s overlay.Status) string {
	if s.Installed {
		return fmt.Sprintf("a system's; %d draws before came from the operating system",
			s.BeforeInstall)
	}
	return "the operating system's; a system's only with the build overlay (docs/overlay.md)"
}

// orNothing is for a list that may be empty.
func orNothing(list string) string {
	if list == "" {
		return "nothing"
	}
	return list
}
