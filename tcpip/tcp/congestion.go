package tcp

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
)

// CongestionControl names an algorithm of congestion avoidance.
type CongestionControl uint8

// The algorithms.
const (
	CUBIC   CongestionControl = iota // RFC 9438 with HyStart++ (RFC 9406); the default
	NewReno                          // RFC 5681 and 6582
)

// String returns "cubic" or "reno".
func (c CongestionControl) String() string {
	switch c {
	case CUBIC:
		return "cubic"
	case NewReno:
		return "reno"
	}
	return "congestion(" + strconv.Itoa(int(c)) + ")"
}

// CongestionWindowMax is the largest congestion window in bytes: no peer can offer more (RFC 7323
// §2.3). As slow start threshold it stands for "arbitrarily high" (RFC 5681 §3.1).
const CongestionWindowMax = 1 << 30

const (
	initialSegments = 10    // RFC 6928 §2
	initialBytes    = 14600 // likewise
	slowStartL      = 8     // segments by which one ACK widens slow start (RFC 9406 §4.3)
)

// congestion holds the congestion window and its algorithm. Sizes are in bytes.
type congestion struct {
	kind      CongestionControl
	mss       int
	burst     int // most that one ACK adds in slow start
	window    int // cwnd
	threshold int // ssthresh

	// Most in flight in this round trip and the one before: a window that is not used says
	// nothing of the path and does not grow (RFC 9438 §5.8, RFC 7661 §4.2).
	peak, peakBefore int
	round            uint32 // this round trip ends when it is acknowledged

	hystart hystart
	reno    newreno
	cubic   cubic
}

// initialWindow returns the initial window (RFC 6928 §2), which is also the restart window.
func initialWindow(mss int) int {
	return min(initialSegments*mss, max(2*mss, initialBytes))
}

// init sets the initial window. segmentMax is the size of a super-segment, 0 if there are none: one
// ACK may acknowledge two of those, and must be allowed to count them.
func (c *congestion) init(kind CongestionControl, mss, segmentMax int) {
	*c = congestion{kind: kind, threshold: CongestionWindowMax}
	c.resize(mss, segmentMax)
	c.window = initialWindow(mss)
}

// change takes another algorithm, which knows nothing of the past.
func (c *congestion) change(kind CongestionControl) {
	c.kind = kind
	c.cubic.started = false
	c.reno.counted = 0
}

// resize takes another segment size. The window keeps its number of segments.
func (c *congestion) resize(mss, segmentMax int) {
	if c.mss != 0 && mss < c.mss {
		c.window = c.window / c.mss * mss
	}
	c.window, c.threshold = max(c.window, mss), max(c.threshold, 2*mss)
	c.mss = mss
	c.burst = max(slowStartL*mss, 2*segmentMax)
}

// sent notes that so much is in flight.
func (c *congestion) sent(pipe int) { c.peak = max(c.peak, pipe) }

// used reports whether the window limits the sender. In slow start half of the window is enough,
// since it doubles in a round trip.
func (c *congestion) used() bool {
	peak := max(c.peak, c.peakBefore)
	if c.window < c.threshold {
		return 2*peak >= c.window
	}
	return peak+c.mss > c.window
}

// progress is what an acknowledgement means to the congestion window.
type progress struct {
	now          clock.Instant
	una, nxt     uint32
	acked        int           // bytes newly acknowledged
	pipe         int           // bytes in flight now
	rtt          time.Duration // of the newest segment acknowledged, 0 if unknown
	srtt         time.Duration
	afterTimeout bool // recovering from a retransmission timeout
}

// grow widens the window for an acknowledgement that tells of no loss.
func (c *congestion) grow(p progress) {
	slow := c.window < c.threshold
	if slow && c.kind == CUBIC && !c.hystart.done && c.hystart.ack(p.una, p.nxt, p.rtt) {
		c.threshold, slow = c.window, false // RFC 9406 §4.2
	}
	used := c.used()
	if int32(p.una-c.round) >= 0 {
		c.peak, c.peakBefore, c.round = p.pipe, c.peak, p.nxt
	}
	if !used {
		c.cubic.pause(p.now)
		return
	}
	acked := p.acked
	if slow {
		n := min(acked, c.burst)
		if p.afterTimeout {
			n = min(n, c.mss) // RFC 3465 §2.3: an ACK may now cover what arrived long ago
		}
		if c.kind == CUBIC && !c.hystart.done && c.hystart.conservative {
			n /= hystartGrowth
		}
		grown := min(n, c.threshold-c.window)
		c.window += grown
		if grown == n {
			c.window = min(c.window, CongestionWindowMax)
			return
		}
		acked = n - grown
	}
	switch c.kind {
	case CUBIC:
		c.window = c.cubic.avoid(p.now, c.window, acked, c.mss, p.srtt)
	case NewReno:
		c.window = c.reno.avoid(c.window, acked, c.mss)
	}
	c.window = min(c.window, CongestionWindowMax)
}

// reduce answers a congestion event with flight bytes outstanding: it sets the slow start
// threshold. The window is left to recovery. CUBIC reduces the window, which RFC 9438 §4.6 allows
// where an unused window does not grow; NewReno what is in flight (RFC 5681 §3.1 equation 4),
// without what limited transmit has added (§3.2).
func (c *congestion) reduce(flight int) {
	c.hystart.done = true
	switch c.kind {
	case CUBIC:
		c.cubic.reduce(c.window, c.mss)
		c.threshold = int(float64(cubicBeta * float64(c.window)))
	case NewReno:
		c.reno.counted = 0
		c.threshold = min(flight, c.window) / 2
	}
	// A part of a segment is never sent, so the threshold is whole segments.
	c.threshold = max(c.threshold/c.mss, 2) * c.mss
}

// timeout answers a retransmission timeout likewise (RFC 9438 §4.8). fresh says that it is the
// first for this data: a second one changes no threshold (RFC 5681 §3.1). pipe is what is still
// thought to be in flight; one segment is added to that.
func (c *congestion) timeout(flight, pipe int, fresh bool) {
	if fresh {
		window := c.window
		c.reduce(flight)
		c.cubic.timeout(window, c.mss)
	}
	c.window = pipe + c.mss
}

// restart takes the window back after an idle time (RFC 5681 §4.1).
func (c *congestion) restart() {
	c.window = min(c.window, initialWindow(c.mss))
	c.cubic.started = false
	c.reno.counted = 0
	c.peak, c.peakBefore = 0, 0
}
