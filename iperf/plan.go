package iperf

import "time"

// plan says at which times, counted from the start of the test, an interval ends. The end of the
// omitted time always ends one, and intervals are counted anew from there.
type plan struct {
	start    time.Time
	omit     time.Duration
	interval time.Duration // 0 for none
	end      time.Duration // of the test, the omitted time included; 0 if not known beforehand
}

// never is a time that does not come.
const never = time.Duration(1<<63 - 1)

// next returns the first boundary after the boundary off, or never. The end of the test is none:
// the last interval lasts for as long as the test really does.
func (p *plan) next(off time.Duration) time.Duration {
	next := never
	if p.interval > 0 {
		next = off + p.interval
	}
	if off < p.omit {
		next = min(next, p.omit)
	}
	if p.end > 0 && next >= p.end {
		return never
	}
	return next
}
