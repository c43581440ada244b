package wire

import (
	"encoding/binary"
	"net/netip"
)

// Quoted is what is left of a packet that an ICMP error quotes: its end may be cut off, so lengths
// and checksums mean nothing.
type Quoted struct {
	Src, Dst  netip.Addr
	Protocol  Protocol
	Transport []byte // from the transport header on; nil in a fragment that is not the first
}

// ParseQuoted reads the quotation of an IPv4 or IPv6 packet. RFC 792 promises eight bytes behind an
// IPv4 header; fewer are Truncated, except in a fragment that is not the first.
func ParseQuoted(b []byte) (q Quoted, err error) {
	if len(b) == 0 {
		return q, fail(LayerIPv4, Truncated)
	}
	if b[0]>>4 == 6 {
		return parseQuoted6(b)
	}
	size, total, err := ipv4Lengths(b)
	if err != nil {
		return q, err
	}
	var h IPv4
	h.read(b, size)
	q = Quoted{Src: h.Src, Dst: h.Dst, Protocol: h.Protocol}
	if h.FragmentOffset != 0 {
		return q, nil
	}
	q.Transport = b[size:min(total, len(b))]
	if len(q.Transport) < 8 {
		return q, fail(LayerIPv4, Truncated)
	}
	return q, nil
}

func parseQuoted6(b []byte) (q Quoted, err error) {
	var h IPv6
	if err := h.read(b); err != nil {
		return q, err
	}
	n := int(binary.BigEndian.Uint16(b[4:6]))
	b = b[IPv6Size:]
	b = b[:min(n, len(b))]
	q = Quoted{Src: h.Src, Dst: h.Dst, Protocol: h.Next}
	// The packet was our own: whether its options are acceptable does not matter, only their
	// lengths.
	for range ExtensionHeadersMax {
		switch q.Protocol {
		case ProtoHopByHop, ProtoRouting, ProtoDestination:
			x, rest, err := ParseIPv6Extension(b)
			if err != nil {
				return q, err
			}
			q.Protocol, b = x.Next, rest
		case ProtoFragment:
			x, rest, err := ParseIPv6Fragment(b)
			if err != nil {
				return q, err
			}
			q.Protocol, b = x.Next, rest
			if x.Offset != 0 {
				return q, nil
			}
		default:
			q.Transport = b
			if len(b) < 8 {
				return q, fail(LayerIPv6, Truncated)
			}
			return q, nil
		}
	}
	return q, fail(LayerExtension, TooMany)
}

// Ports returns the ports of a quoted TCP or UDP header.
func (q *Quoted) Ports() (src, dst uint16, ok bool) {
	if len(q.Transport) < 8 || q.Protocol != ProtoTCP && q.Protocol != ProtoUDP {
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(q.Transport), binary.BigEndian.Uint16(q.Transport[2:]), true
}

// Seq returns the sequence number of a quoted TCP header: RFC 5927 §4.1 has an error believed only
// if it is of data in flight.
func (q *Quoted) Seq() (seq uint32, ok bool) {
	if len(q.Transport) < 8 || q.Protocol != ProtoTCP {
		return 0, false
	}
	return binary.BigEndian.Uint32(q.Transport[4:]), true
}

// Echo returns the identifier and sequence number of a quoted echo request.
func (q *Quoted) Echo() (id, seq uint16, ok bool) {
	t := q.Transport
	if len(t) < 8 || !(q.Protocol == ProtoICMP && t[0] == byte(ICMPv4Echo) ||
		q.Protocol == ProtoICMPv6 && t[0] == byte(ICMPv6Echo)) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(t[4:]), binary.BigEndian.Uint16(t[6:]), true
}

// String returns "10.0.0.1.4000 > 10.0.0.2.53 udp".
func (q *Quoted) String() string {
	if src, dst, ok := q.Ports(); ok {
		return q.Src.String() + "." + itoa(int(src)) + " > " + q.Dst.String() + "." +
			itoa(int(dst)) + " " + q.Protocol.String()
	}
	return q.Src.String() + " > " + q.Dst.String() + " " + q.Protocol.String()
}

// describeQuoted returns the quotation in brackets, with a space before it.
func describeQuoted(b []byte) string {
	q, err := ParseQuoted(b)
	if err != nil {
		return " (unreadable quotation)"
	}
	return " (" + q.String() + ")"
}
