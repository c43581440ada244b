package entropy

import "math"

// conditioned returns the min-entropy in bits of the output of a vetted conditioning function that
// takes nIn bits holding hIn bits of min-entropy, gives nOut bits and is nw bits wide inside
// (SP 800-90B §3.1.5.1.2, Output_Entropy). For SHA-256 nOut and nw are 256.
//
// 320 bits into SHA-256 give 256, up to 2^-64 of a bit; 256 bits give only 251.7. That is where
// [ReadyBits] comes from.
func conditioned(hIn, nIn, nOut, nw float64) float64 {
	if hIn <= 0 {
		return 0
	}
	n := min(nOut, nw)
	pHigh := math.Exp2(-hIn)              // the likeliest input
	pLow := (1 - pHigh) * math.Exp2(-nIn) // each other one; -1 in the denominator is lost
	psi := math.Exp2(nIn-n)*pLow + pHigh  // outputs with the likeliest input
	excess := math.Exp2(nIn - n)          // inputs for one output
	u := excess + math.Sqrt(2*n*excess*math.Ln2)
	omega := u * pLow // outputs without it
	if math.IsInf(excess, 1) {
		// Above 1,000 bits of input Exp2 overflows; there the root is nothing beside excess.
		psi, omega = math.Exp2(-n)*(1-pHigh)+pHigh, math.Exp2(-n)
	}
	return min(n, -math.Log2(max(psi, omega)))
}
