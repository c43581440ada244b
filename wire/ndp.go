package wire

import (
	"encoding/binary"
	"net/netip"
)

// NDPHopLimit is what every message of neighbour discovery arrives with, or else it came from
// beyond the link and is to be ignored (RFC 4861 §6.1, 7.1, 8.1). The caller checks it, and the
// checksum.
const NDPHopLimit = 255

// RouterSolicitation asks routers to advertise themselves (RFC 4861 §4.1).
type RouterSolicitation struct {
	SourceMAC MAC // the zero MAC: no such option
}

// RouterAdvertisement is RFC 4861 §4.2. A zero stands for "not specified by this router".
type RouterAdvertisement struct {
	HopLimit       uint8
	Managed, Other bool   // addresses, or other things, are to be had by DHCPv6
	Lifetime       uint16 // seconds as a default router
	ReachableTime  uint32 // milliseconds
	RetransTimer   uint32 // milliseconds
	SourceMAC      MAC    // the zero MAC: no such option
	MTU            uint32 // 0: no such option
	Prefixes       []PrefixInformation
	DNS            []RecursiveDNS
}

// PrefixInformation is an option of a router advertisement (RFC 4861 §4.6.2).
type PrefixInformation struct {
	Prefix            netip.Prefix
	OnLink            bool
	Autonomous        bool   // stations may form addresses from it (RFC 4862)
	ValidLifetime     uint32 // seconds; LifetimeInfinite
	PreferredLifetime uint32 // seconds; LifetimeInfinite
}

// LifetimeInfinite is a lifetime without an end (RFC 4861 §4.6.2).
const LifetimeInfinite = 0xffffffff

// RecursiveDNS is an RDNSS option of a router advertisement (RFC 8106 §5.1).
type RecursiveDNS struct {
	Lifetime uint32 // seconds; LifetimeInfinite
	Servers  []netip.Addr
}

// NeighborSolicitation asks who has an address (RFC 4861 §4.3).
type NeighborSolicitation struct {
	Target    netip.Addr
	SourceMAC MAC // the zero MAC: no such option, as in duplicate address detection
}

// NeighborAdvertisement says who has an address (RFC 4861 §4.4).
type NeighborAdvertisement struct {
	Target    netip.Addr
	Router    bool
	Solicited bool // an answer, not an announcement
	Override  bool // replaces what the cache holds
	TargetMAC MAC  // the zero MAC: no such option
}

// Redirect names a better first hop for a destination (RFC 4861 §4.5).
type Redirect struct {
	Target      netip.Addr // the better hop; the destination itself if it is a neighbour
	Destination netip.Addr
	TargetMAC   MAC    // the zero MAC: no such option
	Quoted      []byte // the packet that caused it, for ParseQuoted; a multiple of 8 bytes, or nil
}

// ndpBody checks the type, the code (0 in all of them) and the length of a message's fixed part.
func ndpBody(b []byte, t ICMPv6Type, fixed int) error {
	switch {
	case len(b) < ICMPSize || len(b) < fixed:
		return fail(LayerNDP, Truncated)
	case b[0] != byte(t) || b[1] != 0:
		return fail(LayerNDP, BadType)
	}
	return nil
}

// ParseRouterSolicitation reads a whole ICMPv6 message.
func ParseRouterSolicitation(b []byte) (m RouterSolicitation, err error) {
	if err := ndpBody(b, ICMPv6RouterSolicitation, 8); err != nil {
		return m, err
	}
	var o ndpOptions
	err = o.read(b[8:])
	return RouterSolicitation{SourceMAC: o.sourceMAC}, err
}

// Append writes the whole ICMPv6 message. The checksum field is 0: see [SetChecksum].
func (m *RouterSolicitation) Append(b []byte) []byte {
	b = append(b, byte(ICMPv6RouterSolicitation), 0, 0, 0, 0, 0, 0, 0)
	return appendMAC(b, optionSourceMAC, m.SourceMAC)
}

// ParseRouterAdvertisement reads a whole ICMPv6 message. Options that are not in the struct are
// skipped.
func ParseRouterAdvertisement(b []byte) (m RouterAdvertisement, err error) {
	if err := ndpBody(b, ICMPv6RouterAdvertisement, 16); err != nil {
		return m, err
	}
	var o ndpOptions
	if err := o.read(b[16:]); err != nil {
		return m, err
	}
	return RouterAdvertisement{
		HopLimit:      b[4],
		Managed:       b[5]&0x80 != 0,
		Other:         b[5]&0x40 != 0,
		Lifetime:      binary.BigEndian.Uint16(b[6:8]),
		ReachableTime: binary.BigEndian.Uint32(b[8:12]),
		RetransTimer:  binary.BigEndian.Uint32(b[12:16]),
		SourceMAC:     o.sourceMAC,
		MTU:           o.mtu,
		Prefixes:      o.prefixes,
		DNS:           o.dns,
	}, nil
}

// Append writes the whole ICMPv6 message. The checksum field is 0: see [SetChecksum].
func (m *RouterAdvertisement) Append(b []byte) []byte {
	flags := byte(0)
	if m.Managed {
		flags |= 0x80
	}
	if m.Other {
		flags |= 0x40
	}
	b = append(b, byte(ICMPv6RouterAdvertisement), 0, 0, 0, m.HopLimit, flags)
	b = binary.BigEndian.AppendUint16(b, m.Lifetime)
	b = binary.BigEndian.AppendUint32(b, m.ReachableTime)
	b = binary.BigEndian.AppendUint32(b, m.RetransTimer)
	b = appendMAC(b, optionSourceMAC, m.SourceMAC)
	if m.MTU != 0 {
		b = append(b, optionMTU, 1, 0, 0)
		b = binary.BigEndian.AppendUint32(b, m.MTU)
	}
	for i := range m.Prefixes {
		b = m.Prefixes[i].append(b)
	}
	for i := range m.DNS {
		b = m.DNS[i].append(b)
	}
	return b
}

// ParseNeighborSolicitation reads a whole ICMPv6 message.
func ParseNeighborSolicitation(b []byte) (m NeighborSolicitation, err error) {
	if err := ndpBody(b, ICMPv6NeighborSolicitation, 24); err != nil {
		return m, err
	}
	m.Target = netip.AddrFrom16([16]byte(b[8:24]))
	if m.Target.IsMulticast() { // RFC 4861 §7.1.1
		return m, fail(LayerNDP, BadAddress)
	}
	var o ndpOptions
	err = o.read(b[24:])
	m.SourceMAC = o.sourceMAC
	return m, err
}

// Append writes the whole ICMPv6 message. The checksum field is 0: see [SetChecksum].
func (m *NeighborSolicitation) Append(b []byte) []byte {
	target := m.Target.As16()
	b = append(b, byte(ICMPv6NeighborSolicitation), 0, 0, 0, 0, 0, 0, 0)
	b = append(b, target[:]...)
	return appendMAC(b, optionSourceMAC, m.SourceMAC)
}

// ParseNeighborAdvertisement reads a whole ICMPv6 message.
func ParseNeighborAdvertisement(b []byte) (m NeighborAdvertisement, err error) {
	if err := ndpBody(b, ICMPv6NeighborAdvertisement, 24); err != nil {
		return m, err
	}
	m.Router, m.Solicited, m.Override = b[4]&0x80 != 0, b[4]&0x40 != 0, b[4]&0x20 != 0
	m.Target = netip.AddrFrom16([16]byte(b[8:24]))
	if m.Target.IsMulticast() { // RFC 4861 §7.1.2
		return m, fail(LayerNDP, BadAddress)
	}
	var o ndpOptions
	err = o.read(b[24:])
	m.TargetMAC = o.targetMAC
	return m, err
}

// Append writes the whole ICMPv6 message. The checksum field is 0: see [SetChecksum].
func (m *NeighborAdvertisement) Append(b []byte) []byte {
	flags := byte(0)
	if m.Router {
		flags |= 0x80
	}
	if m.Solicited {
		flags |= 0x40
	}
	if m.Override {
		flags |= 0x20
	}
	target := m.Target.As16()
	b = append(b, byte(ICMPv6NeighborAdvertisement), 0, 0, 0, flags, 0, 0, 0)
	b = append(b, target[:]...)
	return appendMAC(b, optionTargetMAC, m.TargetMAC)
}

// ParseRedirect reads a whole ICMPv6 message.
func ParseRedirect(b []byte) (m Redirect, err error) {
	if err := ndpBody(b, ICMPv6Redirect, 40); err != nil {
		return m, err
	}
	m.Target = netip.AddrFrom16([16]byte(b[8:24]))
	m.Destination = netip.AddrFrom16([16]byte(b[24:40]))
	// RFC 4861 §8.1: the target is a router's link-local address or the destination itself.
	if m.Destination.IsMulticast() ||
		m.Target != m.Destination && !m.Target.IsLinkLocalUnicast() {
		return m, fail(LayerNDP, BadAddress)
	}
	var o ndpOptions
	err = o.read(b[40:])
	m.TargetMAC, m.Quoted = o.targetMAC, o.redirected
	return m, err
}

// Append writes the whole ICMPv6 message. The checksum field is 0: see [SetChecksum]. A quotation
// is cut to a multiple of 8 bytes.
func (m *Redirect) Append(b []byte) []byte {
	target, destination := m.Target.As16(), m.Destination.As16()
	b = append(b, byte(ICMPv6Redirect), 0, 0, 0, 0, 0, 0, 0)
	b = append(b, target[:]...)
	b = append(b, destination[:]...)
	b = appendMAC(b, optionTargetMAC, m.TargetMAC)
	if words := min(len(m.Quoted)/8, 254); words > 0 {
		b = append(b, optionRedirected, byte(1+words), 0, 0, 0, 0, 0, 0)
		b = append(b, m.Quoted[:8*words]...)
	}
	return b
}
