package ip

import "github.com/atoll-os/atoll/wire"

// fragment is a fragment as it arrived.
type fragment struct {
	key    datagramKey
	offset int
	more   bool
	header []byte        // all headers before the data, an IPv6 fragment header too
	nextAt int           // IPv6: where header announces the fragment header
	next   wire.Protocol // IPv6: what the whole packet has there
	data   []byte
}

// parseFragment reads a packet that is a fragment. Waiting says that it is a good one.
func parseFragment(packet []byte) (fragment, Verdict) {
	if len(packet) > 0 && packet[0]>>4 == 6 {
		return parseFragment6(packet)
	}
	h, data, err := wire.ParseIPv4(packet)
	if err != nil || h.FragmentOffset == 0 && !h.MoreFragments {
		return fragment{}, Malformed
	}
	p := fragment{
		key:    datagramKey{src: h.Src, dst: h.Dst, id: uint32(h.ID), protocol: h.Protocol},
		offset: h.FragmentOffset, more: h.MoreFragments, header: packet[:h.Size()], data: data,
	}
	// RFC 791 §3.2: all but the last are multiples of eight bytes; none is longer than a packet.
	if p.more && (len(data)%8 != 0 || len(data) == 0) || h.Size()+p.offset+len(data) > 0xffff {
		return p, Malformed
	}
	return p, Waiting
}

func parseFragment6(packet []byte) (fragment, Verdict) {
	h, payload, err := wire.ParseIPv6(packet)
	if err != nil {
		return fragment{}, Malformed
	}
	x, data, err := wire.WalkExtensions(h.Next, payload)
	if x.Last != wire.ProtoFragment || x.Action != wire.OptionSkip {
		return fragment{}, Malformed
	}
	at := wire.IPv6Size + len(payload) - len(data) - wire.IPv6FragmentSize
	if err != nil {
		if e, ok := err.(wire.Error); ok && e.Code == wire.BadLength {
			return fragment{}, TooLong
		}
		return fragment{}, Malformed
	}
	p := fragment{
		key:    datagramKey{src: h.Src, dst: h.Dst, id: x.Fragment.ID},
		offset: x.Fragment.Offset, more: x.Fragment.More,
		header: packet[:at+wire.IPv6FragmentSize],
		nextAt: x.NextAt, next: x.Fragment.Next, data: data,
	}
	switch {
	case p.more && len(data)%8 != 0:
		return p, BadLength
	case p.more && len(data) == 0:
		return p, Malformed
	case at-wire.IPv6Size+p.offset+len(data) > wire.IPv6PayloadMax:
		return p, TooLong
	case p.offset == 0:
		return p, judgeFirst(p.next, data)
	}
	return p, Waiting
}

// judgeFirst says whether the data of a first fragment has all headers up to that of the protocol
// above (RFC 7112 §4). Fragments of fragments are nobody's honest work, and a packet could hold a
// thousand of them.
func judgeFirst(next wire.Protocol, data []byte) Verdict {
	x, rest, err := wire.WalkExtensions(next, data)
	least := 0
	switch x.Last {
	case wire.ProtoFragment:
		return Malformed
	case wire.ProtoTCP:
		least = wire.TCPSize
	case wire.ProtoUDP:
		least = wire.UDPSize
	case wire.ProtoICMPv6:
		least = wire.ICMPSize
	}
	if err != nil || x.Action == wire.OptionSkip && len(rest) < least {
		return ShortFirst
	}
	return Waiting
}
