package assess

import (
	"flag"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/prng"
)

// The long run, of CONTRIBUTING.md, is -seeds 100 -samples 1000000.
var (
	seeds   = flag.Int("seeds", max(1, fewer(2)), "seeds for each simulated source")
	samples = flag.Int("samples", 20_000, "samples for each seed")
)

// source is a simulated source whose min-entropy is known.
type source struct {
	name    string
	width   int
	truth   float64 // min-entropy per symbol, against who knows all but the random draws
	binding string  // the estimator that binds with a million samples, by theory; see below if two
	draw    func(r *prng.Stream) func() byte
}

// tie is how near to the least an estimate binds as well: some thirty guesses more or less among a
// million. Some estimators guess the same and differ in where they begin. Of symbols that do not
// depend on each other, the best guess is the most common one: t-tuple has that as its tuple of one
// symbol, so that it is never above the estimate of the most common value and often equal to it,
// and MultiMCW counts the same without the first 63 (and is below it in one case of a hundred, by a
// run of right guesses of rare length). Of a chain in which the last symbol says all, MultiMMC and
// LZ78Y both guess by it, and have met it a few symbols sooner or later.
const tie = 1e-4

// sample returns n samples of the source with that seed.
func (s *source) sample(seed uint64, n int) []byte {
	next, samples := s.draw(prng.New(seed).Split(s.name)), make([]byte, n)
	for i := range samples {
		samples[i] = next()
	}
	return samples
}

// coin returns 1 with probability p.
func coin(r *prng.Stream, p float64) byte {
	if r.Chance(p) {
		return 1
	}
	return 0
}

// sources are the simulated sources, of each kind that the estimators must see through. The first
// is the output of a generator: who knows the seed knows all of it, which no estimator can see, so
// its truth is that of the noise that it imitates.
var sources = []source{
	// Compression and collision turn a mean into a probability where the mean has its maximum, so
	// that an error of n^-1/2 becomes one of n^-1/4. Either may come lower; all others, of n^-1/2, lie
	// above both but for repeats of rare length.
	{"fair coin", 1, 1, Compression + " " + Collision, func(r *prng.Stream) func() byte {
		return func() byte { return byte(r.Uint64() >> 63) }
	}},
	{"biased coin", 1, -math.Log2(0.75), Compression, func(r *prng.Stream) func() byte {
		return func() byte { return coin(r, 0.75) }
	}},
	{"sticky coin", 1, -math.Log2(0.8), Collision, func(r *prng.Stream) func() byte {
		last := byte(0) // a Markov chain: a bit is as the last with probability 0.8
		return func() byte { last ^= coin(r, 0.2); return last }
	}},
	{"alternating coin", 1, -math.Log2(0.9), Compression, func(r *prng.Stream) func() byte {
		last := byte(0) // a Markov chain: a bit is not as the last with probability 0.9
		return func() byte { last ^= coin(r, 0.9); return last }
	}},
	// MultiMMC learns where in the wave it is from 16 bits, and is right 95 times in 100. The
	// longest tuples without a flip have (35/n)^(1/i) with i up to about 170, which is a little above
	// that; but they come in clumps, five bits apart within one long stretch without a flip, and one
	// stretch of unusual length takes them below: in one case of ten.
	{"square wave with flips", 1, -math.Log2(0.95), MultiMMC + " " + TTuple,
		func(r *prng.Stream) func() byte {
			i := 0 // an oscillator sampled five times a period
			return func() byte { i++; return byte(i%5/3) ^ coin(r, 0.05) }
		}},
	{"good and bad hours", 1, (1 - math.Log2(0.9)) / 2, TTuple, func(r *prng.Stream) func() byte {
		i := 0 // a mixture in time: 5000 fair bits, then 5000 biased ones
		return func() byte { i++; return coin(r, 0.5+0.4*float64(i/5000%2)) }
	}},
	{"noise or a constant", 4, -math.Log2(0.5 + 0.5/16), TTuple,
		func(r *prng.Stream) func() byte {
			return func() byte { // a mixture, sample by sample
				v := byte(r.Uint64() >> 60)
				if r.Chance(0.5) {
					v = 9
				}
				return v
			}
		}},
	{"biased byte", 8, 2, TTuple,
		func(r *prng.Stream) func() byte {
			return func() byte { // 7 has probability 63/255 + 192/255/256 = 1/4
				v := byte(r.Uint64())
				if r.Chance(63.0 / 255) {
					v = 7
				}
				return v
			}
		}},
	{"counter", 8, 0, TTuple, func(r *prng.Stream) func() byte {
		i := byte(r.Uint64())
		return func() byte { i++; return i }
	}},
	{"counter with jumps", 8, -math.Log2(0.5 + 0.5/256), MultiMMC,
		func(r *prng.Stream) func() byte {
			last := byte(0) // a Markov chain over bytes
			return func() byte {
				last++
				if r.Chance(0.5) {
					last = byte(r.Uint64())
				}
				return last
			}
		}},
	{"counter beside noise", 8, 4, BitstringPrefix + Lag, func(r *prng.Stream) func() byte {
		i := byte(0) // the high half counts, the low half is random
		return func() byte { i += 16; return i | byte(r.Uint64()>>60) }
	}},
}

// TestSimulatedSources holds assessments against sources whose min-entropy is known: at most 1.05
// of the truth and 0.01 bits for 95 of 100 seeds, a counter at most 0.05 bits, and with a million
// samples the estimator that binds, but for a tie, is the one expected.
func TestSimulatedSources(t *testing.T) {
	for i := range sources {
		s := &sources[i]
		t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			within, named, bound := 0, 0, map[string]int{}
			low, high := math.Inf(1), 0.0
			for seed := range *seeds {
				r := Assess(sequence(t, s.sample(uint64(seed), *samples), s.width), Options{})
				if limit := 1.05*s.truth + 0.01; r.MinEntropy <= limit {
					within++
				}
				if s.name == "counter" && r.MinEntropy > 0.05 {
					t.Errorf("a counter is assessed at %.3f bits, want at most 0.05", r.MinEntropy)
				}
				bound[r.Binding]++
				if expected(s, r) {
					named++
				}
				low, high = min(low, r.MinEntropy), max(high, r.MinEntropy)
			}
			if 100*within < 95**seeds {
				t.Errorf("within the limit for %d of %d seeds, want 95 %%", within, *seeds)
			}
			if *samples >= SamplesWanted && 100*named < 95**seeds {
				t.Errorf("%s binds for %d of %d seeds, want 95 %%: %v", s.binding, named, *seeds,
					bound)
			}
			t.Logf("truth %.4f, assessed %.4f to %.4f, within %d/%d, %s binds %d times, binding %v",
				s.truth, low, high, within, *seeds, s.binding, named, bound)
		})
	}
}

// expected tells whether an estimator that the source names binds, alone or in a tie.
func expected(s *source, r *Result) bool {
	return slices.ContainsFunc(r.Estimators, func(e Estimate) bool {
		return e.Bits <= r.MinEntropy*(1+tie) && slices.Contains(strings.Fields(s.binding), e.Name)
	})
}
