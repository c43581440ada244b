package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy"
)

// drawSymbolsMax bounds what is drawn from a source in one command.
const drawSymbolsMax = 1 << 30

func newEntropySample() *cobra.Command {
	var symbols int
	var out string
	c := &cobra.Command{
		Use:   "sample SOURCE",
		Short: "Write a source's raw symbols",
		Long: `Write a source's raw symbols: untested, not mixed with anything, never for keys.

A symbol of up to 8 bits is a byte; wider ones are 2, 4 or 8 bytes, lowest byte first.`,
		Example: `  atoll entropy sample jitter -n 20000 --out jitter.raw
  atoll entropy sample getrandom -n 1000 > raw.bin`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			from := sourceNamed(args[0])
			if from == nil {
				return usagef(sourceNames(), "unknown source %q", args[0])
			}
			if err := checkSymbols(symbols); err != nil {
				return err
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			if out != "-" {
				return writeFile(out, func(w io.Writer) error { return sample(ctx, w, from, symbols) })
			}
			if err := refuseTerminal(c.OutOrStdout(), "--out FILE"); err != nil {
				return err
			}
			return sample(ctx, c.OutOrStdout(), from, symbols)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVarP(&symbols, "number", "n", 1_000_000, "symbols to draw")
	f.StringVar(&out, "out", "-", "file to write, - for standard output")
	return c
}

// checkSymbols refuses numbers of symbols that make no sense.
func checkSymbols(n int) error {
	if n < 1 || n > drawSymbolsMax {
		return usagef(fmt.Sprintf("-n takes 1 to %d", drawSymbolsMax), "cannot draw %d symbols", n)
	}
	return nil
}

// sample writes a source's symbols as they come.
func sample(ctx context.Context, w io.Writer, from entropy.Source, symbols int) error {
	bar := newBar("drawing from " + from.Spec().Name)
	defer bar.end()
	done, size := 0, from.Spec().SymbolBytes()
	return draw(ctx, from, symbols, func(raw []byte) error {
		done += len(raw) / size
		bar.set(done, symbols)
		_, err := w.Write(raw)
		return err
	})
}
