package assess

import "math"

// chiSquareChance returns the chance that a chi-square statistic with df degrees of freedom is x or
// more: the p-value of a test. It is 1 if there is no freedom.
func chiSquareChance(x float64, df int) float64 {
	if df <= 0 || x <= 0 {
		return 1
	}
	return upperGamma(float64(df)/2, x/2)
}

// upperGamma returns the regularised upper incomplete gamma function Q(a, x), by the series for the
// lower one below a + 1 and by a continued fraction above, where each converges fast.
func upperGamma(a, x float64) float64 {
	const precision, stepsMax = 1e-15, 100_000
	logGamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - logGamma)
	if x < a+1 {
		term := 1 / a
		sum := term
		for i := 1; i < stepsMax && term > precision*sum; i++ {
			term *= x / (a + float64(i))
			sum += term
		}
		return max(0, 1-front*sum)
	}
	// Lentz's method: numerators -i(i-a), denominators x + 2i + 1 - a.
	b := x + 1 - a
	c, d := math.Inf(1), 1/b
	value := d
	for i := 1; i < stepsMax; i++ {
		n := -float64(i) * (float64(i) - a)
		b += 2
		d = 1 / (n*d + b)
		c = b + n/c
		step := c * d
		value *= step
		if math.Abs(step-1) < precision {
			break
		}
	}
	return front * value
}
