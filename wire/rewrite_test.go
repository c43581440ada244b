package wire

import (
	"fmt"
	"net/netip"
)

// rewrite reads a frame with the parsers and appends to b what the appenders make of it, checksums
// included. It returns nil if any of it is malformed or unknown.
func rewrite(b, frame []byte) []byte {
	e, packet, err := ParseEthernet(frame)
	if err != nil {
		return nil
	}
	b = e.Append(b)
	switch e.Type {
	case TypeARP:
		h, err := ParseARP(packet)
		if err != nil {
			return nil
		}
		return h.Append(b)
	case TypeIPv4:
		return rewriteIPv4(b, packet)
	case TypeIPv6:
		return rewriteIPv6(b, packet)
	}
	return nil
}

func rewriteIPv4(b, packet []byte) []byte {
	h, payload, err := ParseIPv4(packet)
	if err != nil {
		return nil
	}
	if h.MoreFragments || h.FragmentOffset != 0 {
		return append(h.Append(b, len(payload)), payload...)
	}
	segment, ok := rewriteTransport(h.Protocol, payload)
	if !ok {
		return nil
	}
	b = append(h.Append(b, len(segment)), segment...)
	SetChecksum(h.Protocol, h.Src, h.Dst, b[len(b)-len(segment):])
	return b
}

func rewriteIPv6(b, packet []byte) []byte {
	h, payload, err := ParseIPv6(packet)
	if err != nil {
		return nil
	}
	x, _, err := WalkExtensions(h.Next, payload)
	if err != nil || x.Action != OptionSkip {
		return nil
	}
	var extensions []byte
	next, fragment := h.Next, false
	for next != x.Last {
		e, rest, err := ParseIPv6Extension(payload)
		if err != nil {
			panic("what WalkExtensions accepts, ParseIPv6Extension must accept")
		}
		extensions = e.Append(extensions)
		next, payload = e.Next, rest
	}
	if next == ProtoFragment {
		f, rest, err := ParseIPv6Fragment(payload)
		if err != nil {
			return nil
		}
		extensions = f.Append(extensions)
		payload, fragment = rest, true
	}
	segment, ok := payload, true
	if !fragment {
		segment, ok = rewriteTransport(next, payload)
	}
	if !ok {
		return nil
	}
	b = h.Append(b, len(extensions)+len(segment))
	b = append(append(b, extensions...), segment...)
	if !fragment {
		SetChecksum(next, h.Src, h.Dst, b[len(b)-len(segment):])
	}
	return b
}

// rewriteTransport leaves checksums to the caller; ok is false for a malformed segment.
func rewriteTransport(p Protocol, segment []byte) (b []byte, ok bool) {
	switch p {
	case ProtoTCP:
		var h TCP
		payload, err := ParseTCP(segment, &h)
		if err != nil {
			return nil, false
		}
		return append(h.Append(nil), payload...), true
	case ProtoUDP:
		h, payload, err := ParseUDP(segment)
		return append(h.Append(nil, len(payload)), payload...), err == nil
	case ProtoICMP:
		m, err := ParseICMPv4(segment)
		if err != nil {
			return nil, false
		}
		return m.Append(nil), true
	case ProtoICMPv6:
		m, err := parseMessage(segment)
		if err != nil {
			return nil, false
		}
		return m.Append(nil), true
	}
	return segment, true
}

// message is any ICMPv6 message.
type message interface {
	Append([]byte) []byte
	String() string
}

func parseMessage(b []byte) (message, error) {
	m, err := ParseICMPv6(b)
	if err != nil {
		return nil, err
	}
	switch m.Type {
	case ICMPv6RouterSolicitation:
		m, err := ParseRouterSolicitation(b)
		return &m, err
	case ICMPv6RouterAdvertisement:
		m, err := ParseRouterAdvertisement(b)
		return &m, err
	case ICMPv6NeighborSolicitation:
		m, err := ParseNeighborSolicitation(b)
		return &m, err
	case ICMPv6NeighborAdvertisement:
		m, err := ParseNeighborAdvertisement(b)
		return &m, err
	case ICMPv6Redirect:
		m, err := ParseRedirect(b)
		return &m, err
	}
	return &m, nil
}

// fields returns every header of a frame with its fields, one a line.
func fields(frame []byte) []string {
	e, packet, err := ParseEthernet(frame)
	if err != nil {
		return []string{err.Error()}
	}
	out := []string{fmt.Sprintf("ethernet %+v type %#x", e, uint16(e.Type))}
	switch e.Type {
	case TypeARP:
		h, err := ParseARP(packet)
		return append(out, fmt.Sprintf("arp %+v %v", struct {
			Op                   ARPOp
			SenderMAC, TargetMAC MAC
			SenderIP, TargetIP   netip.Addr
		}{h.Op, h.SenderMAC, h.TargetMAC, h.SenderIP, h.TargetIP}, err))
	case TypeIPv4:
		h, payload, err := ParseIPv4(packet)
		out = append(out, fmt.Sprintf("ipv4 %+v %v", h, err))
		return append(out, transportFields(h.Protocol, payload))
	case TypeIPv6:
		h, payload, err := ParseIPv6(packet)
		x, rest, err2 := WalkExtensions(h.Next, payload)
		out = append(out, fmt.Sprintf("ipv6 %+v %v", h, err))
		out = append(out, fmt.Sprintf("extensions %+v %v", x, err2))
		return append(out, transportFields(x.Last, rest))
	}
	return out
}

func transportFields(p Protocol, b []byte) string {
	switch p {
	case ProtoTCP:
		var h TCP
		payload, err := ParseTCP(b, &h)
		type plain TCP // without its String
		return fmt.Sprintf("tcp %+v %q %v", plain(h), payload, err)
	case ProtoUDP:
		h, payload, err := ParseUDP(b)
		return fmt.Sprintf("udp %+v %q %v", h, payload, err)
	case ProtoICMP:
		m, err := ParseICMPv4(b)
		type plain ICMPv4
		return fmt.Sprintf("icmp %+v %v", plain(m), err)
	case ProtoICMPv6:
		m, err := ParseICMPv6(b)
		type plain ICMPv6
		return fmt.Sprintf("icmp6 %+v %v", plain(m), err)
	}
	return fmt.Sprintf("%v %x", p, b)
}
