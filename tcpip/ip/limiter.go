package ip

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Limiter is a token bucket. RFC 4443 §2.4 (f) wants one for ICMP errors, RFC 1812 §4.3.2.8 as
// well.
type Limiter struct {
	interval time.Duration // between two at the steady rate
	burst    int
	full     clock.Instant // when the bucket is full again
}

// NewLimiter lets rate happenings a second pass, and burst of them at once after a rest.
func NewLimiter(rate, burst int) Limiter {
	return Limiter{interval: time.Second / time.Duration(rate), burst: burst}
}

// Allow reports whether one more may happen now, and counts it if so.
func (l *Limiter) Allow(now clock.Instant) bool {
	full := max(l.full, now).Add(l.interval)
	if full.Sub(now) > time.Duration(l.burst)*l.interval {
		return false
	}
	l.full = full
	return true
}
