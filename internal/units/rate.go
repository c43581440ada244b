package units

import "strings"

const rateHint = "write a rate with its unit: 100Mbit (bits a second) or 50MB/s (bytes a second)"

// ParseRate reads a rate and returns it in bit/s. The error is an *[Error].
func ParseRate(s string) (int64, error) {
	number, unit, err := begin("rate", s, rateHint)
	if err != nil {
		return 0, err
	}
	if unit == "" {
		return 0, fail("rate", s, "has no unit", "write %sMbit (bits) or %sMB/s (bytes)", number, number)
	}
	factor, err := rateUnit(s, number, unit)
	if err != nil {
		return 0, err
	}
	v, exact, fits := scale(number, factor)
	switch {
	case !fits:
		return 0, fail("rate", s, "is too big", "the most is %s", Rate(1<<63-1))
	case !exact:
		return 0, fail("rate", s, "is not a whole number of bits a second", "")
	}
	return v, nil
}

// rateUnit returns how many bit/s the unit stands for.
func rateUnit(s, number, unit string) (int64, *Error) {
	name := strings.TrimSuffix(unit, "/s")
	lower := strings.ToLower(name)
	if p, ok := strings.CutSuffix(lower, "bit"); ok {
		if v, known := prefix(p); known {
			return v, nil
		}
	}
	if strings.HasSuffix(name, "B") {
		if v, known := prefix(name[:len(name)-1]); known {
			return 8 * v, nil
		}
	}
	for _, tail := range []string{"bps", "b", "p/s", "bits", "bytes", ""} {
		p, ok := strings.CutSuffix(lower, tail)
		if _, known := prefix(p); ok && known {
			p = printed(p)
			return 0, fail("rate", s, "is ambiguous",
				"write %s%sbit (bits) or %s%sB/s (bytes)", number, p, number, p)
		}
	}
	return 0, fail("rate", s, "has an unknown unit", "%s", rateHint)
}

// printed returns a known prefix in the case in which it is printed.
func printed(p string) string {
	for _, known := range prefixes {
		if strings.EqualFold(known.name, p) {
			return known.name
		}
	}
	return p
}

// Rate returns bits a second in the shortest exact form that [ParseRate] reads: 100Mbit. A
// negative rate, which there is not, comes out with a sign and is not read back.
func Rate(bitsPerSecond int64) string {
	return shortest(bitsPerSecond, "bit")
}
