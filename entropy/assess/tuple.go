package assess

import "math"

// tupleCountMin is how often a tuple must occur for the t-tuple estimate to look at its length; the
// LRS estimate looks at the lengths above (§6.3.5 step 1, §6.3.6 step 1).
const tupleCountMin = 35

// tTuple is the t-tuple estimate over n samples (§6.3.5): of every length at which some tuple is
// frequent, the proportion of the most frequent one, taken per symbol. It needs a symbol that
// occurs that often.
func tTuple(r *repeats, n, countMin int) (float64, bool) {
	p := 0.0
	for t := 1; t <= r.longest() && int(r.most[t]) >= countMin; t++ {
		proportion := float64(r.most[t]) / float64(n-t+1)
		p = max(p, math.Pow(proportion, 1/float64(t)))
	}
	if p == 0 {
		return 0, false
	}
	return entropy(upper(p, n)), true
}

// longestRepeat is the longest repeated substring (LRS) estimate over n samples (§6.3.6): for every
// length that is too long for the t-tuple estimate, the chance that two places hold the same
// string, taken per symbol. It needs a string of such a length that is repeated.
func longestRepeat(r *repeats, n, countMin int) (float64, bool) {
	from := 1
	for from <= r.longest() && int(r.most[from]) >= countMin {
		from++
	}
	p := 0.0
	for w := from; w <= r.longest(); w++ {
		places := float64(n - w + 1)
		collision := float64(r.pairs[w]) / (places * (places - 1) / 2)
		p = max(p, math.Pow(collision, 1/float64(w)))
	}
	if p == 0 {
		return 0, false
	}
	return entropy(upper(p, n)), true
}
