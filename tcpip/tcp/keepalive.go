package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// SetKeepAlive changes Options.KeepAlive.
func (c *Conn) SetKeepAlive(k KeepAlive) {
	c.cfg.KeepAlive = k.withDefaults()
	c.keepProbes = 0
}

// SetNoDelay changes Options.NoDelay; what Nagle's algorithm held back leaves with the next Poll.
func (c *Conn) SetNoDelay(on bool) { c.cfg.NoDelay = on }

// SetUserTimeout changes Options.UserTimeout.
func (c *Conn) SetUserTimeout(d time.Duration) { c.cfg.UserTimeout = d }

// keepaliveAt is when the next keepalive probe is due. While something waits for the peer anyway,
// retransmission and window probes find out whether it is there (RFC 9293 §3.8.4 MUST-26).
func (c *Conn) keepaliveAt() clock.Instant {
	k := &c.cfg.KeepAlive
	if k.Idle <= 0 || c.stalledAt != clock.Never || !c.state.synchronized() || c.state == TimeWait {
		return clock.Never
	}
	if c.keepProbes == 0 {
		return c.heardAt.Add(k.Idle)
	}
	return c.keepAt.Add(k.Interval)
}

// probeKeepalive sends the next probe, or gives up.
func (c *Conn) probeKeepalive(now clock.Instant) {
	if int(c.keepProbes) >= c.cfg.KeepAlive.Count {
		c.owed.finalReset = true
		c.timeOut(now, "keepalive probes unanswered")
		return
	}
	c.keepProbes++
	c.keepAt = now
	c.owed.keepalive = true
}
