// Package units reads and prints rates, sizes, probabilities and durations as people write them.
//
// No bare number is accepted: tools disagree about what "100" means (bit/s, kbit/s, bytes, percent
// or fraction), so the unit is always written. What a parser reads, the printer of the same kind
// prints again, in the shortest exact form.
//
//	rate         bit or B with a prefix: 100Mbit, 50MB/s
//	size         B with a prefix: 1500B, 64KiB, 1MB
//	probability  a percentage from 0 to 100: 1%, 0.5%
//	duration     as package time, never negative: 20ms, 1m30s; 0 needs no unit
//
// The prefixes are k M G T, powers of 1000, and Ki Mi Gi Ti, of 1024. In a rate "/s" may be left
// out. Letters before "bit" and "B" may be of either case; "b" alone is refused, since it stands
// for bits in one tool and for bytes in the next.
package units

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// InputBytesMax is the length up to which a text is read at all.
const InputBytesMax = 1024

// Error says what is wrong with a text that should have been a quantity.
type Error struct {
	Input   string // the text as given
	Problem string // a sentence without a full stop: rate "50mbps" is ambiguous
	Hint    string // what to write instead; may be empty
}

// Error returns the problem. The hint is left to the caller, who prints it on a line of its own.
func (e *Error) Error() string { return e.Problem }

func fail(kind, input, problem, hint string, args ...any) *Error {
	if len(input) > 40 {
		input = input[:40] + "..."
	}
	return &Error{
		Input:   input,
		Problem: fmt.Sprintf("%s %q %s", kind, input, problem),
		Hint:    fmt.Sprintf(hint, args...),
	}
}

// split cuts s into its leading decimal number and the unit behind it. ok is false if s does not
// begin with one: digits with at most one point, which has digits on both sides.
func split(s string) (number, unit string, ok bool) {
	end, points := 0, 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		if s[end] == '.' {
			points++
		}
		end++
	}
	number, unit = s[:end], s[end:]
	ok = end > 0 && points <= 1 && number[0] != '.' && number[end-1] != '.'
	return number, unit, ok
}

// begin does what all parsers begin with: it refuses what is no number with a unit.
func begin(kind, s, hint string) (number, unit string, err *Error) {
	switch {
	case s == "":
		return "", "", fail(kind, s, "is empty", "%s", hint)
	case len(s) > InputBytesMax:
		return "", "", fail(kind, s, "is too long", "%s", hint)
	case s[0] == '-':
		return "", "", fail(kind, s, "is negative", "%s", hint)
	}
	number, unit, ok := split(s)
	if !ok {
		return "", "", fail(kind, s, "does not begin with a number", "%s", hint)
	}
	if trimmed := strings.TrimSpace(unit); trimmed != unit {
		return "", "", fail(kind, s, "has a space in it", "write %s%s", number, trimmed)
	}
	return number, unit, nil
}

// prefixes in the order of their size: the printers rely on it.
var prefixes = []struct {
	name  string
	value int64
}{
	{"", 1}, {"k", 1e3}, {"Ki", 1 << 10}, {"M", 1e6}, {"Mi", 1 << 20},
	{"G", 1e9}, {"Gi", 1 << 30}, {"T", 1e12}, {"Ti", 1 << 40},
}

// prefix returns the value of k, Mi and so on, in either case.
func prefix(s string) (int64, bool) {
	for _, p := range prefixes {
		if strings.EqualFold(p.name, s) {
			return p.value, true
		}
	}
	return 0, false
}

// fractionDigitsMax is how many digits behind the point are read, zeros at the end not counted.
const fractionDigitsMax = 18

// scale returns number times factor. exact is false if that is no whole number, fits is false if
// it is too big for an int64.
func scale(number string, factor int64) (v int64, exact, fits bool) {
	whole, fraction, _ := strings.Cut(number, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > fractionDigitsMax {
		return 0, false, true
	}
	var mantissa uint64
	for _, c := range whole + fraction {
		hi, lo := bits.Mul64(mantissa, 10)
		sum, carry := bits.Add64(lo, uint64(c-'0'), 0)
		if hi != 0 || carry != 0 {
			return 0, true, false
		}
		mantissa = sum
	}
	divisor := uint64(1)
	for range fraction {
		divisor *= 10
	}
	hi, lo := bits.Mul64(mantissa, uint64(factor))
	if hi >= divisor {
		return 0, true, false
	}
	quotient, rest := bits.Div64(hi, lo, divisor)
	return int64(quotient), rest == 0, quotient <= 1<<63-1
}

// shortest returns v in the shortest exact form with the given unit. Of two as short it takes the
// one without a prefix (1500B, not 1.5kB), then the one with the bigger prefix.
func shortest(v int64, unit string) string {
	sign, size := "", uint64(v)
	if v < 0 {
		sign, size = "-", -size
	}
	best := decimal(size, 1) + unit
	plain := true
	for _, p := range prefixes[1:] {
		if uint64(p.value) > size {
			break
		}
		s := decimal(size, uint64(p.value)) + p.name + unit
		if len(s) < len(best) || len(s) == len(best) && !plain {
			best, plain = s, false
		}
	}
	return sign + best
}

// decimal returns v/divisor exactly. A power of two as a divisor needs at most 40 digits.
func decimal(v, divisor uint64) string {
	whole, rest := v/divisor, v%divisor
	if rest == 0 {
		return strconv.FormatUint(whole, 10)
	}
	var fraction strings.Builder
	for rest > 0 {
		rest *= 10 // divisor is at most 2^40: no overflow
		fraction.WriteByte(byte('0' + rest/divisor))
		rest %= divisor
	}
	return strconv.FormatUint(whole, 10) + "." + fraction.String()
}

// Round returns v >= 0 rounded to so many significant decimal digits, at least one, half up: what
// a report prints where the exact form would be noise. Rate(Round(7238123, 3)) is "7.24Mbit".
func Round(v int64, digits int) int64 {
	digits = max(digits, 1)
	step := int64(1)
	for rest := v; rest > 0; rest /= 10 {
		if digits--; digits < 0 {
			step *= 10
		}
	}
	rest := v % step
	v -= rest
	if rest < step-rest || v > 1<<63-1-step {
		return v
	}
	return v + step
}
