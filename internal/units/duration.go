package units

import (
	"strings"
	"time"
)

const durationHint = "write a duration with its unit: 20ms, 2s, 1m30s (ns, us, ms, s, m, h)"

// ParseDuration reads a duration in the syntax of package time, but none below zero. The error is
// an *[Error].
func ParseDuration(s string) (time.Duration, error) {
	number, unit, err := begin("duration", s, durationHint)
	if err != nil {
		return 0, err
	}
	if unit == "" && strings.Trim(number, "0.") != "" {
		return 0, fail("duration", s, "has no unit", "write %sms or %ss", number, number)
	}
	d, timeErr := time.ParseDuration(s)
	switch {
	case timeErr == nil:
		return d, nil
	case unit == "":
		return 0, nil // 0.0, which package time reads only with a unit
	case strings.Contains(timeErr.Error(), "unknown unit"):
		return 0, fail("duration", s, "has an unknown unit", "%s", durationHint)
	}
	// What is left is a number or a sum beyond 64 bits, or text between two parts.
	return 0, fail("duration", s, "is too long or not a duration", "%s", durationHint)
}

// Duration returns d in package time's form without its zero parts: 1m, 1h5s. It reads back with
// [ParseDuration] if it is not negative.
func Duration(d time.Duration) string {
	s := d.String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		s = rest + "m"
	}
	return strings.Replace(s, "h0m", "h", 1)
}
