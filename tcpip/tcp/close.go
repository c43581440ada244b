package tcp

import "github.com/atoll-os/atoll/clock"

// CloseWrite closes our side: FIN follows what is queued (RFC 9293 §3.10.4). Before ESTABLISHED it
// waits until the connection stands. A second call does nothing.
func (c *Conn) CloseWrite(now clock.Instant) {
	if c.finQueued || c.state == Closed {
		return
	}
	c.finQueued = true
	c.startClose(now)
}

// startClose enters the state that CloseWrite leads to.
func (c *Conn) startClose(now clock.Instant) {
	if !c.finQueued {
		return
	}
	const why = "close"
	switch c.state {
	case Established:
		c.setState(now, FinWait1, why)
	case CloseWait:
		c.setState(now, LastAck, why)
	}
}

// CloseRead says that nobody will read: what has arrived and what arrives is acknowledged, as if it
// had been read, and dropped. The peer is not told and may go on sending.
func (c *Conn) CloseRead(now clock.Instant) {
	if c.readClosed {
		return
	}
	c.readClosed = true
	c.held = 0
	c.ready.Release()
	c.updateWindowSoon()
}

// Close closes both sides. If bytes have arrived that the program has not consumed, or bytes arrive
// later, the peer gets a RST, so that it learns that they were lost (RFC 9293 §3.6, RFC 1122
// §4.2.2.13); otherwise our FIN follows what is queued. In SYN-SENT the connection just ends.
func (c *Conn) Close(now clock.Instant) {
	if c.closed {
		return
	}
	c.closed = true
	unread := c.ready.Len()+c.held > 0
	c.CloseRead(now)
	switch {
	case c.state == Closed:
	case c.state == SynSent:
		c.fail(now, ErrAborted, "close")
	case unread:
		c.abort(now, ErrAborted, "close with bytes unread")
	default:
		c.CloseWrite(now)
		if c.state == FinWait2 {
			c.lingerAt = now.Add(FinWait2Max)
		}
	}
}

// Abort ends the connection at once; what is queued is lost and the peer gets a RST (RFC 9293
// §3.10.5).
func (c *Conn) Abort(now clock.Instant) {
	c.closed = true
	c.CloseRead(now)
	c.abort(now, ErrAborted, "abort")
}

// abort ends the connection with a RST where the peer still has one.
func (c *Conn) abort(now clock.Instant, err error, why string) {
	switch c.state {
	case Closed:
		return
	case SynSent, Closing, LastAck, TimeWait:
	default:
		c.owed.finalReset = true
	}
	c.fail(now, err, why)
}
