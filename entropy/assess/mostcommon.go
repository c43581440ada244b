package assess

import "slices"

// mostCommon is the most common value estimate (§6.3.1): the bound on the proportion of the symbol
// that occurs most.
func mostCommon(s []byte) float64 {
	most := slices.Max(countSymbols(s)[:])
	return entropy(upper(float64(most)/float64(len(s)), len(s)))
}
