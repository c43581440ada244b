package tcpip

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// ResetsPerSecondMax bounds the resets for segments without a connection, so that nobody can make
// the stack send as much as it receives. ResetsBurst may be sent at once.
const (
	ResetsPerSecondMax = 1000
	ResetsBurst        = 1000
)

// inputTCP takes a segment whose checksum is right.
func (s *Stack) inputTCP(now clock.Instant, p *packet) {
	h := &s.header
	data, err := wire.ParseTCP(p.data, h)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	if p.group || p.src.IsUnspecified() {
		s.drop(DropMartian) // RFC 9293 §3.9.2.3 MUST-57
		return
	}
	p.ports = [2]uint16{h.SrcPort, h.DstPort}
	local, remote := p.local(), p.remote()
	t := s.last
	if t == nil || t.local != local || t.remote != remote {
		t = s.tcp.find(s.socketID(wire.ProtoTCP, local, remote), local, remote)
	}
	if t == nil {
		s.inputNoSocket(now, p, h, data, nil)
		return
	}
	s.last = t
	switch t.stage {
	case stageTimeWait:
		if t.CanReuse(h) {
			// RFC 9293 §3.6.1 MAY-2 and RFC 6191: a new incarnation takes the place of the old.
			s.stats.TimeWaitReused++
			s.remove(t)
			s.inputNoSocket(now, p, h, data, t)
			return
		}
	case stageHalfOpen:
		if h.Flags&(wire.ACK|wire.RST) == wire.ACK && t.listener.full() {
			// The SYN-ACK will be sent again, and so will the ACK, when there is room.
			s.drop(DropAcceptQueueFull)
			return
		}
	}
	if t.InputLent(now, h, data, p.frame) {
		p.frame = nil
	}
	if t.stage == stageHalfOpen {
		s.advance(t)
	}
	s.touch(&t.endpoint)
}

// inputNoSocket takes a segment that belongs to no connection; to follow old, if that is not nil.
func (s *Stack) inputNoSocket(now clock.Instant, p *packet, h *wire.TCP, data []byte,
	old *TCPSocket) {
	if l := s.listenerAt(p.local()); l != nil {
		s.inputListen(now, l, p, h, data, old)
		return
	}
	s.drop(DropNoSocket)
	s.reset(now, p, h, len(data))
}

// reset answers a segment that belongs to no connection (RFC 9293 §3.10.7.1).
func (s *Stack) reset(now clock.Instant, p *packet, h *wire.TCP, size int) {
	if h.Flags&wire.RST != 0 {
		return
	}
	if !s.resets.Allow(now) {
		s.drop(DropRateLimited)
		return
	}
	r := tcp.Reset(h, size)
	s.stats.ResetsSent++
	s.sendBare(now, p, &r)
}

// sendBare answers a packet with a segment without payload that no connection sends.
func (s *Stack) sendBare(now clock.Instant, p *packet, h *wire.TCP) {
	o := outgoing{src: p.dst, dst: p.src, protocol: wire.ProtoTCP, whole: true}
	f := newPacket(o.dst, h.Size())
	f.Data = h.Append(f.Data)
	s.send(now, &o, f) // to a peer that is out of reach nothing can be said
}
