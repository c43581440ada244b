package units

import "strings"

const sizeHint = "write a size with its unit: 1500B, 64KiB (1024s) or 1MB (1000s)"

// ParseSize reads a size and returns it in bytes. The error is an *[Error].
func ParseSize(s string) (int64, error) {
	number, unit, err := begin("size", s, sizeHint)
	if err != nil {
		return 0, err
	}
	if unit == "" {
		return 0, fail("size", s, "has no unit", "write %sB (bytes) or %sKiB", number, number)
	}
	factor, known := int64(0), false
	if strings.HasSuffix(unit, "B") {
		factor, known = prefix(unit[:len(unit)-1])
	}
	if !known {
		return 0, sizeUnit(s, number, unit)
	}
	v, exact, fits := scale(number, factor)
	switch {
	case !fits:
		return 0, fail("size", s, "is too big", "the most is %s", Size(1<<63-1))
	case !exact:
		return 0, fail("size", s, "is not a whole number of bytes", "")
	}
	return v, nil
}

// sizeUnit says what is wrong with a unit that is none.
func sizeUnit(s, number, unit string) *Error {
	lower := strings.ToLower(unit)
	for _, tail := range []string{"b", "bytes", "byte", ""} {
		p, ok := strings.CutSuffix(lower, tail)
		if _, known := prefix(p); !ok || !known {
			continue
		}
		p = printed(p)
		if p == "" || strings.HasSuffix(p, "i") {
			return fail("size", s, "is ambiguous", "write %s%sB", number, p)
		}
		binary := strings.ToUpper(p) + "i"
		return fail("size", s, "is ambiguous", "write %s%sB (1024s) or %s%sB (1000s)",
			number, binary, number, p)
	}
	return fail("size", s, "has an unknown unit", "%s", sizeHint)
}

// Size returns bytes in the shortest exact form that [ParseSize] reads: 64KiB. A negative size,
// which there is not, comes out with a sign and is not read back.
func Size(bytes int64) string {
	return shortest(bytes, "B")
}
