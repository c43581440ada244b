package entropytest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
)

// untilCaught returns how many symbols after its beginning a fault raises an alarm, and which test
// did; no test if none did within limit. A false alarm before the fault begins does not count: it
// reports false.
func untilCaught(t *testing.T, f Fault, seed uint64, limit int) (symbols int, by health.Test,
	ok bool) {
	t.Helper()
	cutoffs, err := cutoff.For(f.Claim, f.SymbolBits)
	if err != nil {
		t.Fatal(err)
	}
	next, monitor := draw(f.Source(seed)), health.New(cutoffs)
	for n := -Healthy; n < limit; n++ {
		symbol, err := next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		monitor.Add(symbol)
		if last := monitor.Counts().Last; last.Test != health.TestNone {
			return n + 1, last.Test, n >= 0
		}
	}
	return limit, health.TestNone, true
}

// detectors are the tests by their names in the table.
var detectors = map[health.Test]Detector{health.TestRepetition: Repetition,
	health.TestProportion: Proportion}

// TestFaultsAreCaught holds the tests of package health to the table: one case of a hundred may
// take longer than it says.
func TestFaultsAreCaught(t *testing.T) {
	for _, f := range Faults() {
		if f.fault == nil || f.Detector == Nothing {
			continue
		}
		late, early, counted := 0, 0, 0
		by := map[Detector]int{}
		for seed := range uint64(cases) {
			n, test, ok := untilCaught(t, f, seed, 4*f.Symbols)
			if !ok {
				continue
			}
			counted++
			by[detectors[test]]++
			if n > f.Symbols {
				late++
			}
			if n <= f.Symbols/20 {
				early++
			}
		}
		if late > lateMax || counted < cases-5 {
			t.Errorf("%s, %s: %d of %d cases are caught later than after %d symbols; want 1 %%",
				f.Name, f.Parameters, late, counted, f.Symbols)
		}
		if early > counted/2 {
			t.Errorf("%s, %s: %d of %d cases are caught within %d symbols: the table says too little",
				f.Name, f.Parameters, early, counted, f.Symbols/20)
		}
		if by[f.Detector] < counted*9/10 {
			t.Errorf("%s, %s: caught by %v, want %s", f.Name, f.Parameters, by, f.Detector)
		}
	}
}

// TestWhatNothingCatches shows the limits of the tests: rows that they pass for 100,000 symbols.
func TestWhatNothingCatches(t *testing.T) {
	const symbols = 100_000
	for _, f := range Faults() {
		if f.fault == nil || f.Detector != Nothing {
			continue
		}
		if n, test, _ := untilCaught(t, f, 1, symbols); test != health.TestNone {
			t.Errorf("%s, %s: caught by %v after %d symbols; the table says that nothing does",
				f.Name, f.Parameters, test, n)
		}
	}
}

func TestFaultTableStandsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/entropy.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := FaultTable(); !strings.Contains(string(text), table) {
		t.Errorf("docs/entropy.md has another table of faults than this:\n%s", table)
	}
}
