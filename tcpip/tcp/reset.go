package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Reset returns the RST that answers h, which belongs to no connection, with its ports turned round
// (RFC 9293 §3.10.7.1). h must not be a RST itself.
func Reset(h *wire.TCP, payloadLen int) wire.TCP {
	r := wire.TCP{SrcPort: h.DstPort, DstPort: h.SrcPort, Flags: wire.RST}
	if h.Flags&wire.ACK != 0 {
		r.Seq = h.Ack
		return r
	}
	r.Flags |= wire.ACK
	r.Ack = h.Seq + uint32(payloadLen)
	if h.Flags&wire.SYN != 0 {
		r.Ack++
	}
	if h.Flags&wire.FIN != 0 {
		r.Ack++
	}
	return r
}

// CanReuse reports whether h, a SYN for this connection's addresses, may begin a new one though
// this one is in TIME-WAIT: its timestamp, or its sequence number if there are none, is beyond all
// that the old connection has seen (RFC 6191 §2, RFC 9293 §3.6.1 MAY-2). The new one's ISS must be
// beyond ReuseISS.
func (c *Conn) CanReuse(h *wire.TCP) bool {
	if c.state != TimeWait || h.Flags&(wire.SYN|wire.ACK|wire.RST|wire.FIN) != wire.SYN {
		return false
	}
	if c.tsOK && h.HasTimestamps && h.TSVal != c.tsRecent {
		return before(c.tsRecent, h.TSVal)
	}
	return !before(h.Seq, c.rcvNxt)
}

// ReuseISS returns the least initial sequence number for a connection that follows this one at the
// same addresses: it is beyond what this one has used (RFC 9293 §3.6.1).
func (c *Conn) ReuseISS() uint32 { return c.nxt + 1 }

// CanRedial reports whether our own side may begin a new connection at this one's addresses though
// it is in TIME-WAIT: timestamps are in use and our clock has ticked since, so that the peer's PAWS
// tells segments of the old connection from those of the new one (RFC 6191 §2, RFC 7323 §5).
func (c *Conn) CanRedial(now clock.Instant) bool {
	const ticks = 2 * clock.Instant(time.Millisecond)
	return c.state == TimeWait && c.tsOK && now >= c.lingerAt.Add(-c.cfg.TimeWait)+ticks
}
