package assess

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/prng"
)

// Constants of the tests for independent and identically distributed samples (§5).
const (
	Permutations   = 10_000 // §5.1
	rankMin        = 5      // a statistic passes if more of the permutations are on either side
	chanceMin      = 0.001  // p-value below which a chi-square or repeat test fails (§5.2)
	roundSize      = 16     // permutations between decisions; a result does not depend on the executor
	permutationTag = "permutation "
)

// ErrFewForIID says that a sequence is too short for the permutation tests.
var ErrFewForIID = errors.New("assess: the tests for independence need 272 samples " +
	"and two different symbols")

// IIDOptions say how to test. The zero value is fine.
type IIDOptions struct {
	// Seed is that of the permutations: the same seed gives the same result.
	Seed uint64
	// Run is nil to work in order on the caller's goroutine.
	Run Executor
	// Progress, if not nil, is told how many of the permutations are done; most sequences are
	// decided long before the last. An executor that runs tasks at once makes it be called at once.
	Progress func(done, total int)
}

// Rank is how a statistic of the sequence compares with those of permutations of it.
type Rank struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"` // of the sequence
	Greater int     `json:"greater"`
	Equal   int     `json:"equal"`
	Less    int     `json:"less"`
	Passed  bool    `json:"passed"`
}

// Test is a test with a p-value.
type Test struct {
	Name   string  `json:"name"`
	Score  float64 `json:"score,omitempty"`
	DF     int     `json:"df,omitempty"` // degrees of freedom
	Chance float64 `json:"chance"`       // that independent samples look as bad or worse
	Passed bool    `json:"passed"`
}

// IIDResult is the result of all tests for independence.
type IIDResult struct {
	Verdict string `json:"verdict"`
	IID     bool   `json:"iid"` // no test found a reason against it
	// MinEntropy is the estimate of §6.1, bits per symbol; 0 if a test failed, as it would mean
	// nothing.
	MinEntropy   float64 `json:"min_entropy"`
	SymbolBits   int     `json:"symbol_bits"`
	Samples      int     `json:"samples"`
	Tests        []Test  `json:"tests"`
	Permutations []Rank  `json:"permutations,omitempty"` // none if a test above failed
	// Notes are what a reader should know besides.
	Notes []string `json:"notes,omitempty"`
}

// IID tests the assumption that samples are independent and identically distributed: the chi-square
// tests and the one of the longest repeated substring (§5.2), then, if none failed, the permutation
// tests (§5.1). A statistic is dropped once it has passed. The one that compresses is slow: it
// comes after the others, and only if all of them have passed.
//
// Of sequences that are as assumed, about one in 50 fails some test. The error is [ErrFewForIID].
func IID(q *Sequence, o IIDOptions) (*IIDResult, error) {
	if q.Len() < statisticSamplesMin || q.distinct < 2 {
		return nil, ErrFewForIID
	}
	if o.Run == nil {
		o.Run = inOrder
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	r := &IIDResult{SymbolBits: q.symbolBits, Samples: q.Len(), Tests: directTests(q)}
	if q.Len() < SamplesWanted {
		r.Notes = append(r.Notes, fmt.Sprintf("%d samples; the standard asks for %d, and with "+
			"fewer even noise of wide symbols fails the test of pairs", q.Len(), SamplesWanted))
	}
	var failed []string
	for _, t := range r.Tests {
		if !t.Passed {
			failed = append(failed, t.Name)
		}
	}
	if failed == nil {
		r.Permutations = permute(q, &o)
		for _, p := range r.Permutations {
			if !p.Passed {
				failed = append(failed, p.Name)
			}
		}
	}
	if failed != nil {
		r.Verdict = fmt.Sprintf("Not independent and identically distributed: failed %s.",
			strings.ReplaceAll(strings.Join(failed, ", "), "_", " "))
		return r, nil
	}
	r.IID, r.MinEntropy = true, mostCommon(q.symbols)
	if q.distinct > 2 {
		r.MinEntropy = min(r.MinEntropy, float64(q.symbolBits)*mostCommon(q.bitstring()))
	}
	r.Verdict = fmt.Sprintf("No test speaks against independent and identically distributed "+
		"samples; then they hold %s of min-entropy per %d-bit symbol.", inBits(r.MinEntropy),
		q.symbolBits)
	return r, nil
}

// directTests are the tests of §5.2.
func directTests(q *Sequence) []Test {
	test := func(name string, c chiSquare) Test {
		chance := chiSquareChance(c.score, c.df)
		return Test{name, c.score, c.df, chance, chance >= chanceMin}
	}
	chance := repeatChance(q.symbols, q.distinct)
	return []Test{
		test("chi_square_independence", independence(q.symbols, q.distinct)),
		test("chi_square_fit", fit(q.symbols, q.distinct)),
		{Name: "longest_repeat", Chance: chance, Passed: chance >= chanceMin},
	}
}

// permute runs the permutation tests, the quick statistics first.
func permute(q *Sequence, o *IIDOptions) []Rank {
	h := newShape(q)
	var want wanted
	for i := range want {
		want[i] = true
	}
	value := h.compute(q.symbols, &want)
	ranks := make([]Rank, statistics)
	for i, name := range statisticNames {
		ranks[i] = Rank{Name: name, Value: value[i]}
	}
	o.Progress(0, Permutations)
	slots := make([][]byte, roundSize)
	for i := range slots {
		slots[i] = make([]byte, q.Len())
	}
	rankAll(q, h, o, ranks[:atCompression], slots)
	for i := range ranks[:atCompression] {
		if !ranks[i].Passed {
			return ranks[:atCompression]
		}
	}
	rankAll(q, h, o, ranks[atCompression:], slots)
	return ranks
}

// rankAll ranks some statistics among permutations until each has passed or all permutations are
// used up. Permutation i is the same for each call, and whatever runs it.
func rankAll(q *Sequence, h *shape, o *IIDOptions, ranks []Rank, slots [][]byte) {
	first := statistics - len(ranks) // of the statistics
	if len(ranks) == atCompression {
		first = 0
	}
	for done := 0; done < Permutations; done += roundSize {
		var want wanted
		open := false
		for i := range ranks {
			want[first+i] = !ranks[i].Passed
			open = open || !ranks[i].Passed
		}
		if !open {
			break
		}
		var values [roundSize][statistics]float64
		tasks := make([]func(), min(roundSize, Permutations-done))
		for slot := range tasks {
			tasks[slot] = func() {
				s := slots[slot]
				copy(s, q.symbols)
				shuffle(s, prng.New(o.Seed).Split(permutationTag+strconv.Itoa(done+slot)))
				values[slot] = h.compute(s, &want)
				o.Progress(done+slot+1, Permutations)
			}
		}
		o.Run(tasks)
		for slot := range tasks {
			for i := range ranks {
				ranks[i].add(values[slot][first+i])
			}
		}
	}
	o.Progress(Permutations, Permutations)
}

// add ranks one more permutation, if the statistic has not passed already (§5.1 steps 2 and 3).
func (r *Rank) add(value float64) {
	switch {
	case r.Passed:
		return
	case value > r.Value:
		r.Greater++
	case value == r.Value:
		r.Equal++
	default:
		r.Less++
	}
	r.Passed = r.Greater+r.Equal > rankMin && r.Equal+r.Less > rankMin
}

// shuffle permutes s, every order as likely (Fisher-Yates).
func shuffle(s []byte, r *prng.Stream) {
	for i := len(s) - 1; i > 0; i-- {
		j, _ := bits.Mul64(r.Uint64(), uint64(i+1))
		s[i], s[j] = s[j], s[i]
	}
}
