package tcp

import (
	"testing"

	"github.com/atoll-os/atoll/clock"
)

func TestCongestionString(t *testing.T) {
	for c, want := range map[CongestionControl]string{
		CUBIC: "cubic", NewReno: "reno", 9: "congestion(9)",
	} {
		if got := c.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

// TestInitialWindow: RFC 6928 §2, min(10*MSS, max(2*MSS, 14600)).
func TestInitialWindow(t *testing.T) {
	for mss, want := range map[int]int{536: 5360, 1460: 14600, 4000: 14600, 8960: 17920} {
		if got := initialWindow(mss); got != want {
			t.Errorf("initial window of segments of %d = %d, want %d", mss, got, want)
		}
	}
}

// grown returns by how many segments one acknowledgement of so many widens a window of 10.
func grown(kind CongestionControl, acked, threshold, segmentMax int, afterTimeout bool) int {
	var c congestion
	c.init(kind, 1000, segmentMax)
	c.threshold = threshold * 1000
	c.sent(c.window)
	c.grow(progress{now: 1, una: 5, nxt: 9, acked: acked * 1000, afterTimeout: afterTimeout,
		srtt: ms})
	return (c.window - 10000) / 1000
}

func TestSlowStart(t *testing.T) {
	for _, c := range []struct {
		name         string
		acked        int
		threshold    int
		segmentMax   int
		afterTimeout bool
		want         int
	}{
		{"two segments", 2, 1000, 0, false, 2},
		{"L is 8 (RFC 9406 §4.3)", 20, 1000, 0, false, 8},
		{"two super-segments", 100, 1000, 50000, false, 100},
		{"1 after a timeout (RFC 3465 §2.3)", 3, 1000, 0, true, 1},
		{"no further than the threshold", 2, 11, 0, false, 1},
	} {
		for _, kind := range []CongestionControl{CUBIC, NewReno} {
			got := grown(kind, c.acked, c.threshold, c.segmentMax, c.afterTimeout)
			if got != c.want {
				t.Errorf("%s, %v: grew by %d segments, want %d", c.name, kind, got, c.want)
			}
		}
	}
}

// TestNewRenoAvoid: one segment for each window of bytes acknowledged (RFC 3465 §2.1).
func TestNewRenoAvoid(t *testing.T) {
	var c congestion
	c.init(NewReno, 1000, 0)
	c.threshold = 2000
	for i := range 11 {
		c.sent(c.window)
		c.grow(progress{now: clock.Instant(i), una: uint32(i), nxt: 100, acked: 2000})
		want := 10000
		if i >= 4 {
			want = 11000
		}
		if i >= 10 {
			want = 12000
		}
		if c.window != want {
			t.Fatalf("after %d acknowledgements of two segments the window is %d, want %d",
				i+1, c.window, want)
		}
	}
}

// TestReduce: the threshold is whole segments, and at least two (RFC 5681 §3.1, RFC 9438 §4.6).
func TestReduce(t *testing.T) {
	for _, c := range []struct {
		kind                 CongestionControl
		window, flight, want int
	}{
		{CUBIC, 20000, 20000, 14000},
		{CUBIC, 5900, 5000, 4000},
		{CUBIC, 20000, 3000, 14000},
		{CUBIC, 1000, 1000, 2000},
		{NewReno, 20000, 20000, 10000},
		{NewReno, 20000, 23000, 10000},
		{NewReno, 20000, 9000, 4000},
		{NewReno, 2000, 2000, 2000},
	} {
		var cc congestion
		cc.init(c.kind, 1000, 0)
		cc.window = c.window
		cc.reduce(c.flight)
		if cc.threshold != c.want {
			t.Errorf("%v: window %d, %d in flight: threshold %d, want %d", c.kind, c.window, c.flight,
				cc.threshold, c.want)
		}
	}
}
