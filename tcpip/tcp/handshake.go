package tcp

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// takeSYN takes the peer's initial sequence number and the options of its SYN or SYN-ACK.
func (c *Conn) takeSYN(now clock.Instant, h *wire.TCP) {
	c.irs = h.Seq
	c.rcvNxt = h.Seq + 1
	c.lastAckSent = c.rcvNxt
	c.rcvWndMax = int(c.synWindow())
	c.rcvAdv = c.rcvNxt + uint32(c.rcvWndMax)
	if h.MSS != 0 {
		c.peerMSS = int(h.MSS)
	}
	// RFC 7323 §2.2, §3.2 and RFC 2018 §2: an option is in force if both SYNs had it, and ours has
	// them all, or those that we answer.
	c.scaled = h.HasWindowScale
	if c.scaled {
		c.sndShift = min(h.WindowScale, wire.WindowScaleMax)
	} else {
		c.sndShift, c.rcvShift = 0, 0
	}
	c.sackOK = h.SACKPermitted
	c.tsOK = h.HasTimestamps
	if c.tsOK {
		c.tsRecent, c.tsRecentAt = h.TSVal, now
	}
	c.setMSS()
	c.setWindow(h, uint32(h.Window)) // RFC 7323 §2.2: the window of a SYN is not scaled
	c.rec.negotiated(c.mss, c.sackOK, c.tsOK)
}

// synWindow is the window of our SYN or SYN-ACK (RFC 7323 §2.2: never scaled).
func (c *Conn) synWindow() uint16 { return uint16(min(c.room(), 65535)) }

// inputSynSent is RFC 9293 §3.10.7.3.
func (c *Conn) inputSynSent(now clock.Instant, h *wire.TCP, payload []byte) {
	hasAck := h.Flags&wire.ACK != 0
	// First, check the ACK bit.
	if hasAck && (!before(c.iss, h.Ack) || before(c.nxt, h.Ack)) {
		if h.Flags&wire.RST == 0 {
			c.owed.reset, c.owed.resetSeq = true, h.Ack
		}
		return
	}
	// Second, check the RST bit. RFC 5961 §3.2: in SYN-SENT it must acknowledge the SYN.
	if h.Flags&wire.RST != 0 {
		if hasAck {
			c.fail(now, ErrRefused, "rst")
		}
		return
	}
	// Fourth, check the SYN bit.
	if h.Flags&wire.SYN == 0 {
		return
	}
	c.heardAt = now
	c.takeSYN(now, h)
	if !hasAck {
		c.owed.synAck = true
		c.setState(now, SynReceived, "syn")
		return
	}
	c.setState(now, Established, "syn-ack")
	c.owed.ack = true
	c.acknowledge(now, h, true)
	c.startClose(now)
	// Text and FIN of the SYN-ACK come after its SYN.
	rest := *h
	rest.Seq++
	c.inputText(now, &rest, payload)
}

// inputRepeatedSYN handles the peer's SYN in SYN-RECEIVED. It reports whether there is more to the
// segment: the SYN-ACK of a simultaneous open (RFC 9293 §3.5 figure 7) acknowledges our SYN, and
// rest is it without the SYN. Taken by the letter of §3.10.7.4 it would not be acceptable, since
// its sequence number has been received.
func (c *Conn) inputRepeatedSYN(now clock.Instant, h *wire.TCP) (rest wire.TCP, more bool) {
	if h.HasTimestamps && c.tsOK && !before(h.TSVal, c.tsRecent) {
		c.tsRecent, c.tsRecentAt = h.TSVal, now
	}
	if h.Flags&wire.ACK == 0 {
		c.owed.synAck = true // it did not get ours
		return rest, false
	}
	rest = *h
	rest.Seq++
	rest.Flags &^= wire.SYN
	rest.Window >>= c.sndShift
	return rest, true
}

// establish takes the ACK of our SYN in SYN-RECEIVED (RFC 9293 §3.10.7.4, fifth).
func (c *Conn) establish(now clock.Instant, h *wire.TCP) bool {
	if !before(c.una, h.Ack) || before(c.nxt, h.Ack) {
		c.owed.reset, c.owed.resetSeq = true, h.Ack
		return false
	}
	c.setWindow(h, uint32(h.Window)<<c.sndShift)
	c.setState(now, Established, "ack of syn")
	return true
}
