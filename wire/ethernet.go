package wire

import (
	"encoding/binary"
	"net/netip"
)

// EthernetSize is the length of an Ethernet header in bytes: two addresses and a type.
const EthernetSize = 14

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the address of every station.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsMulticast reports whether m addresses a group of stations, as Broadcast does.
func (m MAC) IsMulticast() bool { return m[0]&1 != 0 }

// String returns six pairs of hexadecimal digits: "02:00:00:00:00:01".
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	var s [17]byte
	for i, x := range m {
		if i > 0 {
			s[3*i-1] = ':'
		}
		s[3*i], s[3*i+1] = digits[x>>4], digits[x&15]
	}
	return string(s[:])
}

// MulticastMAC returns the Ethernet address for an IP multicast address: 01:00:5e and 23 bits of an
// IPv4 address (RFC 1112 §6.4), 33:33 and 32 bits of an IPv6 address (RFC 2464 §7).
func MulticastMAC(group netip.Addr) MAC {
	if group.Is4() {
		a := group.As4()
		return MAC{0x01, 0x00, 0x5e, a[1] & 0x7f, a[2], a[3]}
	}
	a := group.As16()
	return MAC{0x33, 0x33, a[12], a[13], a[14], a[15]}
}

// EtherType says what an Ethernet frame carries.
type EtherType uint16

// The types that this package reads.
const (
	TypeIPv4 EtherType = 0x0800
	TypeARP  EtherType = 0x0806
	TypeIPv6 EtherType = 0x86dd
)

// Ethernet is the header of an Ethernet II frame (RFC 894). A frame has no FCS here.
type Ethernet struct {
	Dst, Src MAC
	Type     EtherType
}

// ParseEthernet reads the header of a frame. The payload may end in padding.
func ParseEthernet(b []byte) (h Ethernet, payload []byte, err error) {
	if len(b) < EthernetSize {
		return h, nil, fail(LayerEthernet, Truncated)
	}
	h.Dst = MAC(b[0:6])
	h.Src = MAC(b[6:12])
	h.Type = EtherType(binary.BigEndian.Uint16(b[12:14]))
	return h, b[EthernetSize:], nil
}

// Append writes the header.
func (h *Ethernet) Append(b []byte) []byte {
	b = append(b, h.Dst[:]...)
	b = append(b, h.Src[:]...)
	return binary.BigEndian.AppendUint16(b, uint16(h.Type))
}
