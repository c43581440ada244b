package tcp

import (
	"fmt"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// A model of one transfer: a sender with endless data around a recovery, a path with delay, rate,
// queue and loss, and a receiver with delayed ACKs, SACK, D-SACK and timestamps. It is the smallest
// thing in which throughput under loss means something.

// path is what the model's network does. Times and losses are of one direction.
type path struct {
	delay     time.Duration
	loss      float64
	rate      int // bits a second, 0 unlimited
	queue     int // bytes that wait at the bottleneck
	reorder   float64
	late      time.Duration // by which a reordered segment comes later
	duplicate float64
}

// flight is a segment on its way: data [left, right), or an acknowledgement.
type flight struct {
	at    clock.Instant
	left  uint32
	right uint32
	tsVal uint32
	ack   wire.TCP
}

// lane is one direction of the path.
type lane struct {
	path
	rand    *prng.Stream
	queue   []flight // by arrival
	busy    clock.Instant
	dropped int
}

const modelHeaders = 14 + 20 + 32 // Ethernet, IPv4, TCP with timestamps

func (l *lane) send(now clock.Instant, f flight, size int) {
	start := now
	if l.rate > 0 {
		start = max(now, l.busy)
		if waiting := start.Sub(now).Seconds() * float64(l.rate) / 8; int(waiting) > l.path.queue {
			l.dropped++
			return
		}
		l.busy = start.Add(time.Duration(size) * 8 * time.Second / time.Duration(l.rate))
		start = l.busy
	}
	if l.rand.Chance(l.loss) {
		l.dropped++
		return
	}
	f.at = start.Add(l.delay)
	if l.rand.Chance(l.reorder) {
		f.at = f.at.Add(l.late)
	}
	l.insert(f)
	if l.rand.Chance(l.duplicate) {
		l.insert(f)
	}
}

func (l *lane) insert(f flight) {
	i := len(l.queue)
	for i > 0 && l.queue[i-1].at > f.at {
		i--
	}
	l.queue = append(l.queue, flight{})
	copy(l.queue[i+1:], l.queue[i:])
	l.queue[i] = f
}

func (l *lane) next() clock.Instant {
	if len(l.queue) == 0 {
		return clock.Never
	}
	return l.queue[0].at
}

func (l *lane) pop() flight {
	f := l.queue[0]
	l.queue = l.queue[1:]
	return f
}

// sink is the model's receiver.
type sink struct {
	nxt     uint32
	holes   buffer.Ranges // what has come out of order
	recent  []uint32      // left edges of blocks, the newest first
	dsack   wire.SACKBlock
	tsEcho  uint32
	lastAck uint32
	unacked int
	ackAt   clock.Instant
	sack    bool
}

// take receives a segment and reports whether to acknowledge at once.
func (s *sink) take(now clock.Instant, f flight) bool {
	s.dsack = wire.SACKBlock{}
	if !before(s.lastAck, f.left) && before(s.tsEcho, f.tsVal) {
		s.tsEcho = f.tsVal // RFC 7323 §4.3
	}
	if !before(s.nxt, f.right) || s.holes.Overlaps(f.left, f.right) {
		s.dsack = wire.SACKBlock{Left: f.left, Right: f.right}
		return true
	}
	if before(s.nxt, f.left) {
		s.holes.Add(f.left, f.right)
		s.recent = append([]uint32{f.left}, s.recent...)
		return true
	}
	s.nxt = f.right
	filled := s.holes.Len() > 0
	if r, ok := s.holes.Covering(s.nxt); ok {
		s.nxt = r.Right
	}
	s.holes.RemoveBefore(s.nxt)
	s.unacked++
	if s.unacked >= 2 || filled {
		return true
	}
	if s.ackAt == clock.Never {
		s.ackAt = now.Add(40 * time.Millisecond)
	}
	return false
}

func (s *sink) ack() wire.TCP {
	s.unacked, s.ackAt, s.lastAck = 0, clock.Never, s.nxt
	h := wire.TCP{Ack: s.nxt, Flags: wire.ACK, HasTimestamps: true, TSEcr: s.tsEcho}
	if !s.sack {
		return h
	}
	if s.dsack.Left != s.dsack.Right {
		h.SACK[0], h.SACKCount = s.dsack, 1
	}
	keep := s.recent[:0]
	for _, left := range s.recent {
		r, ok := s.holes.Covering(left)
		known := false
		for _, b := range h.SACK[:h.SACKCount] {
			known = known || b == wire.SACKBlock(r)
		}
		if ok && !known && h.SACKCount < 3 {
			h.SACK[h.SACKCount] = wire.SACKBlock(r)
			h.SACKCount++
			keep = append(keep, left)
		}
	}
	s.recent = keep
	return h
}

// model is one transfer.
type model struct {
	now        clock.Instant
	r          recovery
	fwd, rev   lane
	sink       sink
	mss        int
	timestamps bool
	limit      int // peer's window in bytes
	stalled    time.Duration
	lastMove   clock.Instant
}

type modelConfig struct {
	path
	cc     CongestionControl
	noSACK bool
	noTS   bool
	window int
	seed   uint64
}

func newModel(c modelConfig) *model {
	rand := prng.New(c.seed)
	m := &model{mss: 1448, timestamps: !c.noTS, limit: c.window}
	if m.limit == 0 {
		m.limit = 16 << 20
	}
	m.fwd = lane{path: c.path, rand: rand.Split("forward")}
	m.rev = lane{path: c.path, rand: rand.Split("back")}
	m.rev.reorder, m.rev.duplicate = 0, 0
	m.sink = sink{nxt: 1001, lastAck: 1001, ackAt: clock.Never, sack: !c.noSACK}
	m.r.init(recoveryConfig{congestion: c.cc, iss: 1000, mss: 536})
	m.r.sent(0, 1000, 1, newData)
	m.now = clock.Instant(2 * c.delay)
	m.r.negotiated(m.mss, !c.noSACK, !c.noTS)
	m.r.ack(m.now, &wire.TCP{Ack: 1001, HasTimestamps: true}, true)
	m.lastMove = m.now
	m.poll()
	return m
}

func (m *model) transmit(left, right uint32, kind sendKind) {
	m.fwd.send(m.now, flight{left: left, right: right, tsVal: timestamp(m.now, 0)},
		int(right-left)+modelHeaders)
	m.r.sent(m.now, left, right-left, kind)
}

func (m *model) poll() {
	room := func() bool { return int(m.r.nxt-m.r.una)+m.mss <= m.limit }
	if left, right, fresh, ok := m.r.probe(m.now, room()); ok {
		if fresh {
			m.transmit(m.r.nxt, m.r.nxt+uint32(m.mss), probeNew)
		} else {
			m.transmit(left, right, probeOld)
		}
	}
	for {
		left, right, ok := m.r.retransmit()
		if !ok {
			break
		}
		m.transmit(left, right, retransmission)
	}
	for m.r.sendQuota(m.now) >= m.mss && room() {
		m.transmit(m.r.nxt, m.r.nxt+uint32(m.mss), newData)
	}
}

// run runs the model until an instant and returns the bytes delivered in order.
func (m *model) run(until clock.Instant) int {
	start := m.sink.nxt
	for {
		next := min(m.fwd.next(), m.rev.next(), m.r.next(), m.sink.ackAt)
		if next > until {
			m.now = until
			return int(m.sink.nxt - start)
		}
		m.now = next
		switch next {
		case m.fwd.next():
			before := m.sink.nxt
			if m.sink.take(m.now, m.fwd.pop()) {
				m.acknowledge()
			}
			if m.sink.nxt != before {
				m.stalled = max(m.stalled, m.now.Sub(m.lastMove))
				m.lastMove = m.now
			}
		case m.rev.next():
			f := m.rev.pop()
			m.r.ack(m.now, &f.ack, false)
			m.poll()
		case m.sink.ackAt:
			m.acknowledge()
		default:
			m.r.timeout(m.now)
			m.poll()
		}
	}
}

func (m *model) acknowledge() {
	h := m.sink.ack()
	h.HasTimestamps = m.timestamps
	m.rev.send(m.now, flight{ack: h}, modelHeaders)
}

func (m *model) String() string {
	i := m.r.info()
	return fmt.Sprintf("cwnd %d ssthresh %d rtt %v rto %v resent %d timeouts %d undone %d stalled %v",
		i.window, i.threshold, i.rtt, i.rto, i.resent, i.timeouts, i.undone, m.stalled)
}
