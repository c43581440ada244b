package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/source"
	"github.com/atoll-os/atoll/internal/units"
)

// benchTimeMax bounds one measurement.
const benchTimeMax = time.Minute

// benchJSON is what --json prints.
type benchJSON struct {
	Processors int         `json:"processors"`
	Reads      []readSpeed `json:"reads"`
	Sources    []drawSpeed `json:"sources"`
}

// readSpeed is how fast one size is read.
type readSpeed struct {
	Bytes      int     `json:"bytes"`
	Readers    int     `json:"readers"` // at once
	Stream     float64 `json:"stream_bytes_per_second"`
	CryptoRand float64 `json:"crypto_rand_bytes_per_second"`
	Ratio      float64 `json:"ratio"`
}

// drawSpeed is how fast a source gives symbols.
type drawSpeed struct {
	Name   string  `json:"name"`
	Speed  float64 `json:"symbols_per_second"`
	Absent string  `json:"absent,omitempty"`
}

func newEntropyBench() *cobra.Command {
	var asJSON bool
	each := 200 * time.Millisecond
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure streams against crypto/rand, and how fast sources are",
		Example: `  atoll entropy bench
  atoll entropy bench --time 50ms --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if each <= 0 || each > benchTimeMax {
				return usagef("--time takes up to "+units.Duration(benchTimeMax),
					"cannot measure for %v", each)
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			r, err := benchAll(ctx, each)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), r)
			}
			return showBench(c.OutOrStdout(), r)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	durationVar(f, &each, "time", "t", "for each measurement")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// benchAll measures everything, one after the other.
func benchAll(ctx context.Context, each time.Duration) (*benchJSON, error) {
	system, err := readySystem(ctx)
	if err != nil {
		return nil, err
	}
	defer system.Close()
	r := &benchJSON{Processors: runtime.GOMAXPROCS(0)}
	from := system.Stream("atoll entropy bench")
	for _, readers := range []int{1, max(2, r.Processors)} {
		for _, size := range []int{32, 1 << 10, 64 << 10} {
			speed := readSpeed{Bytes: size, Readers: readers,
				Stream:     readRate(ctx, from, size, readers, each),
				CryptoRand: readRate(ctx, rand.Reader, size, readers, each)}
			speed.Ratio = speed.Stream / speed.CryptoRand
			r.Reads = append(r.Reads, speed)
		}
	}
	for _, s := range source.Machine() {
		r.Sources = append(r.Sources, drawRate(ctx, s, each))
	}
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	return r, nil
}

// readRate returns how many bytes a second so many readers read together.
func readRate(ctx context.Context, from io.Reader, size, readers int, each time.Duration) float64 {
	var wg sync.WaitGroup
	counts := make([]int, readers)
	start := time.Now()
	for i := range counts {
		wg.Go(func() {
			buffer, n := make([]byte, size), 0
			for time.Since(start) < each && ctx.Err() == nil {
				for range 1 + (16<<10)/size { // the clock costs as much as a small read
					m, _ := from.Read(buffer) // neither reader has errors once it is ready
					n += m
				}
			}
			counts[i] = n
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / time.Since(start).Seconds()
}

// drawRate returns how many symbols a second a source gives, a little at a time.
func drawRate(ctx context.Context, from entropy.Source, each time.Duration) drawSpeed {
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	spec := from.Spec()
	speed, symbols, start := drawSpeed{Name: spec.Name}, 0, time.Now()
	err := draw(ctx, from, drawSymbolsMax, func(raw []byte) error {
		symbols += len(raw) / spec.SymbolBytes()
		return nil
	})
	var absent *entropy.AbsentError
	if errors.As(err, &absent) {
		speed.Absent = absent.Reason
	}
	speed.Speed = float64(symbols) / time.Since(start).Seconds()
	return speed
}

// showBench prints the figures for people.
func showBench(w io.Writer, r *benchJSON) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "read\treaders\tstream\tcrypto/rand\tratio")
	for _, s := range r.Reads {
		fmt.Fprintf(t, "%s\t%d\t%s/s\t%s/s\t%.1f\n", units.Size(int64(s.Bytes)), s.Readers,
			byteCount(int64(s.Stream)), byteCount(int64(s.CryptoRand)), s.Ratio)
	}
	fmt.Fprintln(t, "\nsource\tsymbols/s")
	for _, s := range r.Sources {
		if s.Absent != "" {
			fmt.Fprintf(t, "%s\tabsent: %s\n", s.Name, s.Absent)
		} else {
			fmt.Fprintf(t, "%s\t%.3g\n", s.Name, s.Speed)
		}
	}
	return t.Flush()
}
