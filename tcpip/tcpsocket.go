package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// TCPSocket is one TCP connection of a stack. Its Conn has the verbs; whoever calls one that
// changes something calls Stack.Touch afterwards.
type TCPSocket struct {
	*tcp.Conn
	endpoint
	// User belongs to who opened the socket.
	User any

	local, remote netip.AddrPort
	hashNext      *TCPSocket
	path          path
	listener      *TCPListener // until Accept; nil for dialled ones
	timerAt       clock.Instant
	timerIndex    int         // place in timers + 1; 0 is not there
	older, newer  *TCPSocket  // in TIME-WAIT: the list by age
	progress      bool        // it has heard from its peer since its neighbour was last confirmed
	seen          readiness   // as it was last reported
	stage         socketStage // what the stack knows of it
}

// socketStage is where a socket stands between the stack and its program.
type socketStage uint8

const (
	stageOpen     socketStage = iota // belongs to a program, or is on its way out
	stageHalfOpen                    // in the SYN queue of its listener
	stageWaiting                     // in the accept queue of its listener
	stageTimeWait                    // in the list of those in TIME-WAIT
	stageGone                        // no longer in the table
)

// readiness is what a program may wait for.
type readiness struct {
	received, space int
	state           tcp.State
	peerClosed      bool
}

// LocalAddr returns the connection's own address.
func (t *TCPSocket) LocalAddr() netip.AddrPort { return t.local }

// RemoteAddr returns the peer's address.
func (t *TCPSocket) RemoteAddr() netip.AddrPort { return t.remote }

// UserData returns User.
func (t *TCPSocket) UserData() any { return t.User }

// Touch has the socket polled by the next Poll: its program has changed something.
func (s *Stack) Touch(t *TCPSocket) { s.touch(&t.endpoint) }

// TCPOptions returns the options that connections of this stack have by default.
func (s *Stack) TCPOptions() tcp.Options { return s.cfg.TCP }

// DialTCP begins a connection; its SYN leaves with the next Poll. Without a local address it is
// chosen from the route, without a local port as RFC 6056 §3.3.3 describes. Errors: ErrNoRoute,
// ErrAddrInUse, ErrAddrNotAvailable, ErrNoPorts.
func (s *Stack) DialTCP(now clock.Instant, local, remote netip.AddrPort, o tcp.Options,
) (*TCPSocket, error) {
	local, remote, err := s.endpoints(local, remote)
	if err != nil {
		return nil, err
	}
	if i, _, _ := s.route(remote.Addr()); remote.Addr().IsMulticast() ||
		remote.Addr() == broadcast4 || i.directedBroadcast(remote.Addr()) {
		return nil, ErrNoRoute // a connection has one peer
	}
	var old *TCPSocket
	if local.Port() != 0 {
		if s.listenerAt(local) != nil {
			return nil, ErrAddrInUse
		}
		if old, err = s.claim(now, local, remote); err != nil {
			return nil, err
		}
	} else if local, old, err = s.ephemeral(now, local.Addr(), remote); err != nil {
		return nil, err
	}
	t := s.newSocket(local, remote)
	cfg, ok := s.connConfig(now, t, o)
	if !ok {
		return nil, ErrNoRoute
	}
	cfg.ISS = s.initialSequence(now, t, old)
	t.Conn = tcp.Connect(now, &cfg)
	s.tcp.insert(t)
	s.touch(&t.endpoint)
	return t, nil
}

// newSocket makes a socket that has no connection yet and is in no table.
func (s *Stack) newSocket(local, remote netip.AddrPort) *TCPSocket {
	t := &TCPSocket{local: local, remote: remote}
	t.owner, t.id = t, s.socketID(wire.ProtoTCP, local, remote)
	return t
}

// connConfig finds the way to a new socket's peer and returns what tcp wants to know about it. ok
// is false if there is no way.
func (s *Stack) connConfig(now clock.Instant, t *TCPSocket, o tcp.Options) (
	cfg tcp.Config, ok bool) {
	if !s.setPath(now, t) {
		return cfg, false
	}
	i := t.path.iface
	headers := t.path.headerSize - ethernetHeader + wire.TCPSize
	cfg = tcp.Config{
		Local: t.local, Remote: t.remote, Options: o,
		MSS:      i.segmentMTU() - headers,
		PathMSS:  t.path.mtu - headers,
		TSOffset: uint32(s.keys.timestamp.tuple(wire.ProtoTCP, t.local, t.remote, 0)),
	}
	if i.MTU == 0 {
		cfg.SegmentMax = packetBytesMax - headers - wire.TCPOptionsMax
	}
	if s.cfg.Trace != nil {
		cfg.Trace = func(now clock.Instant, from, to tcp.State, why string) {
			s.cfg.Trace(TraceEvent{now, t, from, to, why})
		}
	}
	return cfg, true
}

// TraceEvent is a change of state of a TCP connection.
type TraceEvent struct {
	At       clock.Instant
	Socket   *TCPSocket
	From, To tcp.State
	Why      string
}

// initialSequence is RFC 6528 §3: M, a clock of 4 µs, plus F of the addresses and the secret. A
// connection that follows an old one at the same addresses begins beyond that (RFC 9293 §3.6.1).
func (s *Stack) initialSequence(now clock.Instant, t, old *TCPSocket) uint32 {
	iss := uint32(now/4000) + uint32(s.keys.sequence.tuple(wire.ProtoTCP, t.local, t.remote, 0))
	if old != nil {
		if least := old.ReuseISS(); int32(iss-least) < 0 {
			return least
		}
	}
	return iss
}

// endpoints checks the two addresses of a new connection or connected socket, and chooses the local
// one if it is missing.
func (s *Stack) endpoints(local, remote netip.AddrPort) (l, r netip.AddrPort, err error) {
	to := remote.Addr().Unmap()
	if to.IsUnspecified() {
		// As everywhere, nowhere in particular is ourselves.
		if to = netip.IPv6Loopback(); remote.Addr().Unmap().Is4() {
			to = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	}
	i, _, ok := s.route(to)
	if !ok {
		return l, r, ErrNoRoute
	}
	from := local.Addr().Unmap()
	if !from.IsValid() || from.IsUnspecified() {
		if from, ok = s.source(i, to); !ok {
			return l, r, ErrAddrNotAvailable
		}
	} else if !s.owns(from) || from.Is4() != to.Is4() {
		return l, r, ErrAddrNotAvailable
	}
	// A link-local address without a zone is on the link that the route names.
	from, to = i.zoned(from), i.zoned(to)
	return netip.AddrPortFrom(from, local.Port()), netip.AddrPortFrom(to, remote.Port()), nil
}
