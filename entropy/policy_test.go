package entropy

import (
	"regexp"
	"strings"
	"testing"
)

func TestConfigIsChecked(t *testing.T) {
	spec := func(change func(s *Spec)) Source {
		f := good("a", 1)
		change(&f.spec)
		return f
	}
	many := make([]Source, SourcesMax+1)
	for i := range many {
		many[i] = good("a", 1)
	}
	for _, c := range []struct {
		config Config
		want   string // a part of the error
	}{
		{Config{Sources: []Source{good("A", 1)}}, `name "A": want lower case`},
		{Config{Sources: []Source{good("", 1)}}, `name ""`},
		{Config{Sources: []Source{good(strings.Repeat("x", 33), 1)}}, "want lower case"},
		{Config{Sources: []Source{good("a", 1), good("a", 2)}}, "two sources are called a"},
		{Config{Sources: []Source{good("seed", 1)}, Seed: &memoryStore{}}, "two sources are called seed"},
		{Config{Sources: []Source{good("x", 1)}, Events: []string{"x"}}, "two sources are called x"},
		{Config{Sources: many}, "65 sources, at most 64"},
		{Config{Events: make([]string, EventsNamesMax+1)}, "65 names of events, at most 64"},
		{Config{Generations: make([]Generation, GenerationsMax+1)}, "9 generations, at most 8"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Claim = 0 })}}, "kind noise claims nothing"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Kind = Ambient })}},
			"kind ambient claims 1000: it is never credited"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Kind = Identity })}}, "kind identity claims"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Kind = 0 })}}, "kind(0) is no kind"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.SymbolBits = 0 })}}, "symbols of 0 bits"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.SymbolBits = 65 })}}, "symbols of 65 bits"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Claim = 8001 })}},
			"claims 8001 for symbols of 8"},
		{Config{Policy: Policy{Trust: []string{"b"}}}, "policy trusts b: no such source"},
		{Config{Sources: []Source{spec(func(s *Spec) { s.Kind = Seed })},
			Policy: Policy{Trust: []string{"a"}}}, "policy trusts a alone: it is of kind seed"},
		{Config{Policy: Policy{Claims: map[string]healthClaim{"b": 1}}}, "claim for b: no such source"},
		{Config{Sources: []Source{good("a", 1)},
			Policy: Policy{Claims: map[string]healthClaim{"a": 1001}}},
			"policy claims 1001 for a: want 0 to its own claim, 1000"},
		{Config{Sources: []Source{good("a", 1)}, Policy: Policy{Claims: map[string]healthClaim{"a": -1}}},
			"policy claims -1 for a"},
	} {
		s, err := New(c.config)
		if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New = %v, %v; want an error with %q", s, err, c.want)
		}
	}
	_, err := New(Config{Sources: []Source{good("A", 1), good("b", 1), good("b", 1)}})
	if got := strings.Count(err.Error(), "\n"); got != 1 {
		t.Errorf("two things are wrong and %d are named: %v", got+1, err)
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[Kind]string{Noise: "noise", Seed: "seed", Ambient: "ambient",
		Identity: "identity", 9: "kind(9)"} {
		if kind.String() != want {
			t.Errorf("%d is called %s, want %s", uint8(kind), kind, want)
		}
	}
}

// TestNames holds names against the same rule as a regular expression.
func TestNames(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,30}[a-z0-9])?$`)
	long := strings.Repeat("x", 32)
	for _, s := range []string{"", "a", "9", "-", "a-", "-a", "a-b", "a..b", "A", "aB", "a b", "ä",
		"a\n", "virtio-rng", "net.0_rx", long, long + "x", long[:31] + "-", "-" + long[:31]} {
		if got, want := isName(s), form.MatchString(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
