package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// Input takes a segment that was addressed to this connection and whose checksum is good. It reads
// payload before it returns and does not keep it or h. In CLOSED it does nothing: the Stack answers
// (Reset).
func (c *Conn) Input(now clock.Instant, h *wire.TCP, payload []byte) {
	c.counters.segmentsIn++
	switch c.state {
	case Closed:
	case SynSent:
		c.inputSynSent(now, h, payload)
	case SynReceived:
		if h.Flags&(wire.SYN|wire.RST) == wire.SYN && h.Seq == c.irs {
			rest, more := c.inputRepeatedSYN(now, h)
			if !more {
				return
			}
			c.inputSegment(now, &rest, payload)
			return
		}
		c.inputSegment(now, h, payload)
	default:
		c.inputSegment(now, h, payload)
	}
}

// InputLent is Input of a payload that the connection may keep: it then returns true, and calls
// lender.Release when the program has read the last byte. It keeps what is long and in order.
func (c *Conn) InputLent(now clock.Instant, h *wire.TCP, payload []byte, lender buffer.Owner,
) (kept bool) {
	c.lender = lender
	c.Input(now, h, payload)
	kept = c.lender == nil
	c.lender = nil
	return kept
}

// inputSegment is RFC 9293 §3.10.7.4, in its order, with the checks of RFC 7323 §5 and RFC 5961.
func (c *Conn) inputSegment(now clock.Instant, h *wire.TCP, payload []byte) {
	if !c.checkTimestamps(now, h, payload) || !c.checkSequence(now, h, payload) {
		return
	}
	c.heardAt, c.keepProbes = now, 0
	if h.Flags&(wire.RST|wire.SYN|wire.ACK) != wire.ACK {
		c.inputControl(now, h)
		return
	}
	if c.state == SynReceived && !c.establish(now, h) {
		return
	}
	if !c.acknowledge(now, h, len(payload) > 0 || h.Flags&wire.FIN != 0) {
		return
	}
	if c.state == Established {
		c.startClose(now)
	}
	c.inputText(now, h, payload)
}

// inputControl handles an acceptable segment that is more, or less, than an ACK with text.
func (c *Conn) inputControl(now clock.Instant, h *wire.TCP) {
	switch {
	case h.Flags&wire.RST != 0:
		// RFC 5961 §3.2: only the very next sequence number resets; others within the window are
		// challenged. Those outside of it did not come so far.
		if h.Seq != c.rcvNxt {
			c.challenge(now)
			return
		}
		c.inputReset(now)
	case h.Flags&wire.SYN != 0:
		// RFC 5961 §4.2: whatever its sequence number. A peer that has forgotten us answers with a
		// RST that we believe. RFC 9293 would take SYN-RECEIVED back to LISTEN here, which lets a
		// blind SYN end a handshake; the same challenge serves both.
		c.challenge(now)
	}
	// Without ACK a segment is dropped.
}

func (c *Conn) inputReset(now clock.Instant) {
	switch {
	case c.state == TimeWait:
		c.setState(now, Closed, "rst")
	case c.state == SynReceived && c.active:
		c.fail(now, ErrRefused, "rst")
	default:
		c.fail(now, ErrReset, "rst")
	}
}

// checkTimestamps is RFC 7323 §5.3 R1 and §3.2: it drops what has no timestamp, and what has one
// from before TS.Recent (PAWS).
func (c *Conn) checkTimestamps(now clock.Instant, h *wire.TCP, payload []byte) bool {
	if !c.tsOK || h.Flags&wire.RST != 0 {
		return true
	}
	if !h.HasTimestamps {
		return false
	}
	// §5.5: after 24 days without news TS.Recent says nothing any more.
	const outdated = 24 * 24 * time.Hour
	if before(h.TSVal, c.tsRecent) && now.Sub(c.tsRecentAt) < outdated {
		c.counters.pawsDrops++
		c.reject(now, h, len(payload))
		return false
	}
	return true
}

// checkSequence is the first check of RFC 9293 §3.10.7.4. What passes and belongs to TS.Recent
// updates it (RFC 7323 §4.3).
func (c *Conn) checkSequence(now clock.Instant, h *wire.TCP, payload []byte) bool {
	n := uint32(len(payload))
	if h.Flags&wire.SYN != 0 {
		n++
	}
	if h.Flags&wire.FIN != 0 {
		n++
	}
	if !c.acceptable(h.Seq, n) {
		switch {
		case h.Flags&wire.RST != 0:
		case h.Flags&wire.SYN != 0:
			c.challenge(now) // RFC 5961 §4.2
		default:
			c.noteDuplicate(h.Seq, earlier(h.Seq+uint32(len(payload)), c.rcvNxt))
			c.reject(now, h, len(payload))
		}
		return false
	}
	if c.tsOK && h.HasTimestamps && !before(c.lastAckSent, h.Seq) {
		c.tsRecent, c.tsRecentAt = h.TSVal, now
	}
	return true
}

// acceptable is the table of RFC 9293 §3.4, with two differences for a segment without length,
// whose ACK we want: one that was overtaken by text not yet acknowledged is good, and so is one
// exactly at the right edge, which a peer sends that has filled our window.
func (c *Conn) acceptable(seq, n uint32) bool {
	if n == 0 {
		return !before(seq, c.lastAckSent) && !before(c.rcvAdv, seq)
	}
	if c.rcvAdv == c.rcvNxt {
		// "If the RCV.WND is zero, no segments will be acceptable, but special allowance should be
		// made to accept valid ACKs, URGs, and RSTs": its text is cut off later.
		return seq == c.rcvNxt
	}
	last := seq + n - 1
	return !before(seq, c.rcvNxt) && before(seq, c.rcvAdv) ||
		!before(last, c.rcvNxt) && before(last, c.rcvAdv)
}

// reject answers a segment that is not acceptable with an ACK. One without text or FIN costs from
// the same allowance as challenge ACKs, or two ends that disagree would answer each other for ever.
func (c *Conn) reject(now clock.Instant, h *wire.TCP, payloadLen int) {
	if c.state == TimeWait && h.Flags&wire.FIN != 0 {
		// §3.10.7.4, eighth: restart the 2 MSL time-out.
		c.lingerAt = now.Add(c.cfg.TimeWait)
	}
	if payloadLen > 0 || h.Flags&wire.FIN != 0 {
		c.oweDuplicate()
		return
	}
	c.challenge(now)
}

// challenges counts the challenge ACKs of one second.
type challenges struct {
	since clock.Instant
	sent  int
}

// challenge owes an ACK that makes a peer, if it is one, prove itself (RFC 5961), at most
// ChallengeACKsMax of them a second.
func (c *Conn) challenge(now clock.Instant) {
	if now.Sub(c.challenges.since) >= time.Second {
		c.challenges = challenges{since: now}
	}
	if c.challenges.sent < ChallengeACKsMax {
		c.challenges.sent++
		c.counters.challengeACKs++
		c.owed.ack = true
	}
}
