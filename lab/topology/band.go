package topology

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// unit is what a measure is counted in.
type unit struct {
	example string // of a band
	parse   func(string) (float64, error)
	text    func(float64) string
}

var (
	rateUnit = &unit{"5Mbit..9Mbit",
		func(s string) (float64, error) { v, err := units.ParseRate(s); return float64(v), err },
		func(v float64) string { return units.Rate(units.Round(int64(v), 3)) }}
	timeUnit = &unit{"20ms..30ms or ..15s",
		func(s string) (float64, error) { v, err := units.ParseDuration(s); return float64(v), err },
		func(v float64) string { return units.Duration(time.Duration(units.Round(int64(v), 4))) }}
	shareUnit = &unit{"..1%", units.ParseProbability,
		func(v float64) string { return units.Probability(math.Round(v*1e5) / 1e5) }}
	countUnit = &unit{"1.. or 0..10", parseCount,
		func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }}
)

func parseCount(s string) (float64, error) {
	v, err := strconv.ParseUint(s, 10, 53)
	if err != nil {
		return 0, &units.Error{Input: s, Problem: fmt.Sprintf("count %q is not a whole number", s)}
	}
	return float64(v), nil
}

// band is the values that are as expected.
type band struct {
	unit      *unit
	low, high float64 // infinite for none
}

func (b *band) holds(v float64) bool { return v >= b.low && v <= b.high }

// parseBand reads LOW..HIGH, LOW.. or ..HIGH.
func parseBand(text string, u *unit) (*band, error) {
	low, high, found := strings.Cut(text, "..")
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if !found || low == "" && high == "" {
		return nil, &units.Error{Input: text, Problem: fmt.Sprintf("%q is not a band", text),
			Hint: "write " + u.example}
	}
	b := &band{u, math.Inf(-1), math.Inf(1)}
	var err error
	if low != "" {
		if b.low, err = u.parse(low); err != nil {
			return nil, err
		}
	}
	if high != "" {
		if b.high, err = u.parse(high); err != nil {
			return nil, err
		}
	}
	if b.low > b.high {
		return nil, &units.Error{Input: text, Hint: "write the lower bound first",
			Problem: fmt.Sprintf("the band %q is empty", text)}
	}
	return b, nil
}

// blame returns where in the text at p, which err is about, the bad word stands, and a hint.
func blame(p Position, err error) (at Position, hint string) {
	var quantity *units.Error
	if errors.As(err, &quantity) {
		return p.in(quantity.Input), quantity.Hint
	}
	return p, ""
}
