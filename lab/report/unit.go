package report

import (
	"math"
	"strconv"
	"strings"
)

// Unit is what the values of a plot are counted in.
type Unit uint8

// The units.
const (
	Count         Unit = iota // a plain number
	BitsPerSecond             // shown as kbit/s, Mbit/s and so on, powers of 1000
	Bytes                     // shown as KiB, MiB and so on, powers of 1024
	Seconds                   // shown as s, ms, µs or ns
	unitCount
)

// ValueMax is the greatest value that is drawn. What is beyond it stands for "none", such as a
// slow-start threshold that was never set.
const ValueMax = 1e15

// prefixed is a unit with its prefix, as on an axis.
type prefixed struct {
	factor float64
	name   string
}

// prefixes of each unit, the greatest first. The last one also serves smaller values.
var prefixes = [unitCount][]prefixed{
	Count: {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}},
	BitsPerSecond: {{1e12, "Tbit/s"}, {1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"},
		{1, "bit/s"}},
	Bytes: {{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"},
		{1, "B"}},
	Seconds: {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}},
}

func (u Unit) known() Unit {
	if u >= unitCount {
		return Count
	}
	return u
}

// prefix returns the prefix with which a value of this size is read.
func (u Unit) prefix(v float64) prefixed {
	list := prefixes[u.known()]
	v = math.Abs(v)
	if v == 0 && u == Seconds {
		return list[0]
	}
	for _, p := range list {
		if v >= p.factor {
			return p
		}
	}
	return list[len(list)-1]
}

// Text returns a value as people read it, to three digits: "24.1 Mbit/s", "64 KiB", "20 ms". A
// Count is rounded to a whole number: "12,345". A value that is no number is a dash.
func (u Unit) Text(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if u.known() == Count {
		return grouped(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
	}
	p := u.prefix(v)
	// 999.9 kbit/s is 1 Mbit/s when it is rounded to three digits.
	if next := u.prefix(roundDigits(v/p.factor) * p.factor); next.factor > p.factor {
		p = next
	}
	return digits3(v/p.factor) + " " + p.name
}

// roundDigits rounds to three digits, or to a whole number from 1000 on.
func roundDigits(v float64) float64 {
	r, err := strconv.ParseFloat(digits3(v), 64)
	if err != nil {
		return v
	}
	return r
}

// digits3 prints three digits, more in front of the point if there are more, without zeros at the
// end.
func digits3(v float64) string {
	decimals := 2
	switch a := math.Abs(v); {
	case a >= 99.95:
		decimals = 0
	case a >= 9.995:
		decimals = 1
	}
	return decimal(v, decimals)
}

// decimal prints v with at most so many decimals, without zeros at the end and without -0.
func decimal(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// grouped puts a comma between thousands.
func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if s == "0" {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
