package wire

import (
	"encoding/binary"
	"net/netip"
)

// IPv6 sizes in bytes.
const (
	IPv6Size       = 40    // the fixed header
	IPv6PayloadMax = 65535 // extension headers and what follows them; no jumbograms (RFC 2675)
)

// Well-known groups of RFC 4291 §2.7.1.
var (
	AllNodes   = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 1})
	AllRouters = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 2})
)

// IPv6 is the fixed header of RFC 8200 §3.
type IPv6 struct {
	TrafficClass uint8
	FlowLabel    uint32 // 20 bits
	HopLimit     uint8
	Next         Protocol // of the first extension header, or of the payload
	Src, Dst     netip.Addr
}

// ParseIPv6 reads a fixed header. The payload is cut to the payload length, and begins with the
// extension headers, if there are any: see [WalkExtensions].
func ParseIPv6(b []byte) (h IPv6, payload []byte, err error) {
	if err := h.read(b); err != nil {
		return h, nil, err
	}
	n := int(binary.BigEndian.Uint16(b[4:6]))
	if n > len(b)-IPv6Size {
		return h, nil, fail(LayerIPv6, Truncated)
	}
	return h, b[IPv6Size : IPv6Size+n], nil
}

func (h *IPv6) read(b []byte) error {
	if len(b) < IPv6Size {
		return fail(LayerIPv6, Truncated)
	}
	if b[0]>>4 != 6 {
		return fail(LayerIPv6, BadVersion)
	}
	first := binary.BigEndian.Uint32(b)
	h.TrafficClass = uint8(first >> 20)
	h.FlowLabel = first & 0xfffff
	h.Next = Protocol(b[6])
	h.HopLimit = b[7]
	h.Src = netip.AddrFrom16([16]byte(b[8:24]))
	h.Dst = netip.AddrFrom16([16]byte(b[24:40]))
	return nil
}

// Append writes the header of a packet with payloadLen bytes behind it, extension headers included.
func (h *IPv6) Append(b []byte, payloadLen int) []byte {
	if payloadLen < 0 || payloadLen > IPv6PayloadMax || h.FlowLabel > 0xfffff {
		panic("wire: BUG: impossible IPv6 lengths")
	}
	src, dst := h.Src.As16(), h.Dst.As16()
	b = binary.BigEndian.AppendUint32(b, 6<<28|uint32(h.TrafficClass)<<20|h.FlowLabel)
	b = append(b, byte(payloadLen>>8), byte(payloadLen), byte(h.Next), h.HopLimit)
	b = append(b, src[:]...)
	return append(b, dst[:]...)
}

// SolicitedNode returns the group that an address's neighbour solicitations go to: ff02::1:ff and
// the address's last 24 bits (RFC 4291 §2.7.1).
func SolicitedNode(a netip.Addr) netip.Addr {
	x := a.As16()
	return netip.AddrFrom16([16]byte{
		0: 0xff, 1: 0x02, 11: 1, 12: 0xff, 13: x[13], 14: x[14], 15: x[15],
	})
}

// LinkLocal returns the link-local address that a station forms from its MAC: fe80:: and the
// modified EUI-64 identifier (RFC 4291 appendix A).
func LinkLocal(m MAC) netip.Addr {
	return netip.AddrFrom16(interfaceID([16]byte{0: 0xfe, 1: 0x80}, m))
}

// StatelessAddress returns the address that a station with this MAC forms from a /64 prefix
// (RFC 4862 §5.5.3 d, RFC 2464 §4).
func StatelessAddress(prefix netip.Addr, m MAC) netip.Addr {
	return netip.AddrFrom16(interfaceID(prefix.As16(), m))
}

func interfaceID(a [16]byte, m MAC) [16]byte {
	copy(a[8:], []byte{m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]})
	return a
}
