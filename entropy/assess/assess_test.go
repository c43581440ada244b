package assess

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected output in testdata")

func TestNewSequence(t *testing.T) {
	for _, c := range []struct {
		samples []byte
		width   int
		want    error
	}{
		{[]byte{0, 1}, 0, ErrSymbolBits}, {[]byte{0, 1}, 9, ErrSymbolBits},
		{[]byte{0}, 1, ErrTooShort}, {nil, 1, ErrTooShort},
		{make([]byte, SamplesMax+1), 1, ErrTooLong}, {[]byte{0, 1}, 1, nil}, {[]byte{255, 1}, 8, nil},
	} {
		if _, err := NewSequence(c.samples, c.width); !errors.Is(err, c.want) {
			t.Errorf("%d samples of %d bits: %v, want %v", len(c.samples), c.width, err, c.want)
		}
	}
	var wide *WideSymbolError
	_, err := NewSequence([]byte{3, 7, 8}, 3)
	if !errors.As(err, &wide) || *wide != (WideSymbolError{2, 8, 3}) ||
		err.Error() != "assess: sample 2 is 8, which is wider than 3 bits" {
		t.Errorf("a sample too wide: %v", err)
	}
}

// Symbols are renumbered where some do not occur; bits are those of the samples as given.
func TestSequence(t *testing.T) {
	q := sequence(t, []byte{6, 1, 1, 4}, 3)
	if want := []byte{2, 0, 0, 1}; !slices.Equal(q.symbols, want) || q.Distinct() != 3 {
		t.Errorf("symbols %v of %d, want %v", q.symbols, q.Distinct(), want)
	}
	if want := []byte{1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0}; !slices.Equal(q.bitstring(), want) {
		t.Errorf("bits %v, want %v", q.bitstring(), want)
	}
	if q.Len() != 4 || q.SymbolBits() != 3 {
		t.Errorf("%d samples of %d bits", q.Len(), q.SymbolBits())
	}
}

// A result reads the same for ever, in words and in JSON.
func TestResultJSON(t *testing.T) {
	r := Assess(sequence(t, (&sources[7]).sample(1, 5000), 8), Options{Claim: 3000})
	// Machines may differ in the last digits.
	round := func(h float64) float64 { return math.Round(h*1e9) / 1e9 }
	r.MinEntropy = round(r.MinEntropy)
	for i := range r.Estimators {
		r.Estimators[i].Bits = round(r.Estimators[i].Bits)
	}
	got, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const file = "testdata/result.json"
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s: %v\ngot %s", file, err, got)
	}
	var back struct {
		MinEntropy float64            `json:"min_entropy"`
		SymbolBits int                `json:"symbol_bits"`
		Samples    int                `json:"samples"`
		Estimators map[string]float64 `json:"estimators"`
		Binding    string             `json:"binding"`
	}
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	least := math.Inf(1)
	for _, bits := range back.Estimators {
		least = min(least, bits)
	}
	if back.MinEntropy != least || back.Estimators[back.Binding] != least || back.Samples != 5000 ||
		back.SymbolBits != 8 || len(back.Estimators) != len(r.Estimators) {
		t.Errorf("%+v; want the least of the estimators", back)
	}
}

func TestEstimatesJSON(t *testing.T) {
	for want, e := range map[string]Estimates{
		`{}`: nil, `{"a":1}`: {{"a", 1}}, `{"b":0.5,"a":2}`: {{"b", 0.5}, {"a", 2}},
	} {
		if got, err := json.Marshal(e); err != nil || string(got) != want {
			t.Errorf("%v: %s, %v; want %s", e, got, err, want)
		}
	}
	if _, err := json.Marshal(Estimates{{"a", math.NaN()}}); err == nil {
		t.Error("an estimate that is no number: no error")
	}
}

func TestVerdicts(t *testing.T) {
	coin := (&sources[1]).sample(1, 20_000) // assessed at about 0.22
	for _, c := range []struct {
		name    string
		samples []byte
		width   int
		claim   int
		outcome Outcome
		verdict string
		note    string
	}{
		{"no claim", coin, 1, 0, NoClaim,
			"0.2xx bits of min-entropy per 1-bit symbol; the compression estimate binds.",
			"20000 samples; the standard asks for 1000000"},
		{"small claim", coin, 1, 200, Confirmed, "Claim confirmed: 0.200 bits", ""},
		{"great claim", coin, 1, 300, Refuted, "Claim refuted: 0.300 bits", ""},
		{"perfect noise", noise(1, 20_000, 8), 8, 8000, NotRefuted,
			"Claim neither confirmed nor refuted: 8.000 bits", "a greater claim cannot be confirmed"},
		{"more than fits", noise(1, 20_000, 8), 8, 8001, Refuted, "Claim refuted: 8.001 bits", ""},
		{"constant", make([]byte, 5000), 8, 1, Refuted, "0.000 bits assessed; the most common",
			"all samples are the same"},
		{"two samples", []byte{0, 1}, 1, 0, NoClaim, "min-entropy per 1-bit symbol", ""},
	} {
		r := Assess(sequence(t, c.samples, c.width), Options{Claim: c.claim})
		said := r.Verdict
		if c.outcome == NoClaim && len(said) > 5 { // digits that do not matter
			said = said[:3] + "xx" + said[5:]
		}
		if r.Outcome != c.outcome || !strings.Contains(said, c.verdict) ||
			!strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
			t.Errorf("%s: %s, %q, %q; want %s, %q, %q", c.name, r.Outcome, said, r.Notes, c.outcome,
				c.verdict, c.note)
		}
	}
}

// No rounding turns a claim that is missed into one that is met.
func TestInBitsRoundsDown(t *testing.T) {
	for h, want := range map[float64]string{0: "0.000 bits", 0.29999: "0.299 bits", 0.3: "0.300 bits",
		7.9999: "7.999 bits", 8: "8.000 bits"} {
		if got := inBits(h); got != want {
			t.Errorf("%v: %s, want %s", h, got, want)
		}
	}
}

// What is too short for an estimator is said, and never stops the others.
func TestSkipped(t *testing.T) {
	for n := SamplesMin; n < 50; n++ {
		r := Assess(sequence(t, noise(uint64(n), n, 8), 8), Options{})
		all := 17 // seven over symbols, ten over bits; two kinds of symbols are bits themselves
		if r.Distinct == 2 {
			all = 10
		}
		if r.MinEntropy < 0 || r.MinEntropy > 8 || len(r.Estimators)+len(r.Skipped) != all {
			t.Fatalf("%d samples: %+v; want %d estimators, used or skipped", n, r, all)
		}
		for _, s := range r.Skipped {
			if s.Why == "" {
				t.Errorf("%d samples: nobody knows why %s is skipped", n, s.Name)
			}
		}
	}
}

// A result does not depend on who does the work, and all work is counted.
func TestExecutorAndProgress(t *testing.T) {
	q := sequence(t, noise(1, 10_000, 5), 5)
	var done []int
	o := Options{Run: backwards, Progress: func(n, total int) {
		if total != 15 {
			t.Errorf("progress of %d, want 15", total)
		}
		done = append(done, n)
	}}
	a, b, c := Assess(q, o), Assess(q, Options{}), Assess(q, Options{Run: parallel(3)})
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, c) {
		t.Errorf("backwards %+v, in order %+v, at once %+v", a, b, c)
	}
	for i, n := range done {
		if n != i {
			t.Fatalf("progress %v, want 0 to 15", done)
		}
	}
	if len(done) != 16 {
		t.Errorf("progress %v, want 0 to 15", done)
	}
}

// Perfect noise is not refuted, at any length and width.
func TestCeiling(t *testing.T) {
	for _, c := range []struct{ n, width int }{{8000, 1}, {2000, 8}, {50_000, 1}, {10_000, 4},
		{5000, 6}} {
		ceiling := Ceiling(c.n, c.width)
		if ceiling <= 0.3*float64(c.width) || ceiling >= float64(c.width) {
			t.Errorf("ceiling of %d samples of %d bits: %v", c.n, c.width, ceiling)
		}
		for seed := range fewer(20) {
			r := Assess(sequence(t, noise(uint64(1000+seed), c.n, c.width), c.width), Options{})
			if r.MinEntropy < ceiling {
				t.Errorf("%d samples of %d bits, seed %d: %.4f by %s, below the ceiling %.4f", c.n,
					c.width, seed, r.MinEntropy, r.Binding, ceiling)
			}
		}
	}
	if got := Ceiling(100, 8); got != 8 {
		t.Errorf("ceiling of 100 samples: %v, want 8", got)
	}
	if small, great := Ceiling(10_000, 8), Ceiling(1_000_000, 8); small >= great || great > 7.25 {
		t.Errorf("ceilings %v and %v", small, great)
	}
}

// FuzzAssess gives it anything: it answers, within bounds, and the least estimate is the result.
func FuzzAssess(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0}, byte(1), int16(500))
	f.Add(noise(1, 300, 3), byte(3), int16(2000))
	f.Add(make([]byte, 100), byte(8), int16(-1))
	f.Add([]byte("samples that are wider than they should be"), byte(4), int16(0))
	f.Fuzz(func(t *testing.T, samples []byte, width byte, claim int16) {
		q, err := NewSequence(samples, int(width))
		if err != nil {
			return
		}
		r := Assess(q, Options{Claim: int(claim)})
		if !(r.MinEntropy >= 0 && r.MinEntropy <= float64(width)) || r.Verdict == "" {
			t.Fatalf("%v bits of %d: %s", r.MinEntropy, width, r.Verdict)
		}
		for _, e := range r.Estimators {
			if !(e.Bits >= r.MinEntropy) || math.IsInf(e.Bits, 0) {
				t.Fatalf("%s is %v, the least %v", e.Name, e.Bits, r.MinEntropy)
			}
		}
		if (r.Outcome == NoClaim) != (claim <= 0) {
			t.Fatalf("claim %d: %s", claim, r.Outcome)
		}
		if len(samples) < 300 {
			if i, err := IID(q, IIDOptions{}); err == nil && i.Verdict == "" {
				t.Fatalf("no verdict: %+v", i)
			}
		}
		p := Plot(q)
		runs := 0
		for _, n := range p.Runs {
			runs += n
		}
		if runs < q.Distinct() || runs > q.Len() {
			t.Fatalf("%d runs in %d samples", runs, q.Len())
		}
	})
}
