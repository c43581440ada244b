package tcpip

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// poll sends all that the connection has to send.
func (t *TCPSocket) poll(s *Stack, now clock.Instant) {
	if t.stage == stageGone {
		return
	}
	if t.path.generation != s.generation {
		s.renewPath(now, t)
	}
	for t.Conn.Poll(now, &s.segment) {
		s.sendSegment(now, t, &s.segment)
	}
	s.settle(now, t)
}

// renewPath looks for a connection's path again after routes, addresses or path MTUs have changed.
func (s *Stack) renewPath(now clock.Instant, t *TCPSocket) {
	old := t.path
	if !s.owns(t.local.Addr()) || !s.setPath(now, t) {
		t.path.iface, t.path.generation = nil, s.generation
		t.Unreachable(now, tcp.NetUnreachable)
		return
	}
	if old.iface != nil && t.path.mtu < old.mtu {
		t.PacketTooBig(now, t.path.mtu)
	}
}

// sendSegment makes a frame of a segment. Its payload is copied once, from the send queue.
func (s *Stack) sendSegment(now clock.Instant, t *TCPSocket, g *tcp.Segment) {
	p := &t.path
	if p.iface == nil {
		s.drop(DropNoRoute)
		return
	}
	size := g.Size()
	f := vnet.NewFrame(p.headerSize + size + g.Len)
	id := uint32(0)
	if p.fragment {
		id = s.ids.Next(t.id)
	}
	b := p.appendHeader(f.Data, size+g.Len, id)
	b = g.Append(b)
	if g.Len > 0 {
		n := len(b)
		b = b[:n+g.Len]
		t.Copy(b[n:], g)
	}
	f.Data = b
	i := p.iface
	if over := len(b) - ethernetHeader - p.mtu; over > 0 && i.MTU == 0 {
		f.SegmentSize = g.Len - over
	}
	if i.Offload {
		f.Unsummed = true
	} else {
		wire.SetChecksum(wire.ProtoTCP, t.local.Addr(), t.remote.Addr(), b[p.headerSize:])
	}
	f.Port = i.index
	switch {
	case i.loopback():
		s.loopBack(f)
	case now < p.resolved && p.changes == i.changes || s.resolvePath(now, t):
		copy(b, p.header[:6])
		s.emit(f)
	default:
		s.await(now, i, p.nextHop, f)
	}
}

// settle takes over what a connection has come to: its timer, its stage, and what its program may
// want to know.
func (s *Stack) settle(now clock.Instant, t *TCPSocket) {
	s.advance(t)
	switch t.State() {
	case tcp.Closed:
		s.remove(t)
	case tcp.TimeWait:
		s.enterTimeWait(t)
		s.timers.set(t, t.Next())
	default:
		s.timers.set(t, t.Next())
	}
	s.report(t)
}

func (t *TCPSocket) readiness() readiness {
	return readiness{t.Received(), t.SendSpace(), t.State(), t.PeerClosed()}
}

// report marks a socket as changed if its program can see a difference.
func (s *Stack) report(t *TCPSocket) {
	r := t.readiness()
	if r == t.seen {
		return
	}
	t.progress = t.progress || r.received > t.seen.received || r.space > t.seen.space
	t.seen = r
	if t.listener == nil { // it belongs to a program
		s.change(&t.endpoint)
	}
}

// pollTimers polls the sockets whose time has come, by (instant, id).
func (s *Stack) pollTimers(now clock.Instant) {
	for s.timers.next() <= now {
		s.due = append(s.due, s.timers.pop())
	}
	for k, t := range s.due {
		t.poll(s, now)
		s.due[k] = nil
	}
	s.due = s.due[:0]
}

// remove takes a socket out of the stack. Its program may still read what was received.
func (s *Stack) remove(t *TCPSocket) {
	switch t.stage {
	case stageGone:
		return
	case stageHalfOpen:
		t.listener.halfOpen--
	case stageTimeWait:
		s.timeWait.remove(t)
	}
	t.stage = stageGone
	s.timers.set(t, clock.Never)
	s.tcp.remove(t)
	if s.last == t {
		s.last = nil
	}
}
