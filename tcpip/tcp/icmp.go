package tcp

import (
	"strconv"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Unreachability says what an ICMP error reports as unreachable.
type Unreachability uint8

// What may be unreachable.
const (
	NetUnreachable      Unreachability = iota // no route to the network
	HostUnreachable                           // no answer from the host, or a filter
	PortUnreachable                           // nobody listens
	ProtocolUnreachable                       // the host has no TCP
)

// String returns "host unreachable" and the like.
func (u Unreachability) String() string {
	switch u {
	case NetUnreachable:
		return "net unreachable"
	case HostUnreachable:
		return "host unreachable"
	case PortUnreachable:
		return "port unreachable"
	case ProtocolUnreachable:
		return "protocol unreachable"
	}
	return "unreachable(" + strconv.Itoa(int(u)) + ")"
}

// softError is the last soft error that ICMP reported: the reason if the connection times out.
type softError struct {
	what Unreachability
	some bool // there was one
}

func (u Unreachability) err() error {
	switch u {
	case NetUnreachable:
		return ErrNetUnreachable
	case HostUnreachable:
		return ErrHostUnreachable
	}
	return ErrRefused
}

// Unreachable takes an ICMP error about a segment that is in flight (SeqInFlight). It ends a
// connection that does not stand yet; one that does goes on, and takes it as its reason if it times
// out: RFC 5461 §4.1 and RFC 5927 §5.2, against the hard errors of RFC 1122 §4.2.3.9, which anybody
// can forge.
func (c *Conn) Unreachable(now clock.Instant, u Unreachability) {
	switch {
	case c.state == Closed:
	case c.state.synchronized():
		c.soft = softError{u, true}
	default:
		c.fail(now, u.err(), u.String())
	}
}

// PacketTooBig takes the news that the path to the peer carries IP packets of at most mtu bytes,
// from ICMP about a segment that is in flight (RFC 1191, RFC 8201). Segments become smaller, those
// in flight that were larger are sent again. An mtu below PathMTUMin4 or 6 counts as that.
func (c *Conn) PacketTooBig(now clock.Instant, mtu int) {
	headers, least := 40+wire.TCPSize, PathMTUMin6
	if c.cfg.ipv4 {
		headers, least = 20+wire.TCPSize, PathMTUMin4
	}
	mss := max(mtu, least) - headers
	if c.state == Closed || mss >= c.cfg.pathMSS {
		return
	}
	c.cfg.pathMSS = mss
	old := c.mss
	c.setMSS()
	if c.mss < old {
		c.rec.resize(c.mss)
	}
}
