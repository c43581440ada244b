package tcpip

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// SYN cookies (RFC 4987 §3.6). A listener answers from its SYN queue as long as that has room, so
// that a SYN-ACK which is lost is sent again and every option counts. When the queue is full, be it
// by a flood, the SYN-ACK's own sequence number says all that must be known when the ACK comes:
//
//	period mod 32 (5 bits) | index of the MSS (3 bits) | keyed hash (24 bits)
//
// and, if the peer sent timestamps, the low 6 bits of ours carry window scale and SACK. A cache of
// small entries that drop the oldest would keep options too, but a flood of R SYNs a second through
// N entries forgets everybody after N/R seconds; the cookie forgets nobody, and costs no memory.
const (
	cookiePeriod   = 64 * time.Second
	cookieLifetime = 2 * cookiePeriod // how long after a cookie was sent ACKs are looked at
	cookieHashBits = 24

	cookieNoScale = 15 // in the low 4 bits of the timestamp: the peer does not scale
	cookieSACK    = 1 << 4
	cookieTSBits  = 6
)

// cookieMSS are the segment sizes that a cookie can remember; the largest that is no larger than
// the peer's is taken.
var cookieMSS = [8]uint16{48, 536, 1220, 1400, 1440, 1460, 8940, 65475}

func cookieNow(now clock.Instant) uint32 { return uint32(now / clock.Instant(cookiePeriod)) }

// cookieHash is the part of a cookie that nobody can make without the secret.
func (s *Stack) cookieHash(p *packet, peerISN, period, index uint32) uint32 {
	id := s.keys.cookie.tuple(wire.ProtoTCP, p.local(), p.remote(), p.in.scope())
	h := s.keys.cookie.sum(id, uint64(peerISN)<<32|uint64(period)<<3|uint64(index))
	return uint32(h) & (1<<cookieHashBits - 1)
}

// sendCookie answers a SYN without keeping anything of it.
func (s *Stack) sendCookie(now clock.Instant, l *TCPListener, p *packet, syn *wire.TCP) {
	s.drop(DropSYNQueueFull)
	index := uint32(0)
	for k, size := range cookieMSS {
		if syn.MSS >= size || syn.MSS == 0 && size == 536 { // RFC 9293 MUST-15
			index = uint32(k)
		}
	}
	period := cookieNow(now)
	t := s.newSocket(p.local(), p.remote())
	cfg, ok := s.connConfig(now, t, s.cfg.TCP)
	if !ok {
		s.drop(DropNoRoute)
		return
	}
	cfg.Trace = nil
	cfg.ISS = period<<27 | index<<cookieHashBits | s.cookieHash(p, syn.Seq, period, index)
	plain := *syn
	if !plain.HasTimestamps { // nothing could carry these, so they are not agreed on
		plain.HasWindowScale, plain.SACKPermitted = false, false
	}
	t.Conn = tcp.Accept(now, &cfg, &plain)
	if !t.Conn.Poll(now, &s.segment) {
		panic("tcpip: BUG: a connection in SYN-RECEIVED has no SYN-ACK to send")
	}
	h := &s.segment.TCP
	if syn.HasTimestamps {
		options := uint32(cookieNoScale)
		if syn.HasWindowScale {
			options = uint32(min(syn.WindowScale, wire.WindowScaleMax))
		}
		if syn.SACKPermitted {
			options |= cookieSACK
		}
		val := h.TSVal&^(1<<cookieTSBits-1) | options
		if int32(val-h.TSVal) > 0 {
			val -= 1 << cookieTSBits // the clock must not seem to go back with the next segment
		}
		h.TSVal = val
	}
	l.cookieUntil = now.Add(cookieLifetime)
	s.stats.CookiesSent++
	s.sendBare(now, p, h)
}

// inputCookie takes an ACK for a listener. If it carries a cookie of ours the handshake is over.
func (s *Stack) inputCookie(now clock.Instant, l *TCPListener, p *packet, h *wire.TCP,
	data []byte) {
	why, ok := DropNoSocket, false
	var syn wire.TCP
	if now < l.cookieUntil && h.Flags&(wire.SYN|wire.ACK) == wire.ACK {
		why = DropCookie
		syn, ok = s.openCookie(now, p, h)
	}
	switch {
	case !ok:
		s.drop(why)
		s.reset(now, p, h, len(data))
		return
	case l.full():
		s.drop(DropAcceptQueueFull)
		return
	}
	t := s.newSocket(p.local(), p.remote())
	cfg, ok := s.connConfig(now, t, s.cfg.TCP)
	if !ok {
		s.drop(DropNoRoute)
		return
	}
	cfg.ISS = h.Ack - 1
	ack := *h
	t.Conn = tcp.Accept(now, &cfg, &syn)
	for t.Conn.Poll(now, &s.segment) {
		// The SYN-ACK: it was sent before.
	}
	t.listener, t.stage = l, stageHalfOpen
	l.halfOpen++
	s.tcp.insert(t)
	t.Input(now, &ack, data)
	s.stats.CookiesTaken++
	s.advance(t)
	s.touch(&t.endpoint)
}

// openCookie returns the SYN that led to a cookie, if h acknowledges one of ours that is not too
// old.
func (s *Stack) openCookie(now clock.Instant, p *packet, h *wire.TCP) (syn wire.TCP, ok bool) {
	cookie, peerISN := h.Ack-1, h.Seq-1
	index := cookie >> cookieHashBits & 7
	for age := range uint32(2) {
		period := cookieNow(now) - age
		ok = ok || cookie>>27 == period&31 &&
			cookie&(1<<cookieHashBits-1) == s.cookieHash(p, peerISN, period, index)
	}
	syn = wire.TCP{SrcPort: h.SrcPort, DstPort: h.DstPort, Seq: peerISN, Flags: wire.SYN,
		Window: h.Window, MSS: cookieMSS[index]}
	if h.HasTimestamps {
		options := h.TSEcr
		syn.HasTimestamps, syn.TSVal = true, h.TSVal
		syn.SACKPermitted = options&cookieSACK != 0
		if scale := options & 15; scale != cookieNoScale {
			syn.HasWindowScale, syn.WindowScale = true, uint8(scale)
		}
	}
	return syn, ok
}
