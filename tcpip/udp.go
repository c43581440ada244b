package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/tcpip/udp"
	"github.com/atoll-os/atoll/wire"
)

// UDPSocket is a UDP socket of a stack (RFC 768, RFC 1122 §4.1).
type UDPSocket struct {
	endpoint
	// User belongs to who opened the socket.
	User any

	stack         *Stack
	local, remote netip.AddrPort // remote is zero if it is not connected
	in, out       udp.Queue
	err           error
	closed        bool
}

// OpenUDP opens a socket. A local address of "::", or none, takes datagrams to every address of the
// stack, "0.0.0.0" those to IPv4 addresses; port 0 chooses one. With a remote address the socket is
// connected: it hears of that peer only, and of ICMP errors about its datagrams. Errors:
// ErrNoRoute, ErrAddrInUse, ErrAddrNotAvailable, ErrNoPorts.
func (s *Stack) OpenUDP(now clock.Instant, local, remote netip.AddrPort) (*UDPSocket, error) {
	u := &UDPSocket{stack: s}
	if remote.IsValid() {
		var err error
		if local, remote, err = s.endpoints(local, remote); err != nil {
			return nil, err
		}
	} else {
		addr := local.Addr().Unmap()
		if !addr.IsValid() {
			addr = netip.IPv6Unspecified()
		}
		if !addr.IsUnspecified() && !s.owns(addr) {
			return nil, ErrAddrNotAvailable
		}
		local = netip.AddrPortFrom(addr, local.Port())
	}
	bind := func(port uint16) bool {
		at := netip.AddrPortFrom(local.Addr(), port)
		if s.udp.Bind(at, remote, u) != nil {
			return false
		}
		u.local, u.remote = at, remote
		return true
	}
	if local.Port() != 0 {
		if !bind(local.Port()) {
			return nil, ErrAddrInUse
		}
	} else if !s.candidates(destination{wire.ProtoUDP, local.Addr(), remote}, bind) {
		return nil, ErrNoPorts
	}
	u.owner, u.id = u, s.socketID(wire.ProtoUDP, u.local, u.remote)
	return u, nil
}

// LocalAddr returns the address that the socket is bound to.
func (u *UDPSocket) LocalAddr() netip.AddrPort { return u.local }

// RemoteAddr returns the peer of a connected socket, the zero AddrPort for others.
func (u *UDPSocket) RemoteAddr() netip.AddrPort { return u.remote }

// UserData returns User.
func (u *UDPSocket) UserData() any { return u.User }

// Err returns what an ICMP error said about a datagram of a connected socket, once: an error of
// package tcp such as tcp.ErrRefused.
func (u *UDPSocket) Err() error {
	err := u.err
	u.err = nil
	return err
}

// SendTo queues a datagram, which leaves with the next Poll. A connected socket sends to its peer,
// whatever to says. Errors: ErrMessageTooLong, ErrNoRoute, ErrAddrNotAvailable, ErrQueueFull,
// ErrClosed.
func (u *UDPSocket) SendTo(p []byte, to netip.AddrPort) error {
	s := u.stack
	if u.closed {
		return ErrClosed
	}
	if u.remote.IsValid() {
		to = u.remote
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if from := u.local.Addr(); !to.IsValid() || from.Is4() != to.Addr().Is4() && from != anyAddress {
		return ErrAddrNotAvailable
	}
	if len(p) > packetBytesMax-headerSize(to.Addr())+ethernetHeader-wire.UDPSize {
		return ErrMessageTooLong
	}
	if _, _, ok := s.route(to.Addr()); !ok {
		return ErrNoRoute
	}
	if !u.out.Push(p, to) {
		s.drop(DropSendQueueFull)
		return ErrQueueFull
	}
	s.touch(&u.endpoint)
	return nil
}

// anyAddress is the local address of a socket for every address there is, of IPv4 too.
var anyAddress = netip.IPv6Unspecified()

// poll sends the datagrams that were queued.
func (u *UDPSocket) poll(s *Stack, now clock.Instant) {
	for {
		p, to, ok := u.out.Front()
		if !ok {
			return
		}
		f := newPacket(to.Addr(), wire.UDPSize+len(p))
		h := wire.UDP{SrcPort: u.local.Port(), DstPort: to.Port()}
		f.Data = append(h.Append(f.Data, len(p)), p...)
		u.out.Drop()
		o := outgoing{dst: to.Addr(), protocol: wire.ProtoUDP}
		if !u.local.Addr().IsUnspecified() {
			o.src = u.local.Addr()
		}
		if err := s.send(now, &o, f); err != nil {
			u.fail(err)
		}
	}
}

// fail records why a datagram of a connected socket did not arrive.
func (u *UDPSocket) fail(err error) {
	if u.remote.IsValid() && !u.closed {
		u.err = err
		u.stack.change(&u.endpoint)
	}
}

// ReceiveFrom copies the oldest datagram that has arrived to p. n is its own length, which may be
// more than fits; what does not fit is lost. ok is false if there is none.
func (u *UDPSocket) ReceiveFrom(p []byte) (n int, from netip.AddrPort, ok bool) {
	return u.in.Pop(p)
}

// Received returns how many datagrams wait for ReceiveFrom.
func (u *UDPSocket) Received() int { return u.in.Len() }

// Close ends the socket. Datagrams that were queued still leave with the next Poll.
func (u *UDPSocket) Close(now clock.Instant) {
	if !u.closed {
		u.closed = true
		u.in.Clear()
		u.stack.udp.Remove(u.local, u.remote)
	}
}

// inputUDP takes a datagram whose checksum is right.
func (s *Stack) inputUDP(now clock.Instant, p *packet) {
	h, data, err := wire.ParseUDP(p.data)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	p.ports = [2]uint16{h.SrcPort, h.DstPort}
	u, ok := s.udp.Find(p.local(), p.remote())
	switch {
	case !ok:
		s.drop(DropNoSocket)
		s.portUnreachable(now, p)
	case u.in.Push(data, p.remote()):
		s.change(&u.endpoint)
	default:
		s.drop(DropReceiveQueueFull)
	}
}

// quotedUDP returns the socket whose datagram an ICMP error quotes, nil if it is none of ours.
func (s *Stack) quotedUDP(i *iface, q *wire.Quoted) *UDPSocket {
	src, dst, ok := q.Ports()
	if !ok {
		return nil
	}
	u, _ := s.udp.Find(netip.AddrPortFrom(i.zoned(q.Src), src),
		netip.AddrPortFrom(i.zoned(q.Dst), dst))
	return u
}

// udpError tells a connected socket of an ICMP error about a datagram that it sent.
func (s *Stack) udpError(i *iface, q *wire.Quoted, u tcp.Unreachability) {
	if socket := s.quotedUDP(i, q); socket != nil {
		socket.fail(unreachableError(u))
	}
}

// unreachableError is what a program is told.
func unreachableError(u tcp.Unreachability) error {
	switch u {
	case tcp.NetUnreachable:
		return tcp.ErrNetUnreachable
	case tcp.HostUnreachable:
		return tcp.ErrHostUnreachable
	}
	return tcp.ErrRefused
}
