package tcp

import "time"

// Read first: RFC 9406. HyStart++ leaves slow start when the round-trip time rises, by way of five
// rounds of slower growth in which it may find out that it was wrong.

// RFC 9406 §4.3.
const (
	hystartThresholdMin = 4 * time.Millisecond
	hystartThresholdMax = 16 * time.Millisecond
	hystartDivisor      = 8 // of the round-trip time
	hystartSamples      = 8 // of a round, before it says anything
	hystartGrowth       = 4 // conservative slow start grows by a quarter
	hystartRounds       = 5 // of conservative slow start
)

// hystart is the state of the first slow start of a connection.
type hystart struct {
	done          bool
	conservative  bool          // in conservative slow start (CSS)
	samples       uint8         // rttSampleCount, saturating at hystartSamples
	rounds        uint8         // of conservative slow start
	end           uint32        // windowEnd: the round ends when this is acknowledged
	last, current time.Duration // lastRoundMinRTT, currentRoundMinRTT; 0 is infinity
	baseline      time.Duration // cssBaselineMinRtt
}

// ack takes an acknowledgement up to una, with nxt to be sent next, and its round-trip time, 0 if
// it has none. It reports whether slow start is to end now (RFC 9406 §4.2).
func (h *hystart) ack(una, nxt uint32, d time.Duration) (exit bool) {
	if int32(una-h.end) >= 0 {
		h.last, h.current, h.samples, h.end = h.current, 0, 0, nxt
		if h.conservative {
			if h.rounds++; h.rounds >= hystartRounds {
				h.done = true
				return true
			}
		}
	}
	if d == 0 {
		return false
	}
	if h.current == 0 || d < h.current {
		h.current = d
	}
	h.samples = min(h.samples+1, hystartSamples)
	if h.samples < hystartSamples {
		return false
	}
	if h.conservative {
		if h.current < h.baseline { // the rise was a false alarm
			h.conservative = false
		}
		return false
	}
	if h.last != 0 {
		rise := min(max(h.last/hystartDivisor, hystartThresholdMin), hystartThresholdMax)
		if h.current >= h.last+rise {
			h.conservative, h.rounds, h.baseline = true, 0, h.current
		}
	}
	return false
}
