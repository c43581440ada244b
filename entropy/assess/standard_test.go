package assess

import (
	"math"
	"testing"
)

// digits turns a string of digits into samples.
func digits(text string) []byte {
	s := []byte(text)
	for i := range s {
		s[i] -= '0'
	}
	return s
}

// The worked examples of SP 800-90B §6.3.1 to §6.3.10, with the small parameters that they use. The
// standard prints three or four decimals, and rounds on the way (z to 2.576, for one).
func TestExamplesOfTheStandard(t *testing.T) {
	const coin = "1000111001010101110011000111001010101110"
	const tuples = "220102012120121001000"
	repeats := countRepeats(digits(tuples), 3)
	for _, c := range []struct {
		section, name  string
		want, rounding float64
		f              func() (float64, bool)
	}{
		{"6.3.1", MostCommon, 0.5363, 1.5e-4, func() (float64, bool) {
			return mostCommon(digits("01120122010110221021")), true
		}},
		{"6.3.2", Collision, 0.4483, 1.5e-4, func() (float64, bool) { return collision(digits(coin)) }},
		{"6.3.3", Markov, 0.761, 1e-3, func() (float64, bool) { return markov(digits(coin)), true }},
		{"6.3.4", Compression, 0.1345, 1.5e-4, func() (float64, bool) {
			return compression(digits(coin+"11100011"), 4)
		}},
		{"6.3.5", TTuple, 0.273, 1e-3, func() (float64, bool) {
			return tTuple(repeats, len(tuples), 3)
		}},
		{"6.3.6", LongestRepeat, 0.6146, 1.5e-4, func() (float64, bool) {
			return longestRepeat(repeats, len(tuples), 3)
		}},
		{"6.3.7", MultiMCW, 0.3908, 1.5e-4, func() (float64, bool) {
			return multiMCW(digits("121021122000"), 3, [4]int{3, 5, 7, 9})
		}},
		{"6.3.8", Lag, 0.735, 1e-3, func() (float64, bool) {
			return lag(renumbered("2132131312"), 3, 3)
		}},
		{"6.3.9", MultiMMC, 0.0755, 1.5e-4, func() (float64, bool) {
			return multiMMC(renumbered("213213131"), 3, 3)
		}},
		{"6.3.10", LZ78Y, 0.0191, 1.5e-4, func() (float64, bool) {
			return lz78y(renumbered("2132131312132"), 3, 4)
		}},
	} {
		got, ok := c.f()
		if !ok || math.Abs(got-c.want) > c.rounding {
			t.Errorf("§%s %s: %.6f, %v; the standard has %v", c.section, c.name, got, ok, c.want)
		}
	}
}

// renumbered turns the symbols 1 to 3 into 0 to 2.
func renumbered(text string) []byte {
	s := digits(text)
	for i := range s {
		s[i]--
	}
	return s
}
