package units

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// read calls the parser of a kind and prints what it returns.
func read(kind, s string) (string, error) {
	switch kind {
	case "rate":
		v, err := ParseRate(s)
		return Rate(v), err
	case "size":
		v, err := ParseSize(s)
		return Size(v), err
	case "probability":
		v, err := ParseProbability(s)
		return Probability(v), err
	}
	v, err := ParseDuration(s)
	return Duration(v), err
}

func TestReadAndPrint(t *testing.T) {
	for _, c := range []struct{ kind, in, want string }{
		{"rate", "100Mbit", "100Mbit"}, {"rate", "100mbit/s", "100Mbit"},
		{"rate", "100000kbit", "100Mbit"}, {"rate", "1.5Gbit", "1.5Gbit"},
		{"rate", "50MB/s", "400Mbit"}, {"rate", "50MB", "400Mbit"},
		{"rate", "1Mibit", "1Mibit"}, {"rate", "0bit", "0bit"}, {"rate", "1500bit", "1500bit"},
		{"rate", "0.001kbit", "1bit"}, {"rate", "9223372036854775807bit", "9223372036854775807bit"},
		{"rate", "1234567bit", "1234567bit"}, {"rate", "10Tbit", "10Tbit"},
		{"size", "64KiB", "64KiB"}, {"size", "65536B", "64KiB"}, {"size", "64KB", "64kB"},
		{"size", "1500B", "1500B"}, {"size", "1MB", "1MB"}, {"size", "0B", "0B"},
		{"size", "1.5MiB", "1.5MiB"}, {"size", "1536B", "1536B"}, {"size", "001B", "1B"},
		{"size", "1.50000000000000000000000kB", "1500B"},
		{"probability", "1%", "1%"}, {"probability", "0.5%", "0.5%"}, {"probability", "0%", "0%"},
		{"probability", "100%", "100%"}, {"probability", "33.333%", "33.333%"},
		{"probability", "00.50%", "0.5%"}, {"probability", "0.0001%", "0.0001%"},
		{"probability", "12%", "12%"},
		{"duration", "20ms", "20ms"}, {"duration", "2s", "2s"}, {"duration", "0", "0s"},
		{"duration", "0.0", "0s"}, {"duration", "60s", "1m"}, {"duration", "90s", "1m30s"},
		{"duration", "3600s", "1h"}, {"duration", "1h5s", "1h5s"}, {"duration", "10m", "10m"},
		{"duration", "5us", "5µs"}, {"duration", "10h10m", "10h10m"},
	} {
		if got, err := read(c.kind, c.in); got != c.want || err != nil {
			t.Errorf("%s %q reads as %s, %v; want %s", c.kind, c.in, got, err, c.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ kind, in, problem, hint string }{
		{"rate", "50mbps", `rate "50mbps" is ambiguous`, "write 50Mbit (bits) or 50MB/s (bytes)"},
		{"rate", "9bps", "is ambiguous", "write 9bit (bits) or 9B/s (bytes)"},
		{"rate", "2kbps", "is ambiguous", "write 2kbit"}, {"rate", "3Gb/s", "is ambiguous", "3Gbit"},
		{"rate", "10M", "is ambiguous", "write 10Mbit (bits) or 10MB/s"},
		{"rate", "100", "has no unit", "write 100Mbit"}, {"rate", "", "is empty", "100Mbit"},
		{"rate", "-1bit", "is negative", ""}, {"rate", "Mbit", "does not begin with a number", ""},
		{"rate", "1.5bit", "is not a whole number", ""}, {"rate", "1 Mbit", "space", "write 1Mbit"},
		{"rate", "9223372036854775808bit", "is too big", "the most is"},
		{"rate", "99999999999999999999bit", "is too big", ""}, {"rate", "9999999999TB", "too big", ""},
		{"rate", "1furlong", "has an unknown unit", "100Mbit"}, {"rate", "1.bit", "number", ""},
		{"rate", "1e3bit", "has an unknown unit", ""},
		{"size", "64K", "is ambiguous", "write 64KiB (1024s) or 64kB (1000s)"},
		{"size", "64Mb", "is ambiguous", "write 64MiB"}, {"size", "9b", "ambiguous", "write 9B"},
		{"size", "5Mibytes", "is ambiguous", "write 5MiB"}, {"size", "12", "has no unit", "12B"},
		{"size", "1miles", "has an unknown unit", ""}, {"size", "9TiTB", "has an unknown", ""},
		{"size", "1.0001kB", "is not a whole number of bytes", ""},
		{"size", "0.0000000000000000001kB", "is not a whole number of bytes", ""},
		{"size", "9999999TiB", "is too big", ""}, {"size", "x", "does not begin", ""},
		{"probability", "0.01", "has no unit", "write 1%, if it is a fraction, or 0.01%"},
		{"probability", "5", "has no unit", "write 5%"}, {"probability", "500", "has no unit", "0%"},
		{"probability", "101%", "is above 100%", ""}, {"probability", "1pc", "unknown unit", ""},
		{"probability", "-1%", "is negative", ""},
		{"duration", "20", "has no unit", "write 20ms or 20s"}, {"duration", "-1s", "negative", ""},
		{"duration", "2d", "has an unknown unit", "1m30s"}, {"duration", "2 s", "space", "write 2s"},
		{"duration", "9999999h", "is too long", ""}, {"duration", ".5s", "begin with", ""},
		{"size", strings.Repeat("1", InputBytesMax+1), "is too long", ""},
	} {
		_, err := read(c.kind, c.in)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Problem, c.problem) ||
			!strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s %q: %#v; want problem %q and hint %q", c.kind, c.in, err, c.problem, c.hint)
		}
	}
}

func TestPrintersOutsideTheirRange(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Rate(-1), "-1bit"}, {Size(math.MinInt64), "-8388608TiB"},
		{Duration(-time.Minute), "-1m"}, {Probability(math.NaN()), "NaN%"},
		{Probability(math.Inf(1)), "+Inf%"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		v      int64
		digits int
		want   string
	}{
		{7238123, 3, "7.24Mbit"}, {999999, 3, "1Mbit"}, {12, 3, "12bit"}, {0, 3, "0bit"},
		{94999, 2, "95kbit"}, {math.MaxInt64, 1, "9000000Tbit"}, {7, 0, "7bit"},
	} {
		if got := Rate(Round(c.v, c.digits)); got != c.want {
			t.Errorf("%d to %d digits is %s, want %s", c.v, c.digits, got, c.want)
		}
	}
}

// FuzzText feeds one text to every parser: what one accepts, it accepts again as printed, with
// the same value.
func FuzzText(f *testing.F) {
	for _, s := range []string{"100Mbit", "50MB/s", "64KiB", "0.5%", "1h0m5s", "", "9bps", "1.5GiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range []string{"rate", "size", "probability", "duration"} {
			printed, err := read(kind, s)
			if err != nil {
				if e := err.(*Error); e.Problem == "" || len(e.Problem) > 500 {
					t.Errorf("%s %q: problem %q, want a sentence", kind, s, e.Problem)
				}
				continue
			}
			if again, err := read(kind, printed); again != printed || err != nil {
				t.Errorf("%s %q prints %q, which reads as %q, %v", kind, s, printed, again, err)
			}
		}
	})
}

// FuzzValue prints every value and reads it back: parse(print(x)) == x.
func FuzzValue(f *testing.F) {
	for _, v := range []int64{0, 1, 1500, 1 << 20, 1e9, math.MaxInt64, 1234567} {
		f.Add(v, 1/float64(v+1))
	}
	f.Fuzz(func(t *testing.T, v int64, p float64) {
		v &= math.MaxInt64
		if got, err := ParseRate(Rate(v)); got != v || err != nil {
			t.Errorf("ParseRate(%q) = %d, %v; want %d", Rate(v), got, err, v)
		}
		if got, err := ParseSize(Size(v)); got != v || err != nil {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", Size(v), got, err, v)
		}
		d := time.Duration(v)
		if got, err := ParseDuration(Duration(d)); got != d || err != nil {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", Duration(d), got, err, d)
		}
		if p = math.Abs(p); !(p <= 1) {
			return
		}
		if got, err := ParseProbability(Probability(p)); got != p || err != nil {
			t.Errorf("ParseProbability(%q) = %v, %v; want %v", Probability(p), got, err, p)
		}
	})
}
