package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy/assess"
	assessreport "github.com/atoll-os/atoll/entropy/assess/report"
	"github.com/atoll-os/atoll/entropy/health"
)

// iidSeed is that of the permutations: the same symbols get the same verdict every time.
const iidSeed = 1

// assessFlags are those of atoll entropy assess.
type assessFlags struct {
	bits     int
	claim    float64
	symbols  int
	iid      bool
	restarts bool
	json     bool
	out      string
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

With --iid it also tests whether the symbols may be independent and identically distributed: by
chi-square, by the longest repeated substring, and by 10000 permutations (§5).

With --restarts it looks at what comes first after a start (§3.1.4): of 1000 restarts of a source,
of files with one restart each, or of one file with all of them behind each other; 1000 symbols of
each, or -n. They are held to --claim: the least of what was assessed and claimed before.

Assess raw symbols: the output of any generator looks perfect, whatever its seed is worth.`,
		Example: `  atoll entropy assess jitter -n 20000
  atoll entropy sample jitter -n 20000 > jitter.raw
  atoll entropy assess jitter.raw --claim 0.5 --json
  atoll entropy assess jitter.raw -n 2000 --iid
  atoll entropy assess jitter.raw --out assessment
  atoll entropy assess --restarts jitter -n 50
  atoll entropy assess --restarts jitter.raw -n 100 --claim 0.5`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c, args); err != nil {
				return err
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			found, q, err := o.assess(ctx, args, c.InOrStdin())
			if err == nil && o.out != "" {
				err = writeAssessment(o.out, found, q)
			}
			if err != nil {
				return err
			}
			if o.json {
				return assessmentJSON(c.OutOrStdout(), found)
			}
			return showAssessment(c.OutOrStdout(), found)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.bits, "bits", 8, "of each symbol, 1 to 8; a source's own, if left out")
	f.Float64Var(&o.claim, "claim", 0, "bits of min-entropy per symbol to hold the data to")
	f.IntVarP(&o.symbols, "number", "n", 0,
		"symbols to take; all of a file, 1000000 of a source, 1000 after a restart")
	f.BoolVar(&o.iid, "iid", false, "also test whether symbols depend on each other")
	f.BoolVar(&o.restarts, "restarts", false, "look at what comes first after restarts")
	f.StringVar(&o.out, "out", "", "directory for report.html and plots")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

// check refuses what makes no sense, and sets bits to 0 if they were not said.
func (o *assessFlags) check(c *cobra.Command, args []string) error {
	least, most := assess.SamplesMin, assess.SamplesMax
	if o.restarts {
		least, most = assess.RestartsMin, assess.RestartsMax
	}
	switch {
	case o.bits < 1 || o.bits > assess.SymbolBitsMax:
		return usagef("--bits takes 1 to 8", "symbols of %d bits", o.bits)
	case c.Flags().Changed("claim") && !(o.claim >= 0.001 && o.claim <= float64(o.bits)):
		return usagef(fmt.Sprintf("--claim takes 0.001 to %d bits per symbol", o.bits),
			"a claim of %g bits for symbols of %d", o.claim, o.bits)
	case c.Flags().Changed("number") && (o.symbols < least || o.symbols > most):
		return usagef(fmt.Sprintf("-n takes %d to %d", least, most), "cannot assess %d symbols",
			o.symbols)
	case o.iid && o.restarts:
		return usagef("two commands, one with each", "--iid and --restarts at once")
	case len(args) > 1 && !o.restarts:
		return usagef("--restarts takes files with one restart each",
			"%d files or sources to assess", len(args))
	}
	if !c.Flags().Changed("bits") {
		o.bits = 0
	}
	return nil
}

// assess reads or draws what the arguments say and assesses it. A page holds what came of it.
func (o *assessFlags) assess(ctx context.Context, args []string, stdin io.Reader) (
	*assessreport.Page, *assess.Sequence, error) {
	if o.restarts {
		return o.assessRestarts(ctx, args, stdin)
	}
	name := args[0]
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
	found := &assessreport.Page{Title: name}
	err = working(ctx, "assessing", func(options assess.Options) error {
		options.Claim = int(math.Round(o.claim * health.Thousandths))
		found.Result = assess.Assess(q, options)
		found.Result.Notes = append(found.Result.Notes, notes...)
		return nil
	})
	if err != nil || !o.iid {
		return found, q, err
	}
	err = working(ctx, "permuting", func(options assess.Options) (err error) {
		found.IID, err = assess.IID(q, assess.IIDOptions{Seed: iidSeed, Run: options.Run,
			Progress: options.Progress})
		return err
	})
	if errors.Is(err, assess.ErrFewForIID) {
		err = usagef("leave out --iid", "%v", err)
	}
	return found, q, err
}

// working does long work, on all processors and with a bar, until somebody interrupts.
func working(ctx context.Context, what string, work func(assess.Options) error) error {
	bar := newBar(what)
	defer bar.end()
	finished := make(chan error, 1)
	go func() {
		finished <- work(assess.Options{Run: parallel(runtime.GOMAXPROCS(0)), Progress: bar.set})
	}()
	select {
	case err := <-finished:
		return err
	case <-ctx.Done():
		return errors.New("interrupted")
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
