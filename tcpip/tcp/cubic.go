package tcp

import (
	"math"
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Read first: RFC 9438. Windows are in segments and time in seconds, as there. Each product is
// converted to float64 before it is added to anything, which forbids the compiler to fuse the two:
// the results are the same on every machine.

const (
	cubicC    = 0.4 // RFC 9438 §5
	cubicBeta = 0.7 // RFC 9438 §4.6
)

// cubicAlpha makes the Reno-friendly estimate grow as fast as Reno with its own decrease would
// (RFC 9438 §4.3): 3 * (1-beta) / (1+beta).
const cubicAlpha = 3 * (1 - cubicBeta) / (1 + cubicBeta)

// cubic is the state of CUBIC between two reductions of the window.
type cubic struct {
	started bool          // the epoch has begun
	epoch   clock.Instant // its beginning, moved on by times without growth
	seen    clock.Instant // the last acknowledgement
	wMax    float64       // window before the last reduction, 0 none
	k       float64       // seconds from epoch until wMax is reached again
	origin  float64       // the plateau: wMax, or the window if that is larger
	wEst    float64       // what Reno would have
	prior   float64       // cwnd_prior
	credit  float64       // fraction of a segment by which the window should be larger
}

// begin starts an epoch with window w (RFC 9438 §4.2).
func (c *cubic) begin(now clock.Instant, w float64) {
	c.started, c.epoch, c.seen = true, now, now
	c.wEst, c.k, c.origin, c.credit = w, 0, w, 0
	if c.wMax > w {
		c.k, c.origin = cubeRoot((c.wMax-w)/cubicC), c.wMax
	}
}

// at returns W_cubic(t), t in seconds after the epoch.
func (c *cubic) at(t float64) float64 {
	d := t - c.k
	return float64(float64(float64(d*d)*d)*cubicC) + c.origin
}

// avoid takes bytes acknowledged in congestion avoidance and returns the new window.
func (c *cubic) avoid(now clock.Instant, window, acked, mss int, srtt time.Duration) int {
	w := float64(window) / float64(mss)
	if !c.started {
		c.begin(now, w)
	}
	c.seen = now
	n := float64(acked) / float64(mss)
	t := now.Sub(c.epoch).Seconds()

	// §4.3: alpha is 1 once Reno's window is back where it was.
	alpha := cubicAlpha
	if c.wEst >= c.prior {
		alpha = 1
	}
	c.wEst += float64(alpha * n / w)

	grow := 0.0
	if c.at(t) < c.wEst { // §4.3 the Reno-friendly region
		grow = max(c.wEst-w, 0)
	} else { // §4.4 concave and §4.5 convex
		target := min(max(c.at(t+srtt.Seconds()), w), float64(1.5*w))
		grow = float64((target-w)/w) * n
	}
	grow += c.credit
	whole := math.Floor(float64(grow * float64(mss)))
	c.credit = grow - float64(whole/float64(mss))
	return window + int(whole)
}

// pause says that now is a time in which the window did not limit the sender: the epoch does not
// age (RFC 9438 §4.2, §5.8).
func (c *cubic) pause(now clock.Instant) {
	if c.started {
		c.epoch += now - c.seen
		c.seen = now
	}
}

// reduce notes a congestion event at that window and returns the factor for what is in flight
// (RFC 9438 §4.6, §4.7).
func (c *cubic) reduce(window, mss int) {
	w := float64(window) / float64(mss)
	c.prior = w
	if w < c.wMax { // §4.7 fast convergence
		w = float64(w * (1 + cubicBeta) / 2)
	}
	c.wMax, c.started = w, false
}

// timeout notes a retransmission timeout: the next epoch begins at its own plateau (RFC 9438 §4.8).
func (c *cubic) timeout(window, mss int) {
	c.prior = float64(window) / float64(mss)
	c.wMax, c.started = 0, false
}

// cubeRoot returns the cube root of x >= 0. math.Cbrt may differ in its last bit between machines.
func cubeRoot(x float64) float64 {
	if x <= 0 {
		return 0
	}
	_, exp := math.Frexp(x)
	y := math.Ldexp(1, exp/3) // within a factor of two and a bit
	for range 8 {             // Newton doubles the correct bits each time
		y = (float64(2*y) + float64(x/float64(y*y))) / 3
	}
	return y
}
