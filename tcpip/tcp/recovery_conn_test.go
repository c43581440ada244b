package tcp

import (
	"net/netip"
	"sort"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// bulk is the transfer of the model again, with two whole connections: a sends without end, b reads
// all at once.
type bulk struct {
	now      clock.Instant
	conns    [2]*Conn
	lanes    [2]lane // from a, from b
	cfg      [2]Config
	both     bool // b sends too
	plain    bool // neither speaks options
	received [2]int
	moved    [2]clock.Instant // when bytes last arrived in order
	stalled  time.Duration    // the longest time between such
	stallAt  clock.Instant
	payload  []byte
}

func newBulk(p path, seed uint64, o Options) *bulk {
	b := &bulk{payload: make([]byte, 1<<16)}
	rand := prng.New(seed)
	b.lanes = [2]lane{{path: p, rand: rand.Split("forward")}, {path: p, rand: rand.Split("back")}}
	x, y := netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:80")
	o.NoDelay = true
	b.cfg = [2]Config{
		{Local: x, Remote: y, MSS: 1460, ISS: 1 << 31, Options: o},
		{Local: y, Remote: x, MSS: 1460, ISS: 1<<32 - 1<<16, Options: o},
	}
	return b
}

// segmentMax lets both ends send super-segments, which the path cuts.
func (b *bulk) segmentMax(n int) { b.cfg[0].SegmentMax, b.cfg[1].SegmentMax = n, n }

func (b *bulk) poll(i int) {
	c := b.conns[i]
	if c == nil {
		return
	}
	if n := c.SendSpace(); n > 0 && (i == 0 || b.both) {
		var q buffer.Queue
		for ; n > 0; n -= len(b.payload) {
			q.Append(b.payload[:min(n, len(b.payload))])
		}
		c.Send(&q)
	}
	var s Segment
	for c.Poll(b.now, &s) {
		if b.plain && s.Flags&wire.SYN != 0 {
			s.SACKPermitted, s.HasTimestamps, s.HasWindowScale = false, false, false
		}
		b.transmit(i, &s)
	}
}

// transmit puts a segment on its lane, a super-segment in pieces.
func (b *bulk) transmit(i int, s *Segment) {
	h, left := s.TCP, s.Len
	for {
		n := min(left, s.SegmentSize)
		left -= n
		h.Flags = s.Flags
		if left > 0 {
			h.Flags &^= wire.PSH | wire.FIN
		}
		b.lanes[i].send(b.now, flight{right: uint32(n), ack: h}, n+modelHeaders)
		if left == 0 {
			return
		}
		h.Seq += uint32(n)
	}
}

func (b *bulk) deliver(i int) {
	f := b.lanes[i].pop()
	to := 1 - i
	if b.conns[to] == nil {
		b.conns[to] = Accept(b.now, &b.cfg[to], &f.ack)
	} else {
		b.conns[to].Input(b.now, &f.ack, b.payload[:f.right])
	}
	var q buffer.Queue
	if n := b.conns[to].Receive(&q); n > 0 {
		q.Release()
		b.conns[to].Consumed(n)
		b.received[to] += n
		if idle := b.now.Sub(b.moved[to]); b.moved[to] != 0 && idle > b.stalled {
			b.stalled, b.stallAt = idle, b.moved[to]
		}
		b.moved[to] = b.now
	}
	b.poll(to)
}

func (b *bulk) run(until clock.Instant) {
	if b.conns[0] == nil {
		b.conns[0] = Connect(b.now, &b.cfg[0])
		b.poll(0)
	}
	for {
		next := min(b.lanes[0].next(), b.lanes[1].next(), b.conns[0].Next())
		if b.conns[1] != nil {
			next = min(next, b.conns[1].Next())
		}
		if next > until {
			b.now = until
			return
		}
		b.now = next
		switch next {
		case b.lanes[0].next():
			b.deliver(0)
		case b.lanes[1].next():
			b.deliver(1)
		default:
			b.poll(0)
			b.poll(1)
		}
	}
}

// goodput returns Mbit/s from a to b over the seconds after the first.
func (b *bulk) goodput(seconds int) float64 {
	b.run(clock.Instant(time.Second))
	n := b.received[1]
	b.run(clock.Instant(seconds) * clock.Instant(time.Second))
	return float64(b.received[1]-n) * 8 / float64(seconds-1) / 1e6
}

// TestConnBand is TestBand with whole connections.
func TestConnBand(t *testing.T) {
	for _, c := range []struct{ loss, min, max float64 }{
		{0.001, 20, 30}, {0.01, 5.7, 9}, {0.03, 2.2, 3.6},
	} {
		var all []float64
		for seed := range uint64(5) {
			b := newBulk(path{delay: 10 * ms, loss: c.loss}, seed+1, Options{SendBuffer: 4 << 20})
			all = append(all, b.goodput(bandSeconds))
			if b.stalled > time.Second {
				t.Errorf("loss %v seed %d: nothing arrived for %v from %v on, want less than 1s: %+v",
					c.loss, seed+1, b.stalled, b.stallAt, b.conns[0].Info())
			}
		}
		sort.Float64s(all)
		if got := all[2]; got < c.min || got > c.max {
			t.Errorf("loss %v: %.2f Mbit/s, want %v to %v (all: %.2f)", c.loss, got, c.min, c.max, all)
		}
	}
	for _, buffer := range []int{256 << 10, 4 << 20} {
		b := newBulk(path{delay: 10 * ms, rate: 100e6, queue: 250000}, 1, Options{SendBuffer: buffer})
		if got := b.goodput(bandSeconds); got < 93 {
			t.Errorf("100 Mbit/s with a send buffer of %d: %.2f, want more than 93: %+v", buffer, got,
				b.conns[0].Info())
		}
	}
}
