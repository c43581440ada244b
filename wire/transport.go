package wire

import (
	"encoding/binary"
	"net/netip"
)

// checksumOffset returns where a transport's checksum lies in its header; ok is false for one
// without any.
func checksumOffset(p Protocol) (offset int, ok bool) {
	switch p {
	case ProtoTCP:
		return 16, true
	case ProtoUDP:
		return 6, true
	case ProtoICMP, ProtoICMPv6:
		return 2, true
	}
	return 0, false
}

// datagram cuts what lies behind a UDP datagram in its packet: RFC 768 has the checksum cover the
// datagram alone, and RFC 9868 gives the rest a use. The segment has at least UDPSize bytes.
func datagram(segment []byte) []byte {
	if n := int(binary.BigEndian.Uint16(segment[4:6])); n >= UDPSize && n < len(segment) {
		return segment[:n]
	}
	return segment
}

func transportSum(p Protocol, src, dst netip.Addr, segment []byte) uint16 {
	switch p {
	case ProtoICMP: // RFC 792: the message alone
		return Checksum(segment, 0)
	case ProtoUDP:
		segment = datagram(segment)
	}
	return Checksum(segment, PseudoHeader(src, dst, p, len(segment)))
}

// SetChecksum computes the checksum of a whole TCP, UDP, ICMP or ICMPv6 segment and writes it into
// the segment. A UDP sum of 0 is sent as 0xffff (RFC 768). Other protocols are left alone, and so
// is a segment too short to have the field.
func SetChecksum(p Protocol, src, dst netip.Addr, segment []byte) {
	at, ok := checksumOffset(p)
	if !ok || len(segment) < at+2 {
		return
	}
	segment[at], segment[at+1] = 0, 0
	sum := ^transportSum(p, src, dst, segment)
	if sum == 0 && p == ProtoUDP {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(segment[at:], sum)
}

// VerifyChecksum reports whether a whole TCP, UDP, ICMP or ICMPv6 segment has the right checksum.
// UDP over IPv4 may leave it out by 0 (RFC 768); over IPv6 it may not (RFC 8200 §8.1). A segment of
// any other protocol is right, since it has none that we know.
func VerifyChecksum(p Protocol, src, dst netip.Addr, segment []byte) bool {
	at, ok := checksumOffset(p)
	if !ok {
		return true
	}
	if len(segment) < at+2 {
		return false
	}
	if p == ProtoUDP && segment[at] == 0 && segment[at+1] == 0 {
		return src.Is4()
	}
	return transportSum(p, src, dst, segment) == 0xffff
}

// FinishChecksum computes the checksum of the TCP, UDP, ICMP or ICMPv6 segment in an Ethernet
// frame, in place. A frame with anything else, or with a fragment, which holds no whole segment,
// is left alone.
func FinishChecksum(frame []byte) {
	t, err := findTransport(frame)
	if err == nil && !t.fragment {
		SetChecksum(t.protocol, t.src, t.dst, frame[t.start:t.end])
	}
}

// transport is where the segment of an IP frame lies.
type transport struct {
	version    int // 4 or 6
	protocol   Protocol
	src, dst   netip.Addr
	start, end int // in the frame
	fragment   bool
}

func findTransport(frame []byte) (t transport, err error) {
	e, packet, err := ParseEthernet(frame)
	if err != nil {
		return t, err
	}
	switch e.Type {
	case TypeIPv4:
		h, payload, err := ParseIPv4(packet)
		if err != nil {
			return t, err
		}
		t = transport{version: 4, protocol: h.Protocol, src: h.Src, dst: h.Dst}
		t.start = EthernetSize + h.Size()
		t.end = t.start + len(payload)
		t.fragment = h.MoreFragments || h.FragmentOffset != 0
		return t, nil
	case TypeIPv6:
		h, payload, err := ParseIPv6(packet)
		if err != nil {
			return t, err
		}
		x, rest, err := WalkExtensions(h.Next, payload)
		if err != nil {
			return t, err
		}
		t = transport{version: 6, protocol: x.Last, src: h.Src, dst: h.Dst}
		t.end = EthernetSize + IPv6Size + len(payload)
		t.start = t.end - len(rest)
		t.fragment = x.Last == ProtoFragment
		return t, nil
	}
	return t, fail(LayerEthernet, BadType)
}

// VerifyFrame reports whether the TCP, UDP, ICMP or ICMPv6 segment in an Ethernet frame has the
// right checksum. A frame with anything else, or with a fragment, has none that could be wrong.
func VerifyFrame(frame []byte) bool {
	t, err := findTransport(frame)
	if err != nil || t.fragment {
		return true
	}
	return VerifyChecksum(t.protocol, t.src, t.dst, frame[t.start:t.end])
}
