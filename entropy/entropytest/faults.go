package entropytest

import (
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
)

// Detector names what catches a fault.
type Detector string

// The detectors.
const (
	Repetition Detector = "repetition count"
	Proportion Detector = "adaptive proportion"
	TimeOut    Detector = "time-out"
	Failure    Detector = "error"
	Copy       Detector = "generation"
	Nothing    Detector = "nothing"
)

// Fault is a row of the table of what can go wrong with a source.
type Fault struct {
	Name       string
	Parameters string
	Claim      health.Claim // of the source
	SymbolBits int
	Detector   Detector

	// Symbols is how many symbols after its beginning the fault is caught in 99 % of all cases, by
	// a source that was healthy before; 0: the sample or read itself shows it, or nothing ever does.
	Symbols int

	fault func(spec entropy.Spec, seed uint64) entropy.Source
}

// Healthy is how many symbols the sources of the table give before their fault begins.
const Healthy = 2 * health.StartupSymbols

// Source returns a source of that fault. It is healthy for [Healthy] symbols. It is nil for faults
// that are no source's.
func (f Fault) Source(seed uint64) entropy.Source {
	if f.fault == nil {
		return nil
	}
	spec := Spec("faulty", f.SymbolBits, f.Claim)
	return Switch(Good(spec, seed), f.fault(spec, seed+1), Healthy)
}

// stuck is a fault.
func stuck(spec entropy.Spec, _ uint64) entropy.Source { return Stuck(Good(spec, 0), 0) }

// biased returns the fault that the likeliest symbol has probability p.
func biased(p float64) func(entropy.Spec, uint64) entropy.Source {
	return func(spec entropy.Spec, seed uint64) entropy.Source { return Biased(spec, seed, p) }
}

// repeating returns the fault that one symbol of so many is that before.
func repeating(every int) func(entropy.Spec, uint64) entropy.Source {
	return func(spec entropy.Spec, seed uint64) entropy.Source {
		return Repeating(Good(spec, seed), seed, every)
	}
}

// Faults returns the table: what goes wrong, who notices, how soon; and at its end what nothing on
// one system can notice. The cutoffs are those of a healthy source, α = 2^-30.
func Faults() []Fault {
	alternating := func(spec entropy.Spec, _ uint64) entropy.Source { return Alternating(spec) }
	counter := func(spec entropy.Spec, _ uint64) entropy.Source { return Counter(spec) }
	generator := func(spec entropy.Spec, _ uint64) entropy.Source {
		spec.Claim = health.Claim(spec.SymbolBits * health.Thousandths)
		return Good(spec, 0)
	}
	return []Fault{
		// The run of C symbols, of which the first may be the last healthy one.
		{"stuck", "one value for ever", 500, 8, Repetition, 61, stuck},
		{"stuck", "one value for ever", 1000, 1, Repetition, 31, stuck},
		{"stuck", "one value for ever", 32000, 32, Repetition, 2, stuck},
		// ln(0.01) / ln(1 - 1/800): the processor of whose RDSEED one value in 800 is stale.
		{"repeating", "one in 800 is the one before", 32000, 32, Repetition, 3682, repeating(800)},
		// Windows that begin with the likeliest symbol catch it; a quarter of them does not.
		{"biased", "likeliest byte 3/4, claims 1 bit", 1000, 8, Proportion, 1990, biased(0.75)},
		{"biased", "likeliest byte 9/10, claims 1/2 bit", 500, 8, Proportion, 1020, biased(0.9)},
		{"biased", "coin of 3/4, claims 1 bit", 1000, 1, Proportion, 3900, biased(0.75)},
		{"alternating", "two values in turn, claims 2 bits", 2000, 8, Proportion, 381, alternating},
		{"slow", "a sample takes longer than Config.SampleTimeout", 500, 8, TimeOut, 0, nil},
		{"dying", "Sample returns an error", 500, 8, Failure, 0, nil},
		{"cloned", "the machine is copied, with a generation: the next read", 500, 8, Copy, 0, nil},

		{"alternating", "two values in turn, claims 1/2 bit", 500, 8, Nothing, 0, alternating},
		{"biased", "has 0.45 of the 0.5 bit it claims", 500, 8, Nothing, 0, biased(0.732)},
		{"counting", "a counter", 500, 8, Nothing, 0, counter},
		{"generated", "output of a generator whose seed somebody knows", 500, 8, Nothing, 0, generator},
		{"cloned", "the machine is copied, without a generation", 500, 8, Nothing, 0, nil},
	}
}

// FaultTable returns the table as docs/entropy.md has it.
func FaultTable() string {
	var b strings.Builder
	b.WriteString("| fault | parameters | bits claimed of | caught by | symbols until then, 99 % |\n" +
		"|---|---|---|---|---|\n")
	for _, f := range Faults() {
		symbols := fmt.Sprint(f.Symbols)
		switch {
		case f.Detector == Nothing:
			symbols = "never"
		case f.Symbols == 0:
			symbols = "at once"
		}
		fmt.Fprintf(&b, "| %s | %s | %g of %d | %s | %s |\n", f.Name, f.Parameters,
			float64(f.Claim)/health.Thousandths, f.SymbolBits, f.Detector, symbols)
	}
	return b.String()
}
