package assess

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// What follows are the predictors and counts as the standard writes them down, step by step and
// slow, to hold the fast ones against.

// guesses is what a predictor did: for every guess, whether it was right.
type guesses []bool

func (g guesses) estimate(distinct int) float64 {
	correct := 0
	var runs longest
	for _, right := range g {
		if right {
			correct++
		}
		runs.add(right)
	}
	return predicted(correct, len(g), runs.most, distinct)
}

// none is a predictor's value when it makes no guess.
const none = -1

// compete is what all predictors but LZ78Y have in common: guess(i) returns what each says.
func compete(s []byte, from, predictors int, guess func(i int) []int) (g guesses) {
	score, winner := make([]int, predictors), 0
	for i := from; i < len(s); i++ {
		says := guess(i)
		g = append(g, says[winner] == int(s[i]))
		for p, v := range says {
			if v == int(s[i]) {
				score[p]++
				if score[p] >= score[winner] {
					winner = p
				}
			}
		}
	}
	return g
}

func slowMCW(s []byte, sizes [4]int) guesses {
	return compete(s, sizes[0], 4, func(i int) []int {
		says := []int{none, none, none, none}
		for j, size := range sizes {
			if i < size {
				continue
			}
			window, most := s[i-size:i], 0
			for at := size - 1; at >= 0; at-- { // the last seen comes first
				if c := bytes.Count(window, window[at:at+1]); c > most {
					most, says[j] = c, int(window[at])
				}
			}
		}
		return says
	})
}

func slowLag(s []byte, depth int) guesses {
	return compete(s, 1, depth, func(i int) []int {
		says := make([]int, depth)
		for d := range says {
			if says[d] = none; d < i {
				says[d] = int(s[i-d-1])
			}
		}
		return says
	})
}

// successors counts what followed a string.
type successors map[byte]int

// best returns the most frequent one, the greatest of equals, and its count.
func (m successors) best() (v, count int) {
	v = none
	for y, c := range m {
		if c > count || c == count && int(y) > v {
			v, count = int(y), c
		}
	}
	return v, count
}

func slowMMC(s []byte, depth int) guesses {
	models := make([]map[string]successors, depth)
	for d := range models {
		models[d] = map[string]successors{}
	}
	return compete(s, 2, depth, func(i int) []int {
		says := make([]int, depth)
		for d := range models {
			says[d] = none
			if d+1 < i { // the sample before, with what stood before it
				x := string(s[i-d-2 : i-1])
				if models[d][x] == nil {
					models[d][x] = successors{}
				}
				models[d][x][s[i-1]]++
			}
			if d < i {
				says[d], _ = models[d][string(s[i-d-1:i])].best()
			}
		}
		return says
	})
}

func slowLZ78Y(s []byte, depth int) (g guesses) {
	dictionary := map[string]successors{}
	for i := depth + 1; i < len(s); i++ {
		for j := depth; j > 0; j-- {
			x := string(s[i-j-1 : i-1])
			if dictionary[x] == nil && len(dictionary) < lzStringsMax {
				dictionary[x] = successors{}
			}
			if dictionary[x] != nil {
				dictionary[x][s[i-1]]++
			}
		}
		guess, most := none, 0
		for j := depth; j > 0; j-- {
			if v, count := dictionary[string(s[i-j:i])].best(); count > most {
				guess, most = v, count
			}
		}
		g = append(g, guess == int(s[i]))
	}
	return g
}

func slowRepeats(s []byte) *repeats {
	r := &repeats{[]int32{0}, []uint64{0}}
	for t := 1; t <= len(s); t++ {
		counts := map[string]int32{}
		for i := 0; i+t <= len(s); i++ {
			counts[string(s[i:i+t])]++
		}
		most, pairs := int32(0), uint64(0)
		for _, c := range counts {
			most = max(most, c)
			pairs += uint64(c) * uint64(c-1) / 2
		}
		if most < 2 {
			break
		}
		r.most, r.pairs = append(r.most, most), append(r.pairs, pairs)
	}
	return r
}

// text draws symbols below distinct: pieces that come again, with noise in between.
func text(t *rapid.T, distinct, longest int) []byte {
	symbol := rapid.ByteRange(0, byte(distinct-1))
	piece := rapid.SliceOfN(symbol, 1, 30).Draw(t, "piece")
	var s []byte
	for range rapid.IntRange(1, longest/40).Draw(t, "parts") {
		s = append(s, piece[:rapid.IntRange(0, len(piece)).Draw(t, "cut")]...)
		s = append(s, rapid.SliceOfN(symbol, 0, 20).Draw(t, "noise")...)
	}
	return s
}

// The fast estimators are those of the standard, over any text.
func TestOracles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distinct := rapid.IntRange(2, 5).Draw(t, "distinct")
		s := text(t, distinct, 400)
		depth := rapid.IntRange(1, 6).Draw(t, "depth")
		sizes := [4]int{2 + depth, 4 + depth, 7 + depth, 9 + 2*depth}
		same := func(name string, got float64, ok bool, want guesses) {
			t.Helper()
			if ok && math.Abs(got-want.estimate(distinct)) > 1e-12 {
				t.Fatalf("%s of %v: %v, want %v", name, s, got, want.estimate(distinct))
			}
		}
		bits, ok := multiMCW(s, distinct, sizes)
		same("multiMCW", bits, ok, slowMCW(s, sizes))
		bits, ok = lag(s, distinct, depth)
		same("lag", bits, ok, slowLag(s, depth))
		bits, ok = multiMMC(s, distinct, depth)
		same("multiMMC", bits, ok, slowMMC(s, depth))
		bits, ok = lz78y(s, distinct, depth)
		same("lz78y", bits, ok, slowLZ78Y(s, depth))
		if len(s) == 0 {
			return
		}
		got, want := countRepeats(s, distinct), slowRepeats(s)
		if got.longest() != want.longest() {
			t.Fatalf("repeats of %v: longest %d, want %d", s, got.longest(), want.longest())
		}
		for n := 1; n < len(want.most); n++ {
			if got.most[n] != want.most[n] || got.pairs[n] != want.pairs[n] {
				t.Fatalf("repeats of %v, length %d: %d and %d, want %d and %d", s, n, got.most[n],
					got.pairs[n], want.most[n], want.pairs[n])
			}
		}
	})
}

// Over bits, the estimators made for bits say what those for any symbols say.
func TestBitEstimators(t *testing.T) {
	check := func(t failer, s []byte) {
		for _, c := range []struct {
			name       string
			fast, slow func() (float64, bool)
		}{
			{MultiMCW, func() (float64, bool) { return multiMCWBits(s) },
				func() (float64, bool) { return multiMCW(s, 2, commonWindows) }},
			{Lag, func() (float64, bool) { return lagBits(s) },
				func() (float64, bool) { return lag(s, 2, lags) }},
			{MultiMMC, func() (float64, bool) { return multiMMCBits(s) },
				func() (float64, bool) { return multiMMC(s, 2, mmcDepth) }},
			{LZ78Y, func() (float64, bool) { return lz78yBits(s) },
				func() (float64, bool) { return lz78y(s, 2, lzDepth) }},
		} {
			fast, fastOK := c.fast()
			slow, slowOK := c.slow()
			if fast != slow || fastOK != slowOK {
				t.Fatalf("%s of %d bits: %v, %v; want %v, %v", c.name, len(s), fast, fastOK, slow,
					slowOK)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, text(t, 2, 1000)) })
	for i := range sources {
		if s := &sources[i]; s.width == 1 { // long enough for dictionaries to fill
			check(t, s.sample(7, fewer(150_000)))
		}
	}
	check(t, make([]byte, 6000))
}
