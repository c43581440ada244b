package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// TCPListener is a socket in LISTEN. What lies before Accept is bounded twice:
//
//	SYN ──> SYN queue (SynQueueMax, half-open) ──ACK──> accept queue (backlog) ──> Accept
//	  └─ full: SYN cookie, no memory ────────────ACK────────┘
//
// When the accept queue is full, SYNs and the ACKs that end handshakes are dropped, so that peers
// try again, as Linux does.
type TCPListener struct {
	endpoint
	// User belongs to who opened the socket.
	User any

	stack       *Stack
	local       netip.AddrPort
	backlog     int
	halfOpen    int
	queue       []*TCPSocket // the accept queue, oldest first
	cookieUntil clock.Instant
	closed      bool
}

// LocalAddr returns the address listened on; "::" stands for every address, of IPv4 too.
func (l *TCPListener) LocalAddr() netip.AddrPort { return l.local }

// UserData returns User.
func (l *TCPListener) UserData() any { return l.User }

func (l *TCPListener) poll(*Stack, clock.Instant) {}

// ListenTCP announces a port on an address of the stack, on "0.0.0.0" for every IPv4 address, or on
// "::" or the zero address for every address there is. Port 0 chooses one. backlog bounds the
// connections that wait for Accept, from 1 to AcceptQueueMax; 0 is AcceptQueueMax. Errors:
// ErrAddrInUse, ErrAddrNotAvailable, ErrNoPorts.
func (s *Stack) ListenTCP(local netip.AddrPort, backlog int) (*TCPListener, error) {
	addr := local.Addr()
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	addr = addr.Unmap()
	if !addr.IsUnspecified() && !s.owns(addr) {
		return nil, ErrAddrNotAvailable
	}
	if len(s.listeners) >= ListenersMax {
		return nil, ErrNoPorts
	}
	local = netip.AddrPortFrom(addr, local.Port())
	if local.Port() == 0 {
		d := destination{wire.ProtoTCP, addr.WithZone(""), netip.AddrPort{}}
		ok := s.candidates(d, func(port uint16) bool {
			local = netip.AddrPortFrom(addr, port)
			return !s.listenConflict(local)
		})
		if !ok {
			return nil, ErrNoPorts
		}
	} else if s.listenConflict(local) {
		return nil, ErrAddrInUse
	}
	if backlog <= 0 || backlog > AcceptQueueMax {
		backlog = AcceptQueueMax
	}
	l := &TCPListener{stack: s, local: local, backlog: backlog}
	l.owner, l.id = l, s.socketID(wire.ProtoTCP, local, netip.AddrPort{})
	s.listeners[local] = l
	return l, nil
}

// listenConflict reports whether some address would have two listeners on one port.
func (s *Stack) listenConflict(local netip.AddrPort) bool {
	conflict := false
	//tidy:map a question of existence: the order is not seen
	for at := range s.listeners {
		conflict = conflict || at.Port() == local.Port() && overlap(at.Addr(), local.Addr())
	}
	return conflict
}

// overlap reports whether two addresses to listen on have an address in common.
func overlap(a, b netip.Addr) bool {
	v6any := netip.IPv6Unspecified()
	switch {
	case a == b || a == v6any || b == v6any:
		return true
	case a.Is4() != b.Is4():
		return false
	}
	return a.IsUnspecified() || b.IsUnspecified()
}

// listenerAt returns who listens on an address of the stack: at itself, at all of its family, at
// all.
func (s *Stack) listenerAt(at netip.AddrPort) *TCPListener {
	if len(s.listeners) == 0 {
		return nil
	}
	if l := s.listeners[at]; l != nil {
		return l
	}
	if at.Addr().Is4() {
		if l := s.listeners[netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())]; l != nil {
			return l
		}
	}
	return s.listeners[netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())]
}

// full reports whether no more connections may wait for Accept.
func (l *TCPListener) full() bool { return len(l.queue) >= l.backlog }

// Accept returns the connection that has waited longest, nil if none does.
func (l *TCPListener) Accept() *TCPSocket {
	if len(l.queue) == 0 {
		return nil
	}
	t := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
	t.listener = nil
	if t.stage == stageWaiting {
		t.stage = stageOpen
		t.seen = t.readiness()
		l.stack.touch(&t.endpoint)
	}
	return t
}

// Close ends the listener. Connections that nobody accepted are reset, half-open ones forgotten.
func (l *TCPListener) Close(now clock.Instant) {
	if l.closed {
		return
	}
	l.closed = true
	s := l.stack
	delete(s.listeners, l.local)
	for _, t := range l.queue {
		t.listener = nil
		if t.stage == stageWaiting {
			t.stage = stageOpen
			t.Abort(now)
			s.touch(&t.endpoint)
		}
	}
	l.queue = nil
	if l.halfOpen > 0 {
		for _, t := range s.tcp.all(nil) { // each is forgotten by itself: the order is not seen
			if t.stage == stageHalfOpen && t.listener == l {
				s.remove(t)
			}
		}
	}
}

// inputListen takes a segment for a port that is listened on, from a peer without a connection
// (RFC 9293 §3.10.7.2).
func (s *Stack) inputListen(now clock.Instant, l *TCPListener, p *packet, h *wire.TCP, data []byte,
	old *TCPSocket) {
	switch {
	case h.Flags&wire.RST != 0:
		s.drop(DropNoSocket)
	case h.Flags&wire.ACK != 0:
		s.inputCookie(now, l, p, h, data)
	case h.Flags&wire.SYN == 0:
		s.drop(DropNoSocket)
	case l.full():
		s.drop(DropAcceptQueueFull)
	case l.halfOpen >= SynQueueMax:
		s.sendCookie(now, l, p, h)
	default:
		t := s.newSocket(p.local(), p.remote())
		cfg, ok := s.connConfig(now, t, s.cfg.TCP)
		if !ok {
			s.drop(DropNoRoute)
			return
		}
		cfg.ISS = s.initialSequence(now, t, old)
		t.Conn = tcp.Accept(now, &cfg, h)
		t.listener, t.stage = l, stageHalfOpen
		l.halfOpen++
		s.tcp.insert(t)
		s.touch(&t.endpoint)
	}
}

// advance moves a connection that has left SYN-RECEIVED from its listener's SYN queue to the accept
// queue.
func (s *Stack) advance(t *TCPSocket) {
	if t.stage != stageHalfOpen || t.State() == tcp.SynReceived || t.State() == tcp.Closed {
		return
	}
	l := t.listener
	l.halfOpen--
	t.stage = stageWaiting
	l.queue = append(l.queue, t)
	s.change(&l.endpoint)
}
