package tcp

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// acknowledge is the fifth check of RFC 9293 §3.10.7.4, the ACK field. notPure says that the
// segment carries SYN, FIN or text. It reports whether the rest of the segment is to be looked at.
func (c *Conn) acknowledge(now clock.Instant, h *wire.TCP, notPure bool) bool {
	if c.probing && h.Ack == c.nxt+1 {
		c.probeTaken()
	}
	// RFC 5961 §5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT, or it is challenged.
	if before(c.nxt, h.Ack) || before(h.Ack, c.una-c.maxWnd) {
		c.challenge(now)
		return false
	}
	if before(h.Ack, c.una) {
		return true // an old one; its text may be new
	}
	c.unanswered = 0
	windowChanged := c.updateWindow(h)
	c.rec.ack(now, h, notPure || windowChanged)
	n := h.Ack - c.una
	if n == 0 {
		return true
	}
	c.una = h.Ack
	c.counters.bytesAcked += uint64(n)
	c.stalledAt = now
	if !c.synAcked {
		c.synAcked = true
		n--
	}
	finAcked := c.finSent && h.Ack == c.nxt
	if finAcked {
		n--
	}
	c.queue.Discard(int(n))
	if c.una == c.nxt && c.queue.Len() == 0 {
		c.stalledAt = clock.Never
	}
	if before(c.smallEnd, c.una) {
		c.smallEnd = c.una
	}
	if finAcked {
		c.inputFINAcked(now)
	}
	return c.state != Closed
}

func (c *Conn) inputFINAcked(now clock.Instant) {
	const why = "ack of fin"
	switch c.state {
	case FinWait1:
		c.setState(now, FinWait2, why)
	case Closing:
		c.setState(now, TimeWait, why)
	case LastAck:
		c.setState(now, Closed, why)
	}
}

// updateWindow takes SEG.WND if the segment is newer than the last that was taken (RFC 9293
// §3.10.7.4), and reports whether that changed SND.WND. A segment that acknowledges something new
// is newer, even if it is text sent again, whose sequence number is old: otherwise SND.UNA would
// take the right edge along with it. The window of a SYN has been taken, and is not scaled.
func (c *Conn) updateWindow(h *wire.TCP) bool {
	if h.Flags&wire.SYN != 0 || !before(c.una, h.Ack) &&
		(before(h.Seq, c.wl1) || h.Seq == c.wl1 && before(h.Ack, c.wl2)) {
		return false
	}
	old := c.wnd
	c.setWindow(h, uint32(h.Window)<<c.sndShift)
	if c.wnd > old {
		c.windowOpened()
	}
	return c.wnd != old
}

func (c *Conn) setWindow(h *wire.TCP, wnd uint32) {
	c.wnd, c.wl1, c.wl2 = wnd, h.Seq, h.Ack
	c.maxWnd = max(c.maxWnd, wnd)
}

// inputText takes the text and the FIN of an acceptable segment (RFC 9293 §3.10.7.4, seventh and
// eighth). The urgent pointer is ignored: everything is in line (RFC 6093 §6).
func (c *Conn) inputText(now clock.Instant, h *wire.TCP, payload []byte) {
	if !c.state.receives() {
		return // after the peer's FIN there is no text
	}
	end := h.Seq + uint32(len(payload))
	if c.closed && before(c.rcvNxt, end) {
		// RFC 9293 §3.6 (RFC 1122 §4.2.2.13): nobody will read it; a RST says that it is lost.
		c.abort(now, ErrAborted, "text after close")
		return
	}
	if len(payload) > 0 {
		c.receive(now, h.Seq, payload)
	}
	if h.Flags&wire.FIN != 0 && !c.finKnown && !before(c.rcvAdv, end) {
		c.finKnown, c.finSeq = true, end
		if end != c.rcvNxt && len(payload) == 0 {
			c.oweDuplicate() // out of order; with text, receive has seen to it
		}
	}
	if c.finKnown && c.finSeq == c.rcvNxt {
		c.inputFIN(now)
	}
}

// inputFIN is the eighth check of RFC 9293 §3.10.7.4, once all text before the FIN is here.
func (c *Conn) inputFIN(now clock.Instant) {
	c.rcvNxt++
	c.rcvAdv = later(c.rcvAdv, c.rcvNxt)
	c.peerClosed = true
	c.owed.ack = true
	c.releaseReassembly()
	const why = "fin"
	switch c.state {
	case Established:
		c.setState(now, CloseWait, why)
	case FinWait1:
		c.setState(now, Closing, why)
	case FinWait2:
		c.setState(now, TimeWait, why)
	}
}
