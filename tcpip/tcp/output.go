package tcp

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Segment is one segment to be sent: its header, and where its payload stands in the send queue
// until the connection is next changed (Copy).
type Segment struct {
	wire.TCP
	// Len is the payload in bytes.
	Len int
	// Offset is where the payload begins in the send queue.
	Offset int
	// SegmentSize is what a super-segment is to be cut into: payload bytes of one segment. An
	// ordinary segment is no longer than it.
	SegmentSize int
}

// Poll runs the timers that are due at now and returns in s the next segment to send; the caller
// calls it until it returns false, and Copy for each segment with payload. The order is: a RST,
// probes, what was lost, new data, FIN, an ACK if one is still owed.
func (c *Conn) Poll(now clock.Instant, s *Segment) bool {
	if c.state != Closed {
		c.expire(now)
	}
	if c.owed.reset || c.owed.finalReset {
		c.pollReset(now, s)
		return true
	}
	switch c.state {
	case Closed:
		return false
	case SynSent, SynReceived:
		return c.pollHandshake(now, s)
	case TimeWait:
		return c.pollAck(now, s)
	}
	return c.pollProbe(now, s) || c.pollRetransmit(now, s) || c.pollData(now, s) ||
		c.pollWindowProbe(now, s) || c.pollAck(now, s)
}

// Copy copies the payload of s, which Poll has just returned, to p of s.Len bytes.
func (c *Conn) Copy(p []byte, s *Segment) {
	if n := c.queue.CopyAt(p[:s.Len], s.Offset); n != s.Len {
		panic("tcp: BUG: a segment's payload is not in the send queue")
	}
}

// base is the sequence number of the first byte of queue.
func (c *Conn) base() uint32 {
	if c.synAcked {
		return c.una
	}
	return c.iss + 1
}

// unsent is how many bytes of queue have not been sent.
func (c *Conn) unsent() int {
	if c.finSent {
		return 0
	}
	return c.queue.Len() - int(c.nxt-c.base())
}

// header fills in a segment of n bytes of payload. Whatever carries an ACK pays what was owed of
// them.
func (c *Conn) header(now clock.Instant, s *Segment, seq uint32, flags wire.TCPFlags, n int) {
	*s = Segment{Len: n, SegmentSize: c.mss, TCP: wire.TCP{
		SrcPort: c.cfg.localPort, DstPort: c.cfg.remotePort, Seq: seq, Flags: flags,
	}}
	c.counters.segmentsOut++
	if c.tsOK {
		s.HasTimestamps = true
		s.TSVal, s.TSEcr = timestamp(now, c.cfg.tsOffset), c.tsRecent
	}
	if flags&(wire.ACK|wire.RST) != wire.ACK {
		return
	}
	s.Ack = c.rcvNxt
	if flags&wire.SYN != 0 {
		s.Window = c.synWindow()
	} else {
		s.Window = c.advertise()
		c.offerSACK(s)
	}
	c.lastAckSent = c.rcvNxt
	c.delayedAt = clock.Never
	c.owed.ack = false
}

// pollHandshake sends SYN or SYN-ACK, and what a segment that did not fit is answered with.
func (c *Conn) pollHandshake(now clock.Instant, s *Segment) bool {
	kind := newData
	if c.nxt != c.iss {
		kind = retransmission
		if !c.owed.synAck {
			if _, _, again := c.rec.retransmit(); !again {
				return c.state == SynReceived && c.pollAck(now, s)
			}
			c.counters.retransmits++
		}
	}
	c.owed.synAck = false
	flags := wire.SYN
	if c.state == SynReceived {
		flags |= wire.ACK
	}
	c.header(now, s, c.iss, flags, 0)
	s.MSS = uint16(min(c.cfg.mss, 65535))
	opening := c.state == SynSent
	if opening {
		s.Window = c.synWindow()
		s.HasTimestamps, s.TSVal = true, timestamp(now, c.cfg.tsOffset)
	}
	s.SACKPermitted = opening || c.sackOK
	s.HasWindowScale = opening || c.scaled
	if s.HasWindowScale {
		s.WindowScale = c.rcvShift
	}
	c.nxt = c.iss + 1
	if c.stalledAt == clock.Never {
		c.stalledAt = now
	}
	c.rec.sent(now, c.iss, 1, kind)
	return true
}

// pollReset sends a RST: the one that ends the connection, which carries an ACK if there is one to
// give, or the answer to an unacceptable ACK.
func (c *Conn) pollReset(now clock.Instant, s *Segment) {
	if c.owed.reset {
		c.owed.reset = false
		c.header(now, s, c.owed.resetSeq, wire.RST, 0)
		return
	}
	c.owed = owed{}
	c.header(now, s, c.nxt, wire.RST|wire.ACK, 0)
	s.Ack = c.rcvNxt
}

// pollProbe sends a tail loss probe (RFC 8985 §7.3).
func (c *Conn) pollProbe(now clock.Instant, s *Segment) bool {
	n := min(c.unsent(), c.usable(), c.mss-c.sackBytes())
	left, right, fresh, ok := c.rec.probe(now, n > 0)
	if !ok {
		return false
	}
	if fresh {
		c.sendData(now, s, n, probeNew)
		return true
	}
	c.resend(now, s, left, right, probeOld)
	return true
}

// pollRetransmit sends what was lost.
func (c *Conn) pollRetransmit(now clock.Instant, s *Segment) bool {
	left, right, ok := c.rec.retransmit()
	if !ok {
		return false
	}
	c.resend(now, s, left, right, retransmission)
	return true
}

// resend sends [left, right) once more; the last of it may be our FIN.
func (c *Conn) resend(now clock.Instant, s *Segment, left, right uint32, kind sendKind) {
	flags := wire.ACK
	n := int(right - left)
	if c.finSent && right == c.nxt {
		flags |= wire.FIN
		n--
	}
	offset := int(left - c.base())
	if n > 0 && offset+n == c.queue.Len() {
		flags |= wire.PSH
	}
	c.header(now, s, left, flags, n)
	s.Offset = offset
	c.counters.retransmits++
	c.rec.sent(now, left, right-left, kind)
}

// usable is how many bytes of new data the peer's window has room for, below 0 if it shrank.
func (c *Conn) usable() int { return int(int32(c.una + c.wnd - c.nxt)) }

// pollData sends new data, as far as the peer's window, recovery, Nagle and silly window avoidance
// let it, and FIN.
func (c *Conn) pollData(now clock.Instant, s *Segment) bool {
	if c.finSent {
		return false
	}
	unsent := c.unsent()
	if unsent == 0 {
		if !c.finQueued {
			return false
		}
		if c.usable() < 1 {
			return c.awaitWindow(now)
		}
		c.sendData(now, s, 0, newData)
		return true
	}
	usable := c.usable()
	n := c.segmentLen(unsent, usable, c.rec.sendQuota(now))
	if n == 0 {
		if c.nxt == c.una && usable < min(unsent, c.mss) {
			return c.awaitWindow(now)
		}
		return false
	}
	c.sendData(now, s, n, newData)
	return true
}

// segmentLen returns how many of the unsent bytes the next segment carries.
func (c *Conn) segmentLen(unsent, usable, quota int) int {
	full := c.mss - c.sackBytes()
	n := min(unsent, usable, quota)
	if n >= full {
		if c.cfg.segmentMax > full {
			n = min(n, c.cfg.segmentMax)
		} else {
			n = full
		}
		if n == unsent && n%full != 0 && !c.mayTrail() || n < unsent {
			n -= n % full
		}
		return n
	}
	switch {
	case n <= 0:
		return 0
	case c.owed.forced:
		c.owed.forced = false
		return n
	case n == unsent:
		if c.mayTrail() {
			return n
		}
	case n == usable && n >= int(c.maxWnd/2):
		// RFC 9293 §3.8.6.2.1 (3), with Fs = 1/2: all that a peer with a small buffer ever offers.
		return n
	}
	return 0
}

// mayTrail reports whether a segment below the full size may be sent. Nagle's algorithm (RFC 9293
// §3.7.4) as Minshall has it: not while another small one is unacknowledged. What a FIN follows is
// not held back, since nothing will come to fill the segment.
func (c *Conn) mayTrail() bool {
	return c.cfg.NoDelay || c.finQueued || !before(c.una, c.smallEnd)
}

// sendData sends n bytes of new data, and FIN if it comes next and the window has room for it.
func (c *Conn) sendData(now clock.Instant, s *Segment, n int, kind sendKind) {
	flags := wire.ACK
	offset := int(c.nxt - c.base())
	length := uint32(n)
	if offset+n == c.queue.Len() {
		if n > 0 {
			flags |= wire.PSH
		}
		if c.finQueued && c.usable() > n {
			flags |= wire.FIN
			c.finSent = true
			c.rec.finSent()
			length++
		}
	}
	if c.sackOK && c.owed.duplicates > 0 {
		c.owed.duplicates = 0 // its SACK blocks say all
	}
	seq := c.nxt
	c.header(now, s, seq, flags, n)
	s.Offset = offset
	c.nxt += length
	c.probing = false // what the probe carried is part of this
	if n%s.SegmentSize != 0 {
		c.smallEnd = c.nxt
	}
	if c.stalledAt == clock.Never {
		c.stalledAt = now
	}
	c.counters.bytesSent += uint64(n)
	c.windowOpened()
	c.rec.sent(now, seq, length, kind)
}

// pollAck sends an ACK without payload, if one is owed, or a keepalive probe.
func (c *Conn) pollAck(now clock.Instant, s *Segment) bool {
	seq := c.nxt
	switch {
	case c.owed.keepalive:
		// RFC 9293 §3.8.4: SEG.SEQ = SND.NXT-1, which the peer must answer.
		c.owed.keepalive = false
		seq--
	case c.owed.duplicates > 0:
		c.owed.duplicates--
	case !c.owed.ack:
		return false
	}
	c.header(now, s, seq, wire.ACK, 0)
	return true
}
