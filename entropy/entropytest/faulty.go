package entropytest

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/prng"
)

// draw returns a function that takes symbols from a source, one at a time.
func draw(source entropy.Source) func(context.Context) (uint64, error) {
	size := source.Spec().SymbolBytes()
	return func(ctx context.Context) (uint64, error) {
		var wide [8]byte
		n, err := source.Sample(ctx, wide[:size])
		if n == size {
			return binary.LittleEndian.Uint64(wide[:]), nil
		}
		if err == nil {
			err = errors.New("entropytest: source gave no symbol and no error")
		}
		return 0, err
	}
}

// Switch is a source that gives symbols of one source and, after so many, those of another. It has
// the spec of the first.
func Switch(first, then entropy.Source, after int) entropy.Source {
	before, behind := draw(first), draw(then)
	return Symbols(first.Spec(), func(ctx context.Context) (uint64, error) {
		if after > 0 {
			after--
			return before(ctx)
		}
		return behind(ctx)
	})
}

// Stuck is a source that repeats its last symbol for ever, once it has given so many.
func Stuck(source entropy.Source, after int) entropy.Source {
	next, last := draw(source), uint64(0)
	return Symbols(source.Spec(), func(ctx context.Context) (symbol uint64, err error) {
		if after > 0 {
			after--
			last, err = next(ctx)
		}
		return last, err
	})
}

// Repeating is a source that gives the symbol before again, in one of so many draws on average: a
// processor whose random instruction returns a stale register.
func Repeating(source entropy.Source, seed uint64, every int) entropy.Source {
	next, last, begun := draw(source), uint64(0), false
	chance := prng.New(seed).Split("repeating")
	return Symbols(source.Spec(), func(ctx context.Context) (symbol uint64, err error) {
		if begun && chance.IntN(every) == 0 {
			return last, nil
		}
		last, err = next(ctx)
		begun = err == nil
		return last, err
	})
}

// Alternating is a source that gives 0 and 1 in turn: entropy zero, no symbol ever repeated.
func Alternating(spec entropy.Spec) entropy.Source {
	var last uint64
	return Symbols(spec, func(context.Context) (uint64, error) {
		last ^= 1
		return last, nil
	})
}

// Counter is a source that counts: entropy zero, and the flattest distribution of all.
func Counter(spec entropy.Spec) entropy.Source {
	var count uint64
	mask := uint64(1)<<(spec.SymbolBits-1)<<1 - 1
	return Symbols(spec, func(context.Context) (uint64, error) {
		count++
		return count & mask, nil
	})
}

// Slow is a source that waits before each sample, or until nobody wants it any more.
func Slow(source entropy.Source, delay time.Duration) entropy.Source {
	return &slow{source, delay}
}

type slow struct {
	entropy.Source
	delay time.Duration
}

// Spec is that of the source, which is prompt no more.
func (s *slow) Spec() entropy.Spec {
	spec := s.Source.Spec()
	spec.Prompt = false
	return spec
}

func (s *slow) Sample(ctx context.Context, raw []byte) (int, error) {
	timer := time.NewTimer(s.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.Source.Sample(ctx, raw)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// ErrDead is what a dead source says.
var ErrDead = errors.New("entropytest: source is dead")

// Dying is a source that gives so many symbols and then only [ErrDead].
func Dying(source entropy.Source, after int) entropy.Source {
	next := draw(source)
	return Symbols(source.Spec(), func(ctx context.Context) (uint64, error) {
		if after == 0 {
			return 0, ErrDead
		}
		after--
		return next(ctx)
	})
}
