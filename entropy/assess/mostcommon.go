package assess

// mostCommon is the most common value estimate (§6.3.1): the bound on the proportion of the symbol
// that occurs most.
func mostCommon(s []byte) float64 {
	var counts [256]int
	for _, v := range s {
		counts[v]++
	}
	most := 0
	for _, c := range counts {
		most = max(most, c)
	}
	return entropy(upper(float64(most)/float64(len(s)), len(s)))
}
