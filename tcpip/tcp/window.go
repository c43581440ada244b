package tcp

// room returns how many more bytes in order the receive buffer may hold, within what the window
// field can say.
func (c *Conn) room() int {
	most := min(c.cfg.ReceiveBuffer, 65535<<c.rcvShift)
	return max(0, min(c.cfg.ReceiveBuffer-c.ready.Len()-c.held, most))
}

// windowGain returns by how much the right edge of the window could move.
func (c *Conn) windowGain() int {
	return int(int32(c.rcvNxt + uint32(c.room()) - c.rcvAdv))
}

// windowStep is the least gain for which the right edge moves: silly window avoidance in the
// receiver (RFC 9293 §3.8.6.2.2).
func (c *Conn) windowStep() int { return min(c.cfg.ReceiveBuffer/2, c.rcvMSS) }

// advertise returns the window field of a segment and moves the right edge if it may move. The edge
// never goes back (RFC 9293 §3.8.6), but a window field is a multiple of 1<<rcvShift: rounding it
// up may offer that much more than the buffer, and the next one, rounded down so as not to add to
// that, may seem to offer less than the last (RFC 7323 §2.4). What was offered is always taken.
func (c *Conn) advertise() uint16 {
	unit := 1 << c.rcvShift
	room := c.room()
	offered := int(int32(c.rcvAdv - c.rcvNxt))
	field := (offered + unit - 1) >> c.rcvShift
	if c.windowGain() >= c.windowStep() {
		field = max(room>>c.rcvShift, offered>>c.rcvShift)
	} else if field<<c.rcvShift > room+unit {
		field = offered >> c.rcvShift
	}
	field = min(field, 65535)
	c.rcvAdv = later(c.rcvAdv, c.rcvNxt+uint32(field)<<c.rcvShift)
	c.rcvWndMax = max(c.rcvWndMax, field<<c.rcvShift)
	return uint16(field)
}

// updateWindowSoon owes an ACK if the window that the peer knows has become too small: when it
// cannot send a full segment into it, or less than half of the most it ever had is left, and there
// is a good part to give. To wait for a delayed ACK here would stop a sender with large segments
// for the whole delay.
func (c *Conn) updateWindowSoon() {
	if !c.state.receives() {
		return
	}
	gain, offered := c.windowGain(), int(int32(c.rcvAdv-c.rcvNxt))
	if gain >= c.windowStep() &&
		(offered < c.rcvMSS || gain >= c.rcvWndMax/4 && offered <= c.rcvWndMax/2) {
		c.owed.ack = true
	}
}

// Consumed says that the program has read n of the bytes that Receive handed over: the window may
// open by so many. The next Poll sends an update if the peer should know at once. After CloseRead
// all counts as read, and Consumed does nothing.
func (c *Conn) Consumed(n int) {
	if c.readClosed {
		return
	}
	if n < 0 || n > c.held {
		panic("tcp: BUG: consumed bytes that were not received")
	}
	c.held -= n
	c.updateWindowSoon()
}
