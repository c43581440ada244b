package source

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
	"github.com/atoll-os/atoll/prng"
)

// simulated returns RDSEED with another instruction behind it.
func simulated(draw func() (uint32, bool)) *instruction {
	c := *RDSEED().(*instruction)
	c.present, c.draw = true, draw
	return &c
}

// TestBrokenRDSEED is the processor whose RDSEED says that all is well and gives the value before
// again, once in 800 draws: the test of repeated symbols finds it, within the 3682 draws that
// theory says for 99 % of all cases.
func TestBrokenRDSEED(t *testing.T) {
	late := 0
	for seed := range uint64(100) {
		stream, last := prng.New(seed), uint32(0)
		source := simulated(func() (uint32, bool) {
			if stream.IntN(800) != 0 {
				last = stream.Uint32()
			}
			return last, true
		})
		cutoffs, err := cutoff.For(source.spec.Claim, source.spec.SymbolBits)
		if err != nil {
			t.Fatal(err)
		}
		monitor := health.New(cutoffs)
		raw := make([]byte, 4)
		for n := 0; monitor.Counts().Last.Test != health.TestRepetition; n++ {
			if _, err := source.Sample(t.Context(), raw); err != nil {
				t.Fatal(err)
			}
			monitor.Feed(raw)
			if n == 3682 {
				late++
			}
		}
	}
	if late > 5 { // one is expected
		t.Errorf("%d of 100 broken processors were found later than after 3682 draws", late)
	}
}

// TestStatusNamesABrokenRDSEED draws the 20,000 symbols of a status.
func TestStatusNamesABrokenRDSEED(t *testing.T) {
	stream, last := prng.New(1), uint32(0)
	broken := simulated(func() (uint32, bool) {
		if stream.IntN(800) != 0 {
			last = stream.Uint32()
		}
		return last, true
	})
	s, err := entropy.New(entropy.Config{Sources: []entropy.Source{broken}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 30 {
		s.Examine(t.Context(), "rdseed", 20_000)
	}
	if got := s.Status().Sources[0]; got.State != "failed" || got.Failures < 3 {
		t.Errorf("a broken RDSEED is %+v; want failed", got)
	}
}

func TestInstructionsRunDry(t *testing.T) {
	draws := 0
	dry := simulated(func() (uint32, bool) { draws++; return 0, false })
	if n, err := dry.Sample(t.Context(), make([]byte, 100)); n != 0 || !errors.Is(err, errDry) ||
		draws != rdseedTriesMax {
		t.Errorf("an instruction that has nothing: %d, %v after %d tries; want %d", n, err, draws,
			rdseedTriesMax)
	}
	draws = 0
	sometimes := simulated(func() (uint32, bool) { draws++; return uint32(draws), draws%50 == 0 })
	raw := make([]byte, 11)
	if n, err := sometimes.Sample(t.Context(), raw); n != 8 || err != nil ||
		binary.LittleEndian.Uint32(raw[4:]) != 100 {
		t.Errorf("an instruction that has something now and then: %d, %v, % x", n, err, raw)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := sometimes.Sample(ctx, raw); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("a sample that nobody wants: %d, %v", n, err)
	}
	none := simulated(nil)
	none.present = false
	var absent *entropy.AbsentError
	if _, err := none.Sample(t.Context(), raw); !errors.As(err, &absent) {
		t.Errorf("an instruction that is not there: %v, want absent", err)
	}
}

// TestBothInstructionsAreOneOrigin: whoever made one made the other.
func TestBothInstructionsAreOneOrigin(t *testing.T) {
	a, b := RDRAND().Spec(), RDSEED().Spec()
	if a.Origin != b.Origin || a.Origin == "" {
		t.Errorf("origins %q and %q, want one", a.Origin, b.Origin)
	}
	s, err := entropy.New(entropy.Config{Sources: []entropy.Source{
		entropytest.Good(a, 1), entropytest.Good(b, 2)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Examine(t.Context(), "rdrand", 5000)
	s.Examine(t.Context(), "rdseed", 5000)
	if missing := s.Missing(); missing == nil || missing.Noise != 1 {
		t.Errorf("missing %v; want a second origin", missing)
	}
}
