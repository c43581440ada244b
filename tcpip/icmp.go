package tcpip

import (
	"encoding/binary"
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// Rates of ICMP errors that a stack sends (RFC 4443 §2.4 f, RFC 1812 §4.3.2.8).
const (
	ICMPErrorsPerSecondMax = 1000
	ICMPErrorsBurst        = 50
)

// icmpState is what a stack keeps for ICMP.
type icmpState struct {
	errors ip.Limiter
	echoes map[netip.AddrPort]*EchoSocket // by remote address and identifier
}

func newICMPState() icmpState {
	return icmpState{
		errors: ip.NewLimiter(ICMPErrorsPerSecondMax, ICMPErrorsBurst),
		echoes: map[netip.AddrPort]*EchoSocket{},
	}
}

// inputICMPv4 takes an ICMP message (RFC 792, RFC 1122 §3.2.2). Types without an arm are ignored:
// source quench is history (RFC 6633); for redirects see inputNDP.
func (s *Stack) inputICMPv4(now clock.Instant, p *packet) {
	m, err := wire.ParseICMPv4(p.data)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	switch m.Type {
	case wire.ICMPv4Echo:
		// RFC 1122 §3.2.2.6: an echo to many may be ignored, and it is how smurfs amplify.
		if p.group {
			s.drop(DropMartian)
			return
		}
		s.answerEcho(now, p, p.dst, m.ID, m.Seq, m.Payload)
	case wire.ICMPv4EchoReply:
		s.inputEchoReply(now, p, m.ID, m.Seq, len(m.Payload))
	case wire.ICMPv4Unreachable:
		if m.Code == wire.UnreachableFragmentNeeded {
			s.quotedTooBig(now, p, m.Payload, int(m.MTU))
			return
		}
		if u, ok := unreachability4(m.Code); ok {
			s.quotedError(now, p, m.Payload, u)
		}
	case wire.ICMPv4TimeExceeded, wire.ICMPv4ParameterProblem:
		s.quotedError(now, p, m.Payload, tcp.HostUnreachable)
	}
}

// inputICMPv6 takes an ICMPv6 message (RFC 4443), whose checksum was right.
func (s *Stack) inputICMPv6(now clock.Instant, p *packet) {
	m, err := wire.ParseICMPv6(p.data)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	switch m.Type {
	case wire.ICMPv6Echo:
		from := p.dst
		if p.group {
			from = netip.Addr{} // RFC 4443 §4.2: one of our own
		}
		s.answerEcho(now, p, from, m.ID, m.Seq, m.Payload)
	case wire.ICMPv6EchoReply:
		s.inputEchoReply(now, p, m.ID, m.Seq, len(m.Payload))
	case wire.ICMPv6Unreachable:
		s.quotedError(now, p, m.Payload, unreachability6(m.Code))
	case wire.ICMPv6PacketTooBig:
		s.quotedTooBig(now, p, m.Payload, int(min(m.MTU, packetBytesMax)))
	case wire.ICMPv6TimeExceeded, wire.ICMPv6ParameterProblem:
		s.quotedError(now, p, m.Payload, tcp.HostUnreachable)
	default:
		if m.Type.IsNDP() {
			s.inputNDP(now, p, m.Type)
		}
	}
}

// unreachability4 says what a Destination Unreachable means for a socket (RFC 1122 §3.2.2.1,
// §4.2.3.9).
func unreachability4(code uint8) (tcp.Unreachability, bool) {
	switch code {
	case wire.UnreachableNet, 6, 9, 11: // unknown, prohibited, wrong type of service
		return tcp.NetUnreachable, true
	case wire.UnreachableHost, 5, 7, 8, 10, 12, wire.UnreachableProhibited, 14, 15:
		return tcp.HostUnreachable, true
	case wire.UnreachableProtocol:
		return tcp.ProtocolUnreachable, true
	case wire.UnreachablePort:
		return tcp.PortUnreachable, true
	}
	return 0, false
}

// unreachability6 is unreachability4 for RFC 4443 §3.1.
func unreachability6(code uint8) tcp.Unreachability {
	switch code {
	case wire.Unreachable6NoRoute:
		return tcp.NetUnreachable
	case wire.Unreachable6Port:
		return tcp.PortUnreachable
	}
	return tcp.HostUnreachable
}

// quoted reads the packet that an ICMP error quotes. It is ours if we could have sent it: anything
// else is a mistake or a forgery. The sockets look closer: a connection must have the segment in
// flight (RFC 5927 §4.1), a datagram must be from a port in use.
func (s *Stack) quoted(p *packet, b []byte) (q wire.Quoted, ok bool) {
	q, err := wire.ParseQuoted(b)
	if err != nil || q.Transport == nil || !s.owns(p.in.zoned(q.Src)) ||
		q.Src.Is4() != p.src.Is4() || p.group {
		s.drop(DropMalformed)
		return q, false
	}
	return q, true
}

// quotedError tells the socket that sent a packet what became of it.
func (s *Stack) quotedError(now clock.Instant, p *packet, b []byte, u tcp.Unreachability) {
	if q, ok := s.quoted(p, b); ok {
		s.socketError(now, p.in, &q, u)
	}
}

// quotedTooBig takes a Fragmentation Needed (RFC 1191 §4) or a Packet Too Big (RFC 8201 §4).
func (s *Stack) quotedTooBig(now clock.Instant, p *packet, b []byte, mtu int) {
	q, ok := s.quoted(p, b)
	if !ok {
		return
	}
	sent := int(binary.BigEndian.Uint16(b[2:]))
	if q.Src.Is6() {
		sent = ipv6Header + int(binary.BigEndian.Uint16(b[4:]))
	}
	s.socketTooBig(now, p.in, &q, mtu, sent)
}
