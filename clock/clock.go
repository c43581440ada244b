// Package clock is the time of a run: nanoseconds since it began.
//
// There is no way to read a real clock here. A core takes its [Instant] as an argument, so the
// same core runs in virtual time, in real time and in a replay.
package clock

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Instant is a point in time: nanoseconds since the run began. Instants compare with < and ==.
type Instant int64

// Never is later than every other instant; a timer set to it does not fire.
const Never Instant = math.MaxInt64

// Add returns the instant d after t. Never stays Never, and a sum past it is Never.
func (t Instant) Add(d time.Duration) Instant {
	if t == Never || (d > 0 && t > Never-Instant(d)) {
		return Never
	}
	return t + Instant(d)
}

// Sub returns the time from u to t.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// String prints seconds with at least three decimals and no trailing zeros beyond them:
// "0.000", "1.250", "0.000010250"; Never prints "never".
func (t Instant) String() string {
	if t == Never {
		return "never"
	}
	sign, n := "", uint64(t)
	if t < 0 {
		sign, n = "-", uint64(-t)
	}
	frac := strconv.FormatUint(n%1e9+1e9, 10)[1:]
	frac = frac[:3] + strings.TrimRight(frac[3:], "0")
	return sign + strconv.FormatUint(n/1e9, 10) + "." + frac
}
