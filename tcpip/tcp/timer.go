package tcp

import "github.com/atoll-os/atoll/clock"

// Next returns when Poll must be called again if nothing else happens; clock.Never if need not be.
func (c *Conn) Next() clock.Instant {
	if c.state == Closed {
		return clock.Never
	}
	return min(c.rec.next(), c.delayedAt, c.persistAt, c.lingerAt, c.keepaliveAt(), c.userTimeoutAt())
}

// expire does what timers that are due ask for.
func (c *Conn) expire(now clock.Instant) {
	if c.rec.next() <= now {
		c.rec.timeout(now)
		c.checkRetransmits(now)
	}
	if c.delayedAt <= now {
		c.delayedAt = clock.Never
		c.owed.ack = true
		c.counters.delayedACKs++
	}
	if c.persistAt <= now {
		c.persist(now)
	}
	if c.keepaliveAt() <= now {
		c.probeKeepalive(now)
	}
	if c.userTimeoutAt() <= now {
		c.timeOut(now, "user timeout")
	}
	if c.lingerAt <= now {
		c.setState(now, Closed, "timeout")
	}
}

// checkRetransmits gives up after R2 (RFC 9293 §3.8.3).
func (c *Conn) checkRetransmits(now clock.Instant) {
	most := RetransmitsMax
	if !c.state.synchronized() {
		most = SYNRetransmitsMax
	}
	if c.rec.timeouts() <= most {
		return
	}
	if c.wnd == 0 && now.Sub(c.heardAt) < 2*PersistMax {
		return // the peer has taken its window back and answers: MUST-37 lets it
	}
	c.timeOut(now, "too many retransmissions")
}

// timeOut ends the connection because the peer is silent; with the reason that ICMP gave, if any
// (RFC 1122 §4.2.3.9).
func (c *Conn) timeOut(now clock.Instant, why string) {
	if c.state == Closed {
		return
	}
	err := ErrTimeout
	if c.soft.some {
		err = c.soft.what.err()
	}
	c.fail(now, err, why)
}

// userTimeoutAt is when Options.UserTimeout is over for what waits for the peer.
func (c *Conn) userTimeoutAt() clock.Instant {
	if c.cfg.UserTimeout <= 0 || c.stalledAt == clock.Never {
		return clock.Never
	}
	return c.stalledAt.Add(c.cfg.UserTimeout)
}
