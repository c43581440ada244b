package assess

import "math"

// logNoRun is the logarithm of the chance, by §6.3.7 step 7, that a predictor which is right with
// probability Plocal has no longer run of right guesses than it was seen to have.
var logNoRun = math.Log(0.99)

// predicted is the estimate that all four predictors share (§6.3.7 steps 4 to 8): of guesses,
// correct were right, and mostRun is the longest run of right ones. Global is the bound on the
// proportion, local the success rate for which so long a run is just credible; the better guesser
// counts. A guess among distinct symbols is right with 1/distinct at least.
func predicted(correct, guesses, mostRun, distinct int) float64 {
	n := float64(guesses)
	global := 1 - math.Pow(0.01, 1/n)
	if correct > 0 {
		global = upper(float64(correct)/n, guesses)
	}
	p := max(global, 1/float64(distinct))
	if p < 1 && noRun(p, mostRun+1, n) > logNoRun {
		p = local(p, mostRun+1, n)
	}
	return entropy(p)
}

// local finds the greatest p above low for which n guesses without a run of r right ones are as
// likely as 0.99.
func local(low float64, r int, n float64) float64 {
	high := 1.0
	for {
		p := low + (high-low)/2
		if p <= low || p >= high {
			return high
		}
		if noRun(p, r, n) > logNoRun {
			low = p
		} else {
			high = p
		}
	}
}

// noRun returns the logarithm of the chance that n guesses, each right with probability p, have no
// run of r right ones (Feller, XIII.7):
//
//	(1 - px) / ((r + 1 - rx) q) · x^-(n+1), with x the root near 1 of 1 - x + q p^r x^(r+1).
//
// x is so near 1 that its excess y = x - 1 is computed instead.
func noRun(p float64, r int, n float64) float64 {
	q, rf := 1-p, float64(r)
	start := q * math.Pow(p, rf)
	y, last := start, 0.0
	for range 65 { // it grows toward the root; near it, ten steps are enough
		if y-last <= y*1e-16 {
			break
		}
		last = y
		y = start * math.Exp((rf+1)*math.Log1p(y))
	}
	above, below := q-p*y, (1-rf*y)*q
	if !(above > 0 && below > 0) { // x has run into the other root, 1/p: no credible p
		return math.Inf(-1)
	}
	return math.Log(above) - math.Log(below) - (n+1)*math.Log1p(y)
}
