package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Read first: RFC 6298; RFC 7323 §4 and appendix G (timestamps, several samples a round trip).
//
// Deviations from RFC 6298:
//   - §2.4 asks for a minimum of 1 s; ours is RTOMin, as in Linux and the BSDs. So that it is also
//     a margin on long paths, it bounds 4*RTTVAR from below: RTO = SRTT + max(RTOMin, 4*RTTVAR).
//     This takes the place of the clock granularity G, which is nothing here.
//   - §5.1 and 5.3 start the timer when data is sent and restart it when data is acknowledged. Here
//     it is restarted also when the segment at SND.UNA is sent again by fast recovery, or it
//     would expire before that segment's acknowledgement could come.
//   - §5.7 sets the timeout to 3 s after a SYN was lost; here only if the SYN's acknowledgement
//     gives no sample, which it does with timestamps.
const (
	RTOInitial = time.Second            // before the first sample (RFC 6298 §2.1)
	RTOMin     = 200 * time.Millisecond // least margin over the round-trip time
	RTOMax     = time.Minute            // RFC 6298 §2.5

	rtoAfterSYN = 3 * time.Second // RFC 6298 §5.7

	minRTTWindow = 150 * time.Second // the least round trip is that of one to two of these
)

// timestamp returns the value of the timestamp clock: milliseconds (RFC 7323 §5.4) from offset.
func timestamp(now clock.Instant, offset uint32) uint32 {
	return offset + uint32(now/clock.Instant(time.Millisecond))
}

// rttEstimate is what is known of the round-trip time and the retransmission timeout.
type rttEstimate struct {
	srtt, rttvar time.Duration // 0 before the first sample
	initial      time.Duration // timeout before the first sample
	backoff      uint8         // timeouts in a row: the timeout is doubled so often

	least, leastBefore time.Duration // of this window and the one before, 0 unknown
	windowAt           clock.Instant // when this window began
}

// sample takes a measured round-trip time. flight is how many segments were outstanding: with a
// sample for each acknowledgement, a round trip has about half as many samples, and the gains are
// divided by that (RFC 7323 appendix G). Backoff ends with a sample (Karn's algorithm, RFC 6298
// §5.7).
func (e *rttEstimate) sample(d time.Duration, flight int) {
	d = max(d, 1)
	e.backoff = 0
	if e.srtt == 0 {
		e.srtt, e.rttvar = d, d/2
		return
	}
	expected := time.Duration(max((flight+1)/2, 1))
	diff := e.srtt - d
	e.rttvar += (max(diff, -diff) - e.rttvar) / (4 * expected)
	e.srtt -= diff / (8 * expected)
}

// sampleLeast takes a round-trip time for the minimum, which decides nothing about timeouts.
func (e *rttEstimate) sampleLeast(now clock.Instant, d time.Duration) {
	d = max(d, 1)
	if e.least == 0 || now.Sub(e.windowAt) > minRTTWindow {
		if now.Sub(e.windowAt) <= 2*minRTTWindow {
			e.leastBefore = e.least
		} else {
			e.leastBefore = 0
		}
		e.least, e.windowAt = d, now
		return
	}
	e.least = min(e.least, d)
}

// min returns the least round-trip time of the last minutes, 0 if unknown.
func (e *rttEstimate) min() time.Duration {
	if e.leastBefore != 0 && e.leastBefore < e.least {
		return e.leastBefore
	}
	return e.least
}

// timeout returns the retransmission timeout, with its backoff.
func (e *rttEstimate) timeout() time.Duration {
	d := e.initial
	if e.srtt != 0 {
		d = e.srtt + max(4*e.rttvar, RTOMin)
	}
	for range e.backoff {
		if d >= RTOMax {
			break
		}
		d *= 2
	}
	return min(d, RTOMax)
}
