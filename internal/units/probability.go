package units

import (
	"strconv"
	"strings"
)

const probabilityHint = "write a percentage from 0% to 100%: 1%, 0.5%"

// ParseProbability reads a percentage and returns it as a number from 0 to 1: the float64 nearest
// to what was written. The error is an *[Error].
func ParseProbability(s string) (float64, error) {
	number, unit, err := begin("probability", s, probabilityHint)
	if err != nil {
		return 0, err
	}
	switch unit {
	case "%":
	case "":
		return 0, bareProbability(s, number)
	default:
		return 0, fail("probability", s, "has an unknown unit", "%s", probabilityHint)
	}
	// The number was checked above, so only its size can be wrong.
	p, _ := strconv.ParseFloat(number+"e-2", 64)
	if p > 1 {
		return 0, fail("probability", s, "is above 100%", "%s", probabilityHint)
	}
	return p, nil
}

func bareProbability(s, number string) *Error {
	v, _ := strconv.ParseFloat(number, 64)
	switch {
	case v > 0 && v <= 1 && strings.Contains(number, "."):
		return fail("probability", s, "has no unit", "write %s, if it is a fraction, or %s%%",
			Probability(v), number)
	case v <= 100:
		return fail("probability", s, "has no unit", "write %s%%", number)
	}
	return fail("probability", s, "has no unit", "%s", probabilityHint)
}

// Probability returns p, from 0 to 1, as the shortest percentage that [ParseProbability] reads
// back as the same float64.
func Probability(p float64) string {
	// The shortest digits of p, with the point moved two places to the right.
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(p, 'e', -1, 64), "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	point, err := strconv.Atoi(exponent)
	if err != nil {
		return mantissa + "%" // not a number, or infinite
	}
	point += 3 // how many digits stand before the point
	switch {
	case point <= 0:
		digits = "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		digits += strings.Repeat("0", point-len(digits))
	default:
		digits = digits[:point] + "." + digits[point:]
	}
	if whole := strings.TrimLeft(digits, "0"); whole == "" {
		digits = "0"
	}
	return digits + "%"
}
