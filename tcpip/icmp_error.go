package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// icmpError is an ICMP error that is to be sent, in the terms of both protocols.
type icmpError struct {
	type4   wire.ICMPv4Type
	code4   uint8
	type6   wire.ICMPv6Type
	code6   uint8
	mtu     int // fragmentation needed, packet too big
	pointer int // parameter problem
	// toGroup has it sent about packets to many, too: RFC 4443 §2.4 e.3.
	toGroup bool
}

// The errors that a stack sends.
var (
	icmpNoRoute = icmpError{
		type4: wire.ICMPv4Unreachable, code4: wire.UnreachableNet,
		type6: wire.ICMPv6Unreachable, code6: wire.Unreachable6NoRoute,
	}
	icmpHost = icmpError{
		type4: wire.ICMPv4Unreachable, code4: wire.UnreachableHost,
		type6: wire.ICMPv6Unreachable, code6: wire.Unreachable6Address,
	}
	icmpProtocol = icmpError{
		type4: wire.ICMPv4Unreachable, code4: wire.UnreachableProtocol,
		type6: wire.ICMPv6ParameterProblem, code6: wire.ProblemNext, pointer: 6,
	}
	icmpPort = icmpError{
		type4: wire.ICMPv4Unreachable, code4: wire.UnreachablePort,
		type6: wire.ICMPv6Unreachable, code6: wire.Unreachable6Port,
	}
	icmpHopLimit = icmpError{
		type4: wire.ICMPv4TimeExceeded, code4: wire.ExceededTransit,
		type6: wire.ICMPv6TimeExceeded, code6: wire.ExceededTransit,
	}
	icmpReassembly = icmpError{
		type4: wire.ICMPv4TimeExceeded, code4: wire.ExceededReassembly,
		type6: wire.ICMPv6TimeExceeded, code6: wire.ExceededReassembly,
	}
)

// Sizes of the ICMP errors that a stack sends, in bytes of the whole packet: as much of the packet
// at fault as fits into what surely gets through (RFC 1812 §4.3.2.3, RFC 4443 §2.4 c).
const (
	icmpErrorBytes4 = 576
	icmpErrorBytes6 = mtuMin6
)

// These tell the sender of a packet why it went no further.
func (s *Stack) hopLimitExceeded(now clock.Instant, p *packet) { s.complain(now, p, icmpHopLimit) }
func (s *Stack) noRoute(now clock.Instant, p *packet)          { s.complain(now, p, icmpNoRoute) }
func (s *Stack) portUnreachable(now clock.Instant, p *packet)  { s.complain(now, p, icmpPort) }

// protocolUnreachable is RFC 1122 §3.2.2.1: nobody here speaks the packet's protocol.
func (s *Stack) protocolUnreachable(now clock.Instant, p *packet) {
	s.complain(now, p, icmpProtocol)
}

func (s *Stack) packetTooBig(now clock.Instant, p *packet, mtu int) {
	s.complain(now, p, icmpError{
		type4: wire.ICMPv4Unreachable, code4: wire.UnreachableFragmentNeeded,
		type6: wire.ICMPv6PacketTooBig, mtu: mtu, toGroup: true,
	})
}

// parameterProblem is about an IPv6 packet; pointer is counted from its IPv6 header.
func (s *Stack) parameterProblem(now clock.Instant, p *packet, code uint8, pointer int) {
	s.complain(now, p, icmpError{
		type6: wire.ICMPv6ParameterProblem, code6: code, pointer: pointer,
		toGroup: code == wire.ProblemOption,
	})
}

// hostUnreachable tells the sender of a forwarded packet, which waits in f with our Ethernet
// header, that the neighbour does not answer.
func (s *Stack) hostUnreachable(now clock.Instant, i *iface, f *vnet.Frame) {
	s.sendError(now, i, f.Data[ethernetHeader:], false, &icmpHost)
}

// reassemblyExceeded takes first, which has no Ethernet header.
func (s *Stack) reassemblyExceeded(now clock.Instant, port int, first *vnet.Frame) {
	i := s.lo
	if port >= 0 {
		i = s.ifaces[port]
	}
	s.sendError(now, i, first.Data, false, &icmpReassembly)
	first.Release()
}

func (s *Stack) complain(now clock.Instant, p *packet, e icmpError) {
	s.sendError(now, p.in, p.network, p.group, &e)
}

// sendError sends an ICMP error about a packet that came in at i, from its IP header on. It obeys
// RFC 1122 §3.2.2 and RFC 4443 §2.4 e: nothing is said about errors, about packets to many, from
// nobody in particular, or about fragments behind the first.
func (s *Stack) sendError(now clock.Instant, i *iface, about []byte, group bool, e *icmpError) {
	q, _ := wire.ParseQuoted(about)
	src, dst := i.zoned(q.Src), i.zoned(q.Dst)
	if !src.IsValid() || src.IsUnspecified() || src.IsMulticast() || src == broadcast4 ||
		i.directedBroadcast(src) || src.IsLoopback() && !i.loopback() {
		return
	}
	group = group || dst.IsMulticast() || dst == broadcast4 || i.directedBroadcast(dst)
	if group && (!e.toGroup || dst.Is4()) {
		return
	}
	if laterFragment(about) && !(src.Is6() && e.type6 == wire.ICMPv6PacketTooBig) {
		return
	}
	if isICMPError(&q) {
		return
	}
	if !s.icmp.errors.Allow(now) {
		s.drop(DropRateLimited)
		return
	}
	from := dst
	if group || !s.owns(dst) {
		from = netip.Addr{} // a router's: by the route back
	}
	s.putError(now, from, src, about, e)
}

// isICMPError reports whether a packet is an ICMP error, or a redirect.
func isICMPError(q *wire.Quoted) bool {
	if len(q.Transport) == 0 {
		return false
	}
	switch q.Protocol {
	case wire.ProtoICMP:
		return wire.ICMPv4Type(q.Transport[0]).IsError()
	case wire.ProtoICMPv6:
		t := wire.ICMPv6Type(q.Transport[0])
		return t.IsError() || t == wire.ICMPv6Redirect
	}
	return false
}

// laterFragment reports whether a packet is a fragment with an offset.
func laterFragment(packet []byte) bool {
	if packet[0]>>4 == 4 {
		return len(packet) < ipv4Header || packet[6]&0x1f|packet[7] != 0
	}
	q, err := wire.ParseQuoted(packet)
	return err == nil && q.Transport == nil
}

func (s *Stack) putError(now clock.Instant, from, to netip.Addr, about []byte, e *icmpError) {
	o := outgoing{src: from, dst: to, protocol: wire.ProtoICMP}
	room := icmpErrorBytes4 - ipv4Header - wire.ICMPSize
	if to.Is6() {
		o.protocol = wire.ProtoICMPv6
		room = icmpErrorBytes6 - ipv6Header - wire.ICMPSize
	}
	about = about[:min(len(about), room)]
	f := newPacket(to, wire.ICMPSize+len(about))
	if to.Is4() {
		m := wire.ICMPv4{Type: e.type4, Code: e.code4, MTU: uint16(e.mtu), Payload: about}
		f.Data = m.Append(f.Data)
	} else {
		m := wire.ICMPv6{Type: e.type6, Code: e.code6, MTU: uint32(e.mtu),
			Pointer: uint32(e.pointer), Payload: about}
		f.Data = m.Append(f.Data)
	}
	if s.send(now, &o, f) == nil {
		s.stats.ICMPErrorsSent++
	}
}
