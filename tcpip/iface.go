package tcpip

import (
	"encoding/binary"
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/wire"
)

// Sizes of headers and packets, in bytes.
const (
	ethernetHeader = wire.EthernetSize
	ipv4Header     = 20
	ipv6Header     = 40

	packetBytesMax = 65535 // of an IPv4 packet; we send no larger IPv6 packets either
	mtuEthernet    = 1500
	mtuMin6        = 1280 // RFC 8200 §5
)

// MTUMin is the least MTU of an interface in bytes: RFC 791 has 68, which leaves nothing for TCP
// beside its headers.
const MTUMin = 128

// Interface is what an interface is configured with.
type Interface struct {
	Name string
	MAC  wire.MAC
	// MTU is the largest IP packet in bytes. 0 is unlimited: packets up to 65,535 bytes, and TCP
	// segments that long, to be cut into Ethernet-sized ones where somebody needs that.
	MTU int
	// Offload leaves TCP and UDP checksums out: whoever needs them computes them. It is right for
	// ports of a vnet.Network.
	Offload bool
	// Addrs are the addresses with their networks, IPv4 and IPv6 alike. An IPv6 link-local
	// address is made from the MAC in addition.
	Addrs []netip.Prefix
	// NoDAD uses IPv6 addresses at once, without duplicate address detection (RFC 4862 §5.4).
	NoDAD bool
	// AcceptRA listens to router advertisements for addresses, routes and the MTU (RFC 4861 §6.3).
	AcceptRA bool
	// Advertise sends router advertisements (RFC 4861 §6.2): the prefixes of the interface's own
	// addresses, its MTU, and the stack as a default router if it forwards.
	Advertise bool
}

// InterfaceInfo is an interface as it stands.
type InterfaceInfo struct {
	Name  string
	Port  int // -1 for the loopback
	MAC   wire.MAC
	MTU   int            // 0: unlimited
	Addrs []netip.Prefix // usable addresses with their networks, in order
}

// addressState says what an address may be used for.
type addressState uint8

const (
	// preferred: for everything.
	preferred addressState = iota
	// deprecated: RFC 4862 §5.5.4: for what is under way, not for new connections.
	deprecated
	// tentative: for nothing but duplicate address detection.
	tentative
	// duplicated: another machine has it, so we must not use it.
	duplicated
)

// address is one address of an interface.
type address struct {
	addr   netip.Addr // with the zone if link-local
	prefix netip.Prefix
	state  addressState
	// dad is for duplicate address detection and lifetimes, which ndp.go looks after.
	dad addressTimers
}

// usable reports whether packets may be sent from and received at the address.
func (a *address) usable() bool { return a.state <= deprecated }

// iface is one interface, or the loopback.
type iface struct {
	Interface
	index     int // the vnet port; -1 for the loopback
	addrs     []address
	neighbors *neigh.Cache // without zones; nil for the loopback
	changes   uint32       // counts what may have changed a neighbour's MAC
	ndp       ndpState     // of ndp.go
}

// loopback reports whether i is the interface on which the stack talks to itself.
func (i *iface) loopback() bool { return i.index < 0 }

// mtu returns the largest IP packet for i.
func (i *iface) mtu() int {
	if i.MTU == 0 {
		return packetBytesMax
	}
	return i.MTU
}

// segmentMTU returns the largest IP packet of one TCP segment. Where the MTU is unlimited a long
// segment may still meet an Ethernet further on, so it is made of segments that fit one.
func (i *iface) segmentMTU() int {
	if i.MTU == 0 && !i.loopback() {
		return mtuEthernet
	}
	return i.mtu()
}

// scope returns what tells link-local addresses of one interface from those of another.
func (i *iface) scope() int { return i.index + 1 }

// zoned gives a link-local address the interface as its zone.
func (i *iface) zoned(a netip.Addr) netip.Addr {
	if a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast()) {
		return a.WithZone(i.Name)
	}
	return a
}

// find returns the address of i, nil if i does not have it.
func (i *iface) find(a netip.Addr) *address {
	for k := range i.addrs {
		if i.addrs[k].addr == a {
			return &i.addrs[k]
		}
	}
	return nil
}

// AddInterface adds an interface and returns its index: the port of the frames that it sends and
// receives. It panics on more than InterfacesMax, and on an MTU below what IP needs.
func (s *Stack) AddInterface(now clock.Instant, cfg Interface) int {
	if len(s.ifaces) >= InterfacesMax {
		panic("tcpip: more than InterfacesMax interfaces")
	}
	if cfg.MTU != 0 && (cfg.MTU < MTUMin || cfg.MTU > packetBytesMax) {
		panic("tcpip: an MTU is 0 or from 128 to 65535")
	}
	i := &iface{Interface: cfg, index: len(s.ifaces)}
	s.ifaces = append(s.ifaces, i)
	s.initNeighbors(i)
	if cfg.MTU == 0 || cfg.MTU >= mtuMin6 {
		s.addAddress(now, i, netip.PrefixFrom(wire.LinkLocal(cfg.MAC), 64))
	}
	for _, p := range cfg.Addrs {
		s.addAddress(now, i, p)
	}
	s.startNDP(now, i)
	return i.index
}

// addAddress gives i an address. A second time changes nothing.
func (s *Stack) addAddress(now clock.Instant, i *iface, p netip.Prefix) *address {
	addr := i.zoned(p.Addr().Unmap())
	if a := i.find(addr); a != nil || len(i.addrs) >= AddressesMax {
		return a
	}
	i.addrs = append(i.addrs, address{addr: addr, prefix: p})
	a := &i.addrs[len(i.addrs)-1]
	if !i.loopback() && !p.IsSingleIP() {
		s.AddRoute(Route{Dst: netip.PrefixFrom(p.Addr().Unmap(), p.Bits()), Port: i.index})
	}
	if addr.Is6() && !i.NoDAD && !i.loopback() {
		a.state = tentative
		s.startDAD(now, i, a)
	}
	s.addressesChanged()
	return a
}

// addressesChanged rebuilds what is derived from the addresses: the set of our own, and all paths.
func (s *Stack) addressesChanged() {
	clear(s.own)
	s.last = nil
	for _, i := range s.everywhere() {
		for k := range i.addrs {
			a := &i.addrs[k]
			if a.usable() {
				s.own[a.addr] = i
			}
		}
	}
	s.generation++
}

// everywhere lists the interfaces with the loopback first.
func (s *Stack) everywhere() []*iface { return append([]*iface{s.lo}, s.ifaces...) }

// owns reports whether an address is one of the stack's: 127.0.0.0/8 is as a whole.
func (s *Stack) owns(a netip.Addr) bool {
	if s.own[a] != nil {
		return true
	}
	return a.Is4() && a.IsLoopback()
}

// directedBroadcast reports whether a is the broadcast address of one of i's networks.
func (i *iface) directedBroadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	for k := range i.addrs {
		if p := i.addrs[k].prefix; p.Addr().Is4() && p.Bits() < 31 && broadcast(p) == a {
			return true
		}
	}
	return false
}

// broadcast returns the last address of an IPv4 network.
func broadcast(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	n := binary.BigEndian.Uint32(b[:]) | (1<<(32-p.Bits()) - 1)
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// member reports whether i receives what is sent to a multicast group.
func (i *iface) member(s *Stack, group netip.Addr) bool {
	switch group.WithZone("") {
	case allHosts4, wire.AllNodes:
		return true
	case wire.AllRouters:
		return s.cfg.Forwarding
	}
	for k := range i.addrs {
		if a := i.addrs[k].addr; a.Is6() && wire.SolicitedNode(a) == group.WithZone("") {
			return true
		}
	}
	return false
}

var (
	allHosts4  = netip.AddrFrom4([4]byte{224, 0, 0, 1})
	broadcast4 = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// Interfaces lists the interfaces in the order of their ports.
func (s *Stack) Interfaces() []InterfaceInfo {
	var list []InterfaceInfo
	for _, i := range s.ifaces {
		info := InterfaceInfo{Name: i.Name, Port: i.index, MAC: i.MAC, MTU: i.MTU}
		for k := range i.addrs {
			if a := &i.addrs[k]; a.usable() {
				info.Addrs = append(info.Addrs, a.prefix)
			}
		}
		list = append(list, info)
	}
	return list
}
