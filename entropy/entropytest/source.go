package entropytest

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"sync"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/prng"
)

// Spec returns the spec of a noise source with symbols of so many bits and that claim.
func Spec(name string, symbolBits int, claim health.Claim) entropy.Spec {
	return entropy.Spec{Name: name, Kind: entropy.Noise, SymbolBits: symbolBits, Claim: claim,
		Prompt: true}
}

// Symbols is a source made of a function that gives one symbol after the other. Errors of the
// function end a sample early.
func Symbols(spec entropy.Spec, next func(ctx context.Context) (symbol uint64, err error),
) entropy.Source {
	return &symbols{spec: spec, next: next}
}

type symbols struct {
	spec entropy.Spec
	mu   sync.Mutex // Sample is called by one at a time; tests may do otherwise
	next func(context.Context) (uint64, error)
}

func (s *symbols) Spec() entropy.Spec { return s.spec }

func (s *symbols) Sample(ctx context.Context, raw []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.spec.SymbolBytes()
	var wide [8]byte
	for n+size <= len(raw) {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		symbol, err := s.next(ctx)
		if err != nil {
			return n, err
		}
		binary.LittleEndian.PutUint64(wide[:], symbol)
		n += copy(raw[n:], wide[:size])
	}
	return n, nil
}

// Good is a source with exactly the min-entropy that it claims, from a seed: symbols are
// independent, 0 is the likeliest, all others are equally likely.
func Good(spec entropy.Spec, seed uint64) entropy.Source {
	return Biased(spec, seed, math.Exp2(-float64(spec.Claim)/health.Thousandths))
}

// Biased is a source whose likeliest symbol, 0, has probability p, and all others what is left. It
// claims what spec says.
func Biased(spec entropy.Spec, seed uint64, p float64) entropy.Source {
	stream := prng.New(seed).Split(spec.Name)
	mask := uint64(1)<<(spec.SymbolBits-1)<<1 - 1
	uniform := p <= math.Exp2(-float64(spec.SymbolBits))
	return Symbols(spec, func(context.Context) (uint64, error) {
		switch {
		case uniform:
			return stream.Uint64() & mask, nil
		case stream.Float64() < p:
			return 0, nil
		}
		for {
			if symbol := stream.Uint64() & mask; symbol != 0 {
				return symbol, nil
			}
		}
	})
}

// Replay is a source of recorded symbols: it gives what raw holds and then fails with io.EOF.
func Replay(spec entropy.Spec, raw []byte) entropy.Source {
	size := spec.SymbolBytes()
	return Symbols(spec, func(context.Context) (uint64, error) {
		if len(raw) < size {
			return 0, io.EOF
		}
		var wide [8]byte
		copy(wide[:], raw[:size])
		raw = raw[size:]
		return binary.LittleEndian.Uint64(wide[:]), nil
	})
}

// Twins are two sources as two copies of one machine have them: both give the same first common
// symbols, and then each its own.
func Twins(spec entropy.Spec, seed uint64, common int) (a, b entropy.Source) {
	twin := func(own uint64) entropy.Source {
		return Switch(Good(spec, seed), Good(spec, own), common)
	}
	return twin(seed + 1), twin(seed + 2)
}
