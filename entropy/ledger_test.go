package entropy

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/entropy/health"
)

// noise returns the spec of a noise source.
func noise(name, origin string) Spec {
	return Spec{Name: name, Kind: Noise, SymbolBits: 8, Claim: 8000, Origin: origin}
}

func TestLedgerSaysWhatIsEnough(t *testing.T) {
	specs := []Spec{noise("a", ""), noise("b", ""), noise("c1", "c"), noise("c2", "c"),
		{Name: "s", Kind: Seed, SymbolBits: 8, Claim: 8000}}
	for _, c := range []struct {
		why    string
		trust  string
		credit [5]int // bits
		counts int
		want   bool
	}{
		{"nothing", "", [5]int{}, 0, false},
		{"two origins, half each", "", [5]int{160, 160}, 320, true},
		{"a bit is missing", "", [5]int{160, 159}, 319, false},
		{"one origin counts for half at most", "", [5]int{100000}, 160, false},
		{"the second gives little", "", [5]int{100000, 10}, 170, false},
		{"three origins", "", [5]int{110, 110, 100}, 320, true},
		{"two sources of one origin are one", "", [5]int{0, 0, 1000, 1000}, 160, false},
		{"the origin of two and another", "", [5]int{160, 0, 80, 80}, 320, true},
		{"a seed is no noise", "", [5]int{160, 0, 0, 0, 256}, 320, false},
		{"a seed shortens the wait for two", "", [5]int{160, 1, 0, 0, 256}, 321, true},
		{"one trusted alone", "a", [5]int{320}, 320, true},
		{"trust is no credit", "a", [5]int{319}, 319, false},
		{"trust is for the one that has it", "a", [5]int{0, 320}, 160, false},
		{"trusted and another", "a", [5]int{200, 160}, 360, true},
		{"a trusted one of an origin", "c1", [5]int{0, 0, 320, 0}, 320, true},
		{"its untrusted sister", "c1", [5]int{0, 0, 0, 320}, 160, false},
	} {
		l := newLedger(specs, map[string]bool{c.trust: true})
		for i, bits := range c.credit {
			l.credit(i, bits, health.Thousandths)
		}
		b := l.balance()
		if got := int(b.thousandths / health.Thousandths); got != c.counts || l.enough() != c.want {
			t.Errorf("%s: %d bits count, enough %v; want %d, %v", c.why, got, l.enough(), c.counts, c.want)
		}
	}
}

// TestLedgerSurvivesTheWorstOrigin is what the rule is for: without any one origin that is not
// trusted, there are still half of the needed bits of others.
func TestLedgerSurvivesTheWorstOrigin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d", "e"}
		var specs []Spec
		for _, name := range names {
			origin := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "origin")
			specs = append(specs, noise(name, origin))
		}
		l := newLedger(specs, nil)
		for range rapid.IntRange(0, 60).Draw(t, "credits") {
			source := rapid.IntRange(0, len(names)-1).Draw(t, "source")
			symbols := rapid.IntRange(1, 40).Draw(t, "symbols")
			l.credit(source, symbols, health.Claim(rapid.IntRange(1, 8000).Draw(t, "claim")))
		}
		if !l.enough() {
			return
		}
		all := int64(0)
		byOrigin := map[int]int64{}
		for _, a := range l.accounts {
			all += a.fresh
			byOrigin[a.origin] += a.fresh
		}
		for origin, bits := range byOrigin {
			if all-bits < readyThousandths/2 {
				t.Fatalf("enough, but without origin %d only %d thousandths are left", origin, all-bits)
			}
		}
	})
}

func TestLedgerForgets(t *testing.T) {
	l := newLedger([]Spec{noise("a", ""), noise("b", "")}, nil)
	l.credit(0, 160, health.Thousandths)
	l.credit(1, 160, health.Thousandths)
	l.spent()
	if l.enough() || l.totalBits() != 320 {
		t.Errorf("after a seed: enough %v, %d bits in all; want false, 320", l.enough(), l.totalBits())
	}
	l.credit(0, 160, health.Thousandths)
	if !l.sated(0) || l.sated(1) {
		t.Error("a source with half of what is needed is sated, one with nothing is not")
	}
	l.forget()
	if l.sated(0) || l.totalBits() != 0 {
		t.Error("in a copy, credit is left")
	}
}
