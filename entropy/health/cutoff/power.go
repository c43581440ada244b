package cutoff

import "math/big"

// Precision is the length of every mantissa here, in bits. 256 would do: a window sums at most
// 1023 terms of about as many roundings each, which costs some 20 bits of it.
const Precision = 320

func number(n int64) *big.Float { return new(big.Float).SetPrec(Precision).SetInt64(n) }

// power returns 2^(-numerator/denominator), both positive.
func power(numerator, denominator int64) *big.Float {
	whole, rest := numerator/denominator, numerator%denominator
	// 2^-f = e^(-f ln 2) for 0 <= f < 1, by its series.
	x := ln2()
	x.Mul(x, number(-rest)).Quo(x, number(denominator))
	sum, term := number(1), number(1)
	for i := int64(1); term.Sign() != 0 && term.MantExp(nil) > -Precision; i++ {
		term.Mul(term, x).Quo(term, number(i))
		sum.Add(sum, term)
	}
	return sum.SetMantExp(sum, -int(whole))
}

// ln2 returns the natural logarithm of 2: the sum of 1/(i 2^i).
func ln2() *big.Float {
	sum := number(0)
	for i := int64(1); i <= Precision; i++ {
		term := number(1)
		term.Quo(term, number(i))
		sum.Add(sum, term.SetMantExp(term, -int(i)))
	}
	return sum
}
