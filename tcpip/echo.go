package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/tcpip/udp"
	"github.com/atoll-os/atoll/wire"
)

// EchoRepliesMax is how many replies wait at an echo socket, at most.
const EchoRepliesMax = 64

// EchoSocket sends echo requests to one address and hears of the replies (RFC 792, RFC 4443 §4).
type EchoSocket struct {
	endpoint
	// User belongs to who opened the socket.
	User any

	stack         *Stack
	local, remote netip.Addr
	identifier    uint16
	out           udp.Queue // whole messages
	replies       []EchoReply
	err           error
	closed        bool
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
	e := &EchoSocket{stack: s, local: local.Addr(), remote: remote.Addr()}
	ok := s.candidates(destination{wire.ProtoICMP, e.local, remote}, func(id uint16) bool {
		e.identifier = id
		return s.echoes[id] == nil
	})
	if !ok {
		return nil, ErrNoPorts
	}
	s.echoes[e.identifier] = e
	e.owner = e
	e.id = s.socketID(wire.ProtoICMP, netip.AddrPortFrom(e.local, e.identifier), remote)
	return e, nil
}

// UserData returns User.
func (e *EchoSocket) UserData() any { return e.User }

// RemoteAddr returns the address that the requests go to.
func (e *EchoSocket) RemoteAddr() netip.Addr { return e.remote }

// Send queues a request, which leaves with the next Poll. Errors: ErrMessageTooLong, ErrQueueFull,
// ErrClosed.
func (e *EchoSocket) Send(now clock.Instant, seq uint16, payload []byte) error {
	if e.closed {
		return ErrClosed
	}
	if len(payload) > packetBytesMax-headerSize(e.remote)+ethernetHeader-wire.ICMPSize {
		return ErrMessageTooLong
	}
	var b []byte
	if e.remote.Is4() {
		m := wire.ICMPv4{Type: wire.ICMPv4Echo, ID: e.identifier, Seq: seq, Payload: payload}
		b = m.Append(nil)
	} else {
		m := wire.ICMPv6{Type: wire.ICMPv6Echo, ID: e.identifier, Seq: seq, Payload: payload}
		b = m.Append(nil)
	}
	if !e.out.Push(b, netip.AddrPortFrom(e.remote, 0)) {
		e.stack.drop(DropSendQueueFull)
		return ErrQueueFull
	}
	e.stack.touch(&e.endpoint)
	return nil
}

func (e *EchoSocket) poll(s *Stack, now clock.Instant) {
	for {
		b, _, ok := e.out.Front()
		if !ok {
			return
		}
		f := newPacket(e.remote, len(b))
		f.Data = append(f.Data, b...)
		e.out.Drop()
		o := outgoing{src: e.local, dst: e.remote, protocol: wire.ProtoICMP}
		if e.remote.Is6() {
			o.protocol = wire.ProtoICMPv6
		}
		if err := s.send(now, &o, f); err != nil {
			e.fail(err)
		}
	}
}

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
		delete(e.stack.echoes, e.identifier)
	}
}

// inputEchoReply takes an echo reply for us.
func (s *Stack) inputEchoReply(now clock.Instant, p *packet, identifier, seq uint16, size int) {
	e := s.echoes[identifier]
	switch {
	case e == nil || e.remote != p.src && !p.group:
		s.drop(DropNoSocket)
	case len(e.replies) >= EchoRepliesMax:
		s.drop(DropReceiveQueueFull)
	default:
		e.replies = append(e.replies, EchoReply{now, p.src, seq, p.hopLimit, size})
		s.change(&e.endpoint)
	}
}

// echoError tells a socket of an ICMP error about a request that it sent.
func (s *Stack) echoError(i *iface, q *wire.Quoted, u tcp.Unreachability) {
	id, _, ok := q.Echo()
	if e := s.echoes[id]; ok && e != nil && e.remote == i.zoned(q.Dst) {
		e.fail(unreachableError(u))
	}
}
