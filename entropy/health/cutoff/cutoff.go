package cutoff

import (
	"fmt"
	"math/big"

	"github.com/atoll-os/atoll/entropy/health"
)

// For returns the cutoffs of a source with symbols of that many bits that claims so much
// min-entropy for each of them. An error says what is impossible about the claim.
func For(claim health.Claim, symbolBits int) (health.Cutoffs, error) {
	if symbolBits < 1 || symbolBits > health.SymbolBitsMax {
		return health.Cutoffs{}, fmt.Errorf("cutoff: check symbol of %d bits: want 1 to %d",
			symbolBits, health.SymbolBitsMax)
	}
	if claim < 1 || int(claim) > symbolBits*health.Thousandths {
		return health.Cutoffs{}, fmt.Errorf("cutoff: check claim of %d/1000 bit: want 1 to %d",
			claim, symbolBits*health.Thousandths)
	}
	c := health.Cutoffs{Claim: claim, SymbolBits: symbolBits, Window: health.Window(symbolBits)}
	limits := func(exponent int) health.Limits {
		return health.Limits{
			Repetition: health.RepetitionCutoff(claim, exponent),
			Proportion: Proportion(claim, c.Window, exponent),
		}
	}
	c.Startup = limits(health.StartupExponent)
	c.Continuous = limits(health.ContinuousExponent)
	c.Permanent = limits(health.PermanentExponent)
	return c, nil
}

// Proportion returns the cutoff of the adaptive proportion test (SP 800-90B §4.4.2) for windows
// of so many symbols at α = 2^-exponent.
//
// SP 800-90B prints C = 1 + critbinom(W, 2^-H, 1-α). The first symbol of a window always equals
// itself, so only W-1 are trials: C = 2 + qbinom(1-α, W-1, 2^-H), the corrected form that we use.
// A cutoff above the window says that even a source stuck for all of it would not refute so small
// a claim at so small an α; the repetition test must do it.
func Proportion(claim health.Claim, window, exponent int) int {
	return 2 + quantile(window-1, power(int64(claim), health.Thousandths), exponent)
}

// quantile returns qbinom(1-2^-exponent, n, p): the smallest k with P(X > k) <= 2^-exponent for
// X binomial over n trials with probability p, 0 < p < 1.
func quantile(n int, p *big.Float, exponent int) int {
	alpha := new(big.Float).SetMantExp(big.NewFloat(1), -exponent)
	// P(X = n) = p^n, and from one term to the one below: P(X = i-1) = P(X = i) i q / ((n-i+1) p).
	term := number(1)
	for range n {
		term.Mul(term, p)
	}
	ratio := number(1)
	ratio.Sub(ratio, p).Quo(ratio, p)
	tail := number(0) // P(X > k)
	for k := n; k > 0; k-- {
		if tail.Add(tail, term); tail.Cmp(alpha) > 0 {
			return k
		}
		term.Mul(term, ratio).Mul(term, number(int64(k))).Quo(term, number(int64(n-k+1)))
	}
	return 0
}
