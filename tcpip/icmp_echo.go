package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/tcpip/udp"
	"github.com/atoll-os/atoll/wire"
)

// Limits of echo sockets.
const (
	EchoSocketsMax = 4096
	EchoRepliesMax = 64 // replies that wait at one socket
)

// EchoSocket sends echo requests to one address and hears of the replies (RFC 792, RFC 4443 §4).
type EchoSocket struct {
	endpoint
	// User belongs to who opened the socket.
	User any

	stack   *Stack
	local   netip.Addr
	remote  netip.AddrPort // the port is the identifier
	out     udp.Queue      // whole messages
	replies []EchoReply
	err     error
	closed  bool
}

// EchoReply is an answer to an echo request.
type EchoReply struct {
	At       clock.Instant // when it arrived
	From     netip.Addr
	Seq      uint16
	HopLimit uint8 // what was left of it on arrival
	Size     int   // payload bytes
}

// OpenEcho opens a socket for echo requests to an address. Errors: ErrNoRoute, ErrAddrNotAvailable,
// ErrNoPorts.
func (s *Stack) OpenEcho(now clock.Instant, to netip.Addr) (*EchoSocket, error) {
	local, remote, err := s.endpoints(netip.AddrPort{}, netip.AddrPortFrom(to, 0))
	if err != nil {
		return nil, err
	}
	if len(s.icmp.echoes) >= EchoSocketsMax {
		return nil, ErrNoPorts
	}
	e := &EchoSocket{stack: s, local: local.Addr()}
	// The identifier is to a ping what the port is to a connection.
	ok := s.candidates(destination{wire.ProtoICMP, e.local, remote}, func(id uint16) bool {
		e.remote = netip.AddrPortFrom(remote.Addr(), id)
		return s.icmp.echoes[e.remote] == nil
	})
	if !ok {
		return nil, ErrNoPorts
	}
	s.icmp.echoes[e.remote] = e
	e.owner = e
	e.id = s.socketID(wire.ProtoICMP, netip.AddrPortFrom(e.local, 0), e.remote)
	return e, nil
}

// UserData returns User.
func (e *EchoSocket) UserData() any { return e.User }

// RemoteAddr returns the address that the requests go to.
func (e *EchoSocket) RemoteAddr() netip.Addr { return e.remote.Addr() }

// Send queues a request, which leaves with the next Poll. Errors: ErrMessageTooLong, ErrQueueFull,
// ErrClosed.
func (e *EchoSocket) Send(now clock.Instant, seq uint16, payload []byte) error {
	if e.closed {
		return ErrClosed
	}
	to := e.remote.Addr()
	if len(payload) > packetBytesMax-headerSize(to)+ethernetHeader-wire.ICMPSize {
		return ErrMessageTooLong
	}
	message := appendEcho(nil, to, true, e.remote.Port(), seq, payload)
	if !e.out.Push(message, e.remote) {
		e.stack.drop(DropSendQueueFull)
		return ErrQueueFull
	}
	e.stack.touch(&e.endpoint)
	return nil
}

// poll sends the requests that were queued.
func (e *EchoSocket) poll(s *Stack, now clock.Instant) {
	for {
		b, to, ok := e.out.Front()
		if !ok {
			return
		}
		f := newPacket(to.Addr(), len(b))
		f.Data = append(f.Data, b...)
		e.out.Drop()
		o := outgoing{src: e.local, dst: to.Addr(), protocol: icmpOf(to.Addr())}
		if err := s.send(now, &o, f); err != nil {
			e.fail(err)
		}
	}
}

// fail records why a request will have no reply.
func (e *EchoSocket) fail(err error) {
	if !e.closed {
		e.err = err
		e.stack.change(&e.endpoint)
	}
}

// Receive returns the oldest reply that has arrived; ok is false if there is none.
func (e *EchoSocket) Receive() (r EchoReply, ok bool) {
	if len(e.replies) == 0 {
		return r, false
	}
	r = e.replies[0]
	e.replies = e.replies[1:]
	return r, true
}

// Err returns what an ICMP error said about a request, once: an error of package tcp such as
// tcp.ErrHostUnreachable.
func (e *EchoSocket) Err() error {
	err := e.err
	e.err = nil
	return err
}

// Close ends the socket.
func (e *EchoSocket) Close(now clock.Instant) {
	if !e.closed {
		e.closed = true
		e.replies = nil
		delete(e.stack.icmp.echoes, e.remote)
	}
}

// icmpOf returns the ICMP that goes with an address.
func icmpOf(a netip.Addr) wire.Protocol {
	if a.Is4() {
		return wire.ProtoICMP
	}
	return wire.ProtoICMPv6
}

// appendEcho writes an echo request, or a reply, for an address. The checksum of ICMPv6 is missing.
func appendEcho(b []byte, to netip.Addr, request bool, id, seq uint16, payload []byte) []byte {
	if to.Is4() {
		m := wire.ICMPv4{Type: wire.ICMPv4EchoReply, ID: id, Seq: seq, Payload: payload}
		if request {
			m.Type = wire.ICMPv4Echo
		}
		return m.Append(b)
	}
	m := wire.ICMPv6{Type: wire.ICMPv6EchoReply, ID: id, Seq: seq, Payload: payload}
	if request {
		m.Type = wire.ICMPv6Echo
	}
	return m.Append(b)
}

// answerEcho replies to an echo request; from is the zero address to have it chosen.
func (s *Stack) answerEcho(now clock.Instant, p *packet, from netip.Addr, id, seq uint16,
	payload []byte) {
	if p.src.IsUnspecified() {
		s.drop(DropMartian)
		return
	}
	f := newPacket(p.src, wire.ICMPSize+len(payload))
	f.Data = appendEcho(f.Data, p.src, false, id, seq, payload)
	o := outgoing{src: from, dst: p.src, protocol: icmpOf(p.src)}
	_ = s.send(now, &o, f) // send counts what it cannot send; nobody here could do more
}

// inputEchoReply takes an echo reply for us.
func (s *Stack) inputEchoReply(now clock.Instant, p *packet, id, seq uint16, size int) {
	e := s.icmp.echoes[netip.AddrPortFrom(p.src, id)]
	switch {
	case e == nil:
		s.drop(DropNoSocket)
	case len(e.replies) >= EchoRepliesMax:
		s.drop(DropReceiveQueueFull)
	default:
		e.replies = append(e.replies, EchoReply{now, p.src, seq, p.hopLimit, size})
		s.change(&e.endpoint)
	}
}

// quotedEcho returns the socket whose request an ICMP error quotes, nil if it is none of ours.
func (s *Stack) quotedEcho(i *iface, q *wire.Quoted) *EchoSocket {
	id, _, ok := q.Echo()
	if !ok {
		return nil
	}
	return s.icmp.echoes[netip.AddrPortFrom(i.zoned(q.Dst), id)]
}

// echoError tells a socket of an ICMP error about a request that it sent.
func (s *Stack) echoError(i *iface, q *wire.Quoted, u tcp.Unreachability) {
	if e := s.quotedEcho(i, q); e != nil {
		e.fail(unreachableError(u))
	}
}
