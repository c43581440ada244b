package tcp

import (
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
)

const ms = time.Millisecond

func TestRTT(t *testing.T) {
	e := rttEstimate{initial: RTOInitial}
	if got := e.timeout(); got != time.Second {
		t.Errorf("timeout before a sample = %v, want 1s (RFC 6298 §2.1)", got)
	}
	e.sample(100*ms, 1)
	if e.srtt != 100*ms || e.rttvar != 50*ms {
		t.Errorf("first sample: SRTT %v RTTVAR %v, want 100ms and half of it (§2.2)", e.srtt, e.rttvar)
	}
	if got := e.timeout(); got != 300*ms {
		t.Errorf("timeout = %v, want SRTT + 4*RTTVAR = 300ms", got)
	}
	e.sample(180*ms, 1)
	// RTTVAR = 3/4*50 + 1/4*80, SRTT = 7/8*100 + 1/8*180 (§2.3, in this order).
	if e.rttvar != 57500*time.Microsecond || e.srtt != 110*ms {
		t.Errorf("second sample: SRTT %v RTTVAR %v, want 110ms and 57.5ms", e.srtt, e.rttvar)
	}
	for range 200 {
		e.sample(50*ms, 1)
	}
	if got := e.timeout(); got < 250*ms || got > 251*ms {
		t.Errorf("timeout of a steady path = %v, want 50ms and the margin of 200ms", got)
	}
}

// TestRTTManySamples: with twenty segments in flight a round trip has ten samples; together they
// move SRTT about as far as one would (RFC 7323 appendix G).
func TestRTTManySamples(t *testing.T) {
	one, ten := rttEstimate{}, rttEstimate{}
	one.sample(100*ms, 1)
	ten.sample(100*ms, 1)
	one.sample(200*ms, 1)
	for range 10 {
		ten.sample(200*ms, 20)
	}
	if d := one.srtt - ten.srtt; d < 0 || d > ms {
		t.Errorf("SRTT %v after one sample and %v after ten smaller ones, want about the same",
			one.srtt, ten.srtt)
	}
}

func TestRTOBackoff(t *testing.T) {
	e := rttEstimate{initial: RTOInitial}
	for i, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		e.backoff = uint8(i)
		if got := e.timeout(); got != time.Duration(want)*time.Second {
			t.Errorf("timeout after %d expiries = %v, want %ds", i, got, want)
		}
	}
	e.sample(ms, 1)
	if got := e.timeout(); got != 201*ms {
		t.Errorf("timeout after a sample = %v, want 201ms: the backoff is over", got)
	}
}

func TestMinRTT(t *testing.T) {
	var e rttEstimate
	at := func(s int) clock.Instant { return clock.Instant(s) * clock.Instant(time.Second) }
	e.sampleLeast(at(0), 20*ms)
	e.sampleLeast(at(10), 10*ms)
	e.sampleLeast(at(20), 30*ms)
	if got := e.min(); got != 10*ms {
		t.Errorf("least = %v, want 10ms", got)
	}
	e.sampleLeast(at(200), 30*ms)
	if got := e.min(); got != 10*ms {
		t.Errorf("least of this window and the last = %v, want 10ms", got)
	}
	e.sampleLeast(at(400), 40*ms)
	if got := e.min(); got != 30*ms {
		t.Errorf("least = %v, want 30ms: the path has become longer", got)
	}
	e.sampleLeast(at(4000), 50*ms)
	if got := e.min(); got != 50*ms {
		t.Errorf("least after a long silence = %v, want 50ms", got)
	}
}
