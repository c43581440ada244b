package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// quotedSocket returns the connection whose segment an ICMP error quotes, if it has that segment in
// flight: RFC 5927 §4.1 has errors about others ignored, since anybody could have sent them.
func (s *Stack) quotedSocket(i *iface, q *wire.Quoted) *TCPSocket {
	src, dst, ok := q.Ports()
	if !ok {
		return nil
	}
	local := netip.AddrPortFrom(i.zoned(q.Src), src)
	remote := netip.AddrPortFrom(i.zoned(q.Dst), dst)
	t := s.tcp.find(s.socketID(wire.ProtoTCP, local, remote), local, remote)
	if seq, ok := q.Seq(); t == nil || !ok || !t.SeqInFlight(seq) {
		return nil
	}
	return t
}

// socketError tells the socket that sent a quoted packet that its destination is out of reach.
func (s *Stack) socketError(now clock.Instant, i *iface, q *wire.Quoted, u tcp.Unreachability) {
	switch q.Protocol {
	case wire.ProtoTCP:
		if t := s.quotedSocket(i, q); t != nil {
			t.Unreachable(now, u)
			s.touch(&t.endpoint)
		}
	case wire.ProtoUDP:
		s.udpError(i, q, u)
	case wire.ProtoICMP, wire.ProtoICMPv6:
		s.echoError(i, q, u)
	}
}

// socketTooBig takes the news that a quoted packet was too big for its path; mtu is 0 if the router
// did not say what is not. It counts only if some socket can have sent the packet; connections hear
// of it when they look for their path again.
func (s *Stack) socketTooBig(now clock.Instant, i *iface, q *wire.Quoted, mtu, sent int) {
	var t *TCPSocket
	known := false
	switch q.Protocol {
	case wire.ProtoTCP:
		t = s.quotedSocket(i, q)
		known = t != nil
	case wire.ProtoUDP:
		known = s.quotedUDP(i, q) != nil
	case wire.ProtoICMP, wire.ProtoICMPv6:
		known = s.quotedEcho(i, q) != nil
	}
	if !known {
		s.drop(DropNoSocket)
		return
	}
	if _, news := s.paths.Learn(now, i.zoned(q.Dst), mtu, sent); news {
		s.generation++
	}
	if t != nil {
		s.touch(&t.endpoint)
	}
}
