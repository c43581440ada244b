package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// packet is an IP packet on its way in. It is valid during the call that it is handed to.
type packet struct {
	in       *iface
	frame    *vnet.Frame // who takes it sets it to nil
	src, dst netip.Addr  // with the zone if link-local
	protocol wire.Protocol
	hopLimit uint8
	network  []byte // from the IP header on
	data     []byte // behind the IP headers
	unsummed bool   // the transport checksum was left out
	group    bool   // sent to more than one, by IP or by Ethernet: nothing may answer with an error
	ports    [2]uint16
}

// local and remote are the two ends as a socket here sees them, once the ports are known.
func (p *packet) local() netip.AddrPort  { return netip.AddrPortFrom(p.dst, p.ports[1]) }
func (p *packet) remote() netip.AddrPort { return netip.AddrPortFrom(p.src, p.ports[0]) }

// Input takes a frame that has arrived at a port, and owns it. What it leads to is sent by the next
// Poll. It never panics and never recurses, whatever the frame holds.
func (s *Stack) Input(now clock.Instant, port int, f *vnet.Frame) {
	if uint(port) >= uint(len(s.ifaces)) {
		s.drop(DropNotForUs)
		f.Release()
		return
	}
	s.input(now, s.ifaces[port], f)
}

func (s *Stack) input(now clock.Instant, i *iface, f *vnet.Frame) {
	s.stats.FramesReceived++
	eth, b, err := wire.ParseEthernet(f.Data)
	switch {
	case err != nil:
		s.drop(DropMalformed)
	case eth.Dst != i.MAC && !eth.Dst.IsMulticast() && !i.loopback():
		s.drop(DropNotForUs)
	default:
		p := &s.packet
		*p = packet{in: i, frame: f, unsummed: f.Unsummed, group: eth.Dst.IsMulticast()}
		switch eth.Type {
		case wire.TypeIPv4:
			s.inputIPv4(now, p, b)
		case wire.TypeIPv6:
			s.inputIPv6(now, p, b)
		case wire.TypeARP:
			s.inputARP(now, i, b)
		default:
			s.drop(DropProtocol)
		}
		f = p.frame
		p.frame, p.network, p.data = nil, nil, nil
	}
	if f != nil {
		f.Release()
	}
}

// inputIPv4 takes an IPv4 packet (RFC 791, RFC 1122 §3.2.1).
func (s *Stack) inputIPv4(now clock.Instant, p *packet, b []byte) {
	h, data, err := wire.ParseIPv4(b)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	p.src, p.dst, p.protocol, p.hopLimit = h.Src, h.Dst, h.Protocol, h.TTL
	p.network, p.data = b[:h.Size()+len(data)], data
	if s.followsLast(p) && !h.MoreFragments && h.FragmentOffset == 0 {
		s.deliver(now, p)
		return
	}
	if p.src.IsMulticast() || p.src == broadcast4 || p.in.directedBroadcast(p.src) ||
		!p.in.loopback() && (p.src.IsLoopback() || p.dst.IsLoopback() || s.owns(p.src)) {
		s.drop(DropMartian)
		return
	}
	switch {
	case p.dst.IsMulticast():
		p.group = true
		if !p.in.member(s, p.dst) {
			s.drop(DropNotForUs)
			return
		}
	case p.dst == broadcast4 || p.in.directedBroadcast(p.dst):
		p.group = true
	case !s.owns(p.dst):
		s.forward(now, p)
		return
	}
	if h.MoreFragments || h.FragmentOffset > 0 {
		s.inputFragment(now, p)
		return
	}
	s.deliver(now, p)
}

// followsLast reports whether a packet has the addresses of the connection that the last segment
// came for, on the interface that this one sends by: they have been judged before.
func (s *Stack) followsLast(p *packet) bool {
	t := s.last
	return t != nil && t.path.iface == p.in &&
		t.remote.Addr() == p.src && t.local.Addr() == p.dst
}

// inputIPv6 takes an IPv6 packet (RFC 8200).
func (s *Stack) inputIPv6(now clock.Instant, p *packet, b []byte) {
	h, data, err := wire.ParseIPv6(b)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	p.src, p.dst, p.hopLimit = p.in.zoned(h.Src), p.in.zoned(h.Dst), h.HopLimit
	p.network = b[:wire.IPv6Size+len(data)]
	if s.followsLast(p) && h.Next == wire.ProtoTCP {
		p.protocol, p.data = h.Next, data
		s.deliver(now, p)
		return
	}
	if p.src.IsMulticast() || p.dst.IsUnspecified() || h.Src.Is4In6() || h.Dst.Is4In6() ||
		!p.in.loopback() && (p.src.IsLoopback() || p.dst.IsLoopback() || s.owns(p.src)) {
		s.drop(DropMartian)
		return
	}
	if p.dst.IsMulticast() {
		p.group = true
		if !p.in.member(s, p.dst) {
			s.drop(DropNotForUs)
			return
		}
	} else if !s.owns(p.dst) {
		s.forward(now, p)
		return
	}
	p.protocol, p.data = h.Next, data
	switch h.Next {
	case wire.ProtoTCP, wire.ProtoUDP, wire.ProtoICMPv6:
		s.deliver(now, p)
	default:
		s.inputExtensions(now, p)
	}
}

// inputExtensions takes a packet with extension headers.
func (s *Stack) inputExtensions(now clock.Instant, p *packet) {
	x, data, err := wire.WalkExtensions(p.protocol, p.data)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	if x.Action != wire.OptionSkip {
		s.drop(DropProtocol)
		if x.Action == wire.OptionReport || x.Action == wire.OptionReportUnicast && !p.group {
			s.parameterProblem(now, p, x.Code, x.Pointer)
		}
		return
	}
	p.protocol, p.data = x.Last, data
	switch x.Last {
	case wire.ProtoFragment:
		s.inputFragment(now, p)
	case wire.ProtoNoNext:
	case wire.ProtoTCP, wire.ProtoUDP, wire.ProtoICMPv6:
		s.deliver(now, p)
	default:
		s.drop(DropProtocol)
		s.parameterProblem(now, p, wire.ProblemNext, x.NextAt)
	}
}

// deliver hands a whole packet to its protocol.
func (s *Stack) deliver(now clock.Instant, p *packet) {
	if !p.unsummed && p.protocol != wire.ProtoICMP &&
		!wire.VerifyChecksum(p.protocol, p.src, p.dst, p.data) {
		s.drop(DropChecksum)
		return
	}
	switch {
	case p.protocol == wire.ProtoTCP:
		s.inputTCP(now, p)
	case p.protocol == wire.ProtoUDP:
		s.inputUDP(now, p)
	case p.protocol == wire.ProtoICMP && p.src.Is4():
		s.inputICMPv4(now, p)
	case p.protocol == wire.ProtoICMPv6 && p.src.Is6():
		s.inputICMPv6(now, p)
	default:
		// RFC 1122 §3.2.2.1: protocol unreachable.
		s.drop(DropProtocol)
		s.protocolUnreachable(now, p)
	}
}
