package tcp

import (
	"math"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
)

func TestCubeRoot(t *testing.T) {
	for _, x := range []float64{0, 1e-9, 0.001, 0.3, 1, 2, 7.9, 8, 27, 1e3, 12345.678, 1e9, 1e15} {
		got, want := cubeRoot(x), math.Cbrt(x)
		if math.Abs(got-want) > 1e-14*want {
			t.Errorf("cubeRoot(%v) = %v, want %v", x, got, want)
		}
	}
	if got := cubeRoot(-1); got != 0 {
		t.Errorf("cubeRoot(-1) = %v, want 0: there is no time before the epoch", got)
	}
}

// TestCubicCurve follows the window after a reduction from 1000 segments on a path of 100 ms, and
// compares it with W_cubic of RFC 9438 §4.2.
func TestCubicCurve(t *testing.T) {
	const mss = 1000
	var c cubic
	c.reduce(1000*mss, mss)
	if c.wMax != 1000 || c.prior != 1000 {
		t.Fatalf("W_max %v cwnd_prior %v, want 1000: the window at the event", c.wMax, c.prior)
	}
	window, now := 700*mss, clock.Instant(0)
	srtt := 100 * time.Millisecond
	k := math.Cbrt(300 / 0.4)
	for now < clock.Instant(20*time.Second) {
		for acks := clock.Instant(window / (2 * mss)); acks > 0; acks-- {
			now += clock.Instant(srtt) / clock.Instant(window/(2*mss))
			window = c.avoid(now, window, 2*mss, mss, srtt)
		}
		want := 0.4*math.Pow(now.Sub(0).Seconds()-k, 3) + 1000
		if got := float64(window) / mss; math.Abs(got-want) > 0.01*want {
			t.Fatalf("after %v the window is %.1f segments, want %.1f", now, got, want)
		}
	}
	if math.Abs(c.k-k) > 1e-9 {
		t.Errorf("K = %v, want %v", c.k, k)
	}
	// §4.7 fast convergence: a second event below W_max leaves room for others.
	c.reduce(900*mss, mss)
	if want := 900 * 1.7 / 2; math.Abs(c.wMax-want) > 1e-9 {
		t.Errorf("W_max after an event below the last = %v, want %v", c.wMax, want)
	}
}

// TestCubicFriendly: in a short round trip with a small window Reno would be faster, and CUBIC
// grows as Reno with its own decrease would: alpha segments a round trip (RFC 9438 §4.3).
func TestCubicFriendly(t *testing.T) {
	const mss = 1000
	var c cubic
	c.reduce(40*mss, mss)
	window, now := 28*mss, clock.Instant(0)
	srtt := 10 * time.Millisecond
	for range 10 {
		for left := window; left > 0; left -= mss {
			window = c.avoid(now, window, mss, mss, srtt)
		}
		now = now.Add(srtt)
	}
	if got := float64(window)/mss - 28; math.Abs(got-10*cubicAlpha) > 0.3 {
		t.Errorf("grew by %.2f segments in ten round trips, want about %.2f", got, 10*cubicAlpha)
	}
	// Once back where the window was, as fast as Reno: one segment a round trip.
	c.wEst = 41
	window = 41 * mss
	before := c.wEst
	for left := window; left > 0; left -= mss {
		c.avoid(now, window, mss, mss, srtt)
	}
	if got := c.wEst - before; math.Abs(got-1) > 0.01 {
		t.Errorf("above cwnd_prior Reno's estimate grew by %.3f, want 1", got)
	}
}

// TestCubicPause: time in which the window was not used does not count (RFC 9438 §5.8).
func TestCubicPause(t *testing.T) {
	const mss = 1000
	var c cubic
	c.reduce(100*mss, mss)
	c.avoid(0, 70*mss, mss, mss, time.Millisecond)
	for now := clock.Instant(0); now <= clock.Instant(time.Minute); now += clock.Instant(time.Second) {
		c.pause(now)
	}
	got := c.avoid(clock.Instant(time.Minute), 70*mss, mss, mss, time.Millisecond)
	if got > 71*mss {
		t.Errorf("after a minute without use the window went to %d, want no jump from 70000", got)
	}
}

func TestCubicTimeout(t *testing.T) {
	const mss = 1000
	c := cubic{wMax: 50}
	c.timeout(40*mss, mss)
	c.begin(0, 28)
	if c.k != 0 || c.origin != 28 || c.prior != 40 {
		t.Errorf("after a timeout K %v plateau %v cwnd_prior %v, want 0, 28, 40 (RFC 9438 §4.8)",
			c.k, c.origin, c.prior)
	}
}
