package assess

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Constants of the chi-square tests (§5.2).
const (
	binExpected = 5  // a bin holds values that are expected so often at least
	fitParts    = 10 // parts of the sequence that are compared with the whole
	tupleMax    = 11 // bits in the longest tuple of the binary test
)

// chiSquare is the result of one test.
type chiSquare struct {
	score float64
	df    int
}

// bins puts values into bins such that each bin is expected to hold binExpected values at least:
// values in the order of how often they are expected, the rarest first.
type bins struct {
	of       []int // the bin of each value
	expected []float64
}

func newBins(expected []float64) *bins {
	values := make([]int, len(expected))
	for v := range values {
		values[v] = v
	}
	slices.SortStableFunc(values, func(a, b int) int { return cmp.Compare(expected[a], expected[b]) })
	b := &bins{of: make([]int, len(expected))}
	sum := 0.0
	for _, v := range values {
		b.of[v] = len(b.expected)
		if sum += expected[v]; sum >= binExpected {
			b.expected = append(b.expected, sum)
			sum = 0
		}
	}
	last := len(b.expected)
	switch {
	case last == 0: // all in one
		b.expected = []float64{sum}
	case sum > 0: // what is left goes to the bin before
		b.expected[last-1] += sum
		for v, bin := range b.of {
			b.of[v] = min(bin, last-1)
		}
	}
	return b
}

// score is the statistic for how often the bins were observed.
func (b *bins) score(observed []int) float64 {
	t := 0.0
	for i, e := range b.expected {
		if e > 0 {
			d := float64(observed[i]) - e
			t += d * d / e
		}
	}
	return t
}

// independence tests whether pairs are as frequent as their symbols say (§5.2.1), or over bits,
// tuples (§5.2.3).
func independence(s []byte, distinct int) chiSquare {
	if distinct == 2 {
		return independenceBits(s)
	}
	// The standard leaves open which of equally rare pairs comes first. Proportions that are added
	// up make the order, and with it the score, that of NIST's tool.
	p := make([]float64, distinct)
	for _, v := range s {
		p[v] += 1 / float64(len(s))
	}
	expected := make([]float64, distinct*distinct)
	for a := range distinct {
		for b := range distinct {
			expected[a*distinct+b] = p[a] * p[b] * float64(len(s)/2)
		}
	}
	b := newBins(expected)
	observed := make([]int, len(b.expected))
	for i := 0; i+1 < len(s); i += 2 {
		observed[b.of[int(s[i])*distinct+int(s[i+1])]]++
	}
	return chiSquare{b.score(observed), len(b.expected) - distinct}
}

func independenceBits(s []byte) chiSquare {
	counts := countSymbols(s)
	p := [2]float64{float64(counts[0]) / float64(len(s)), float64(counts[1]) / float64(len(s))}
	m := tupleMax // the longest tuple of which the rarest is still expected five times
	for ; m > 1; m-- {
		if math.Pow(min(p[0], p[1]), float64(m))*float64(len(s)/m) >= binExpected {
			break
		}
	}
	if m < 2 {
		return chiSquare{}
	}
	observed := make([]int, 1<<m)
	tuples := len(s) / m
	for i := range tuples {
		tuple := 0
		for _, b := range s[i*m : i*m+m] {
			tuple = tuple<<1 | int(b)
		}
		observed[tuple]++
	}
	t := 0.0
	for tuple, o := range observed {
		ones := bits.OnesCount(uint(tuple))
		e := math.Pow(p[1], float64(ones)) * math.Pow(p[0], float64(m-ones)) * float64(tuples)
		t += (float64(o) - e) * (float64(o) - e) / e
	}
	return chiSquare{t, 1<<m - 2}
}

// fit tests whether every tenth of the sequence has the distribution of the whole (§5.2.2, §5.2.4).
func fit(s []byte, distinct int) chiSquare {
	part := len(s) / fitParts
	counts := countSymbols(s)
	expected := make([]float64, distinct)
	for v := range expected {
		expected[v] = float64(counts[v]) / float64(len(s)) * float64(part)
	}
	b := newBins(expected)
	if distinct == 2 { // over bits nothing is put together
		b = &bins{of: []int{0, 1}, expected: expected}
	}
	t := 0.0
	for i := range fitParts {
		observed := make([]int, len(b.expected))
		for _, v := range s[i*part : (i+1)*part] {
			observed[b.of[v]]++
		}
		t += b.score(observed)
	}
	return chiSquare{t, (fitParts - 1) * (len(b.expected) - 1)}
}

// countSymbols returns how often each symbol occurs.
func countSymbols(s []byte) *[256]int {
	var counts [256]int
	for _, v := range s {
		counts[v]++
	}
	return &counts
}

// repeatChance is the chance, if samples were independent, of a repeated substring as long as the
// longest one found (§5.2.5): one minus the chance that none of all pairs of places collides.
func repeatChance(s []byte, distinct int) float64 {
	collision := 0.0
	for _, c := range countSymbols(s) {
		p := float64(c) / float64(len(s))
		collision += p * p
	}
	if collision >= 1 {
		return 1 // one symbol alone
	}
	length := countRepeats(s, distinct).longest()
	places := float64(len(s) - length + 1)
	pairs := places * (places - 1) / 2
	return -math.Expm1(pairs * math.Log1p(-math.Pow(collision, float64(length))))
}
