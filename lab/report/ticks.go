package report

import (
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// tick is a line across the plot with its label.
type tick struct {
	at    float64 // a value, or nanoseconds
	label string
}

// scale is an axis of values: from lo to hi, with ticks in between and at both ends.
type scale struct {
	lo, hi float64
	unit   string // with its prefix, as it stands above the axis
	ticks  []tick
}

// valueTicksMax is how many steps an axis of values has at most.
const valueTicksMax = 5

// valueScale returns the axis on which all of lo to hi is seen. It always shows zero: a curve far
// from it shall look far from it.
func valueScale(lo, hi float64, unit Unit) scale {
	lo, hi = min(lo, 0), max(hi, 0)
	if lo == hi {
		hi = 1
	}
	p := unit.prefix(max(hi, -lo))
	if unit.known() == Count && max(hi, -lo) < 1e5 {
		p = prefixed{1, ""} // 12000 is read more easily than 12 k
	}
	step, decimals := valueStep((hi - lo) / p.factor)
	s := scale{unit: p.name}
	first, last := -count(-lo/p.factor, step), count(hi/p.factor, step)
	for i := first; i <= last; i++ {
		// The conversion keeps a compiler from fusing this into what follows, which would give
		// other bytes on other machines.
		v := float64(float64(i) * step)
		s.ticks = append(s.ticks, tick{float64(v * p.factor), decimal(v, decimals)})
	}
	s.lo, s.hi = s.ticks[0].at, s.ticks[len(s.ticks)-1].at
	return s
}

// count returns how many steps cover v, which is not negative.
func count(v, step float64) int {
	n := int(v / step)
	for float64(float64(n)*step) < v {
		n++
	}
	return n
}

// valueStep returns the smallest of 1, 2, 5 times a power of ten that needs no more than
// valueTicksMax steps for span, and how many decimals it is written with. A span is never below
// 1e-6 in its own unit unless it is tiny in the smallest one: then the smallest step serves.
func valueStep(span float64) (step float64, decimals int) {
	for decimals = 9; decimals > 0; decimals-- {
		unit := 1.0
		for range decimals {
			unit *= 10
		}
		for _, m := range [3]float64{1, 2, 5} {
			if step = m / unit; span <= float64(step*valueTicksMax) {
				return step, decimals
			}
		}
	}
	for unit := 1.0; ; unit *= 10 {
		for _, m := range [3]float64{1, 2, 5} {
			if step = m * unit; span <= float64(step*valueTicksMax) {
				return step, 0
			}
		}
	}
}

// timeSteps are what an axis of time counts in from a second on. Below, it is 1, 2, 5 times a power
// of ten.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour,
}

// timeStep returns the smallest step that needs no more than most steps for span.
func timeStep(span time.Duration, most int64) time.Duration {
	least := (span-1)/time.Duration(most) + 1
	for step := time.Duration(1); step < time.Second; step *= 10 {
		for _, m := range [3]time.Duration{1, 2, 5} {
			if step*m >= least {
				return step * m
			}
		}
	}
	for _, step := range timeSteps {
		if step >= least {
			return step
		}
	}
	const day = 24 * time.Hour
	return (least + day - 1) / day * day
}

// timeTicks returns the ticks from 0 to until, which is positive.
func timeTicks(until time.Duration, most int64) []tick {
	var ticks []tick
	step := timeStep(until, most)
	for n := time.Duration(0); n <= until/step; n++ {
		ticks = append(ticks, tick{float64(n * step), units.Duration(n * step)})
	}
	return ticks
}
