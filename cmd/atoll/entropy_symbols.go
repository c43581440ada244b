package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/assess"
	"github.com/atoll-os/atoll/entropy/health"
)

// readFile reads symbols, one a byte.
func (o *assessFlags) readFile(name string, stdin io.Reader) ([]byte, error) {
	limit := o.symbols
	if limit == 0 {
		limit = assess.SamplesMax + 1 // one too many is refused
	}
	samples, err := o.readSymbols(name, stdin, limit)
	if err == nil && len(samples) < o.symbols {
		err = usagef("leave out -n", "%s has %d symbols, not %d", name, len(samples), o.symbols)
	}
	return samples, err
}

// readSymbols reads up to so many symbols, one a byte.
func (o *assessFlags) readSymbols(name string, stdin io.Reader, limit int) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &hinted{err, "neither a file nor one of the " + sourceNames(), exitUsage}
		}
		defer f.Close()
		in = f
	}
	if o.bits == 0 {
		o.bits = assess.SymbolBitsMax
	}
	return io.ReadAll(io.LimitReader(bufio.NewReaderSize(in, 1<<16), int64(limit)))
}

// drawSource draws symbols of a source. The notes say what was done to symbols that are too wide
// for the estimators.
func (o *assessFlags) drawSource(ctx context.Context, from entropy.Source) (samples []byte,
	notes []string, err error) {
	notes = o.takeOver(from.Spec())
	if o.symbols == 0 {
		o.symbols = assess.SamplesWanted
	}
	bar := newBar("drawing from " + from.Spec().Name)
	defer bar.end()
	err = draw(ctx, from, o.symbols, func(raw []byte) error {
		samples = o.appendLow(samples, raw, from.Spec().SymbolBytes())
		bar.set(len(samples), o.symbols)
		return nil
	})
	return samples, notes, err
}

// takeOver takes over a source's width and claim where no flag says otherwise.
func (o *assessFlags) takeOver(spec entropy.Spec) (notes []string) {
	if o.bits == 0 {
		o.bits = min(spec.SymbolBits, assess.SymbolBitsMax)
	}
	if o.claim == 0 {
		o.claim = lowClaim(spec, o.bits)
	}
	if o.bits < spec.SymbolBits {
		notes = append(notes, fmt.Sprintf("symbols of %s have %d bits: the lowest %d are assessed",
			spec.Name, spec.SymbolBits, o.bits))
	}
	return notes
}

// appendLow appends the lowest bits of raw symbols of that size in bytes.
func (o *assessFlags) appendLow(samples, raw []byte, size int) []byte {
	mask := byte(1<<o.bits - 1)
	for i := 0; i < len(raw); i += size {
		samples = append(samples, raw[i]&mask)
	}
	return samples
}

// lowClaim returns what the lowest bits of a symbol must hold, in bits, if its source's claim is
// true: all of it, but for what the other bits can hold. A claim that these could hold alone is
// asked of the lowest bits all the same: if they have it, the symbol has.
func lowClaim(spec entropy.Spec, bits int) float64 {
	claim := float64(spec.Claim) / health.Thousandths
	if claim <= float64(bits) {
		return claim
	}
	return max(claim-float64(spec.SymbolBits-bits), 0)
}

// parallel runs tasks on so many goroutines.
func parallel(workers int) assess.Executor {
	return func(tasks []func()) {
		var wg sync.WaitGroup
		queue := make(chan func())
		for range workers {
			wg.Go(func() {
				for task := range queue {
					task()
				}
			})
		}
		for _, task := range tasks {
			queue <- task
		}
		close(queue)
		wg.Wait()
	}
}
