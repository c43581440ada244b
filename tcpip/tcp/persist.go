package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// The persist timer runs while there is something to send, nothing in flight that could bring an
// ACK, and no window for it: then only a probe can find out that the window has opened, should the
// update be lost (RFC 9293 §3.8.6.1).

// persistMin is the least time before a probe.
const persistMin = 200 * time.Millisecond

// awaitWindow starts the timer. It returns false, as what pollData returns then.
func (c *Conn) awaitWindow(now clock.Instant) bool {
	if c.nxt != c.una || c.persistAt != clock.Never || c.owed.windowProbe {
		return false
	}
	if c.stalledAt == clock.Never {
		c.stalledAt = now
	}
	wait := max(c.rec.info().rto, persistMin)
	for i := uint8(0); i < c.persists && wait < PersistMax; i++ {
		wait *= 2 // SHLD-30: the interval grows exponentially
	}
	c.persistAt = now.Add(min(wait, PersistMax))
	return false
}

// windowOpened stops the timer.
func (c *Conn) windowOpened() {
	c.persistAt, c.persists = clock.Never, 0
	c.owed.windowProbe, c.owed.forced = false, false
}

// persist is the expiry of the timer.
func (c *Conn) persist(now clock.Instant) {
	c.persistAt = clock.Never
	if c.unanswered >= RetransmitsMax {
		c.timeOut(now, "zero-window probes unanswered")
		return
	}
	if c.closed && c.persists >= RetransmitsMax {
		// RFC 9293 MUST-37 lets a peer that answers keep its window closed for ever. Once nobody is
		// there to abort the connection we bound that, or any peer could make us keep it.
		c.owed.finalReset = true
		c.timeOut(now, "window closed for too long after close")
		return
	}
	c.persists = min(c.persists+1, 32)
	c.unanswered++
	if c.usable() > 0 {
		// A window smaller than silly window avoidance waits for: the override of RFC 9293
		// §3.8.6.2.1 (4).
		c.owed.forced = true
		return
	}
	c.owed.windowProbe = true
}

// pollWindowProbe sends one sequence number, a byte or the FIN, beyond the window (RFC 9293
// §3.8.6.1 MUST-36). It is no congestion if it is not acknowledged, so recovery hears of it only
// when it is.
func (c *Conn) pollWindowProbe(now clock.Instant, s *Segment) bool {
	if !c.owed.windowProbe {
		return false
	}
	c.owed.windowProbe = false
	flags, n := wire.ACK, 1
	if c.unsent() == 0 {
		flags, n = wire.ACK|wire.FIN, 0
	}
	c.header(now, s, c.nxt, flags, n)
	s.Offset = int(c.nxt - c.base())
	c.probing, c.probeAt = true, now
	c.counters.windowProbes++
	c.awaitWindow(now)
	return true
}

// probeTaken counts the probe's sequence number as sent, since the peer has acknowledged it.
func (c *Conn) probeTaken() {
	c.probing, c.persistAt = false, clock.Never
	if c.unsent() == 0 {
		c.finSent = true
		c.rec.finSent()
	}
	c.rec.sent(c.probeAt, c.nxt, 1, newData)
	c.nxt++
}
