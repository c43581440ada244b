package tcp

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/wire"
)

// storm is a network that loses, doubles, delays and reorders, and a program at each end that
// writes, reads and closes when it likes.
type storm struct {
	*testNet
	rng                 *prng.Stream
	drop, twice, late   float64
	plain               bool // the ends speak no options
	target              [2]int
	edge                [2]uint32 // the furthest right edge that each end has offered
	shift               [2]uint8
	hasEdge             [2]bool
	tooBig              [2]int // the path MTU that ICMP reports some time, 0 for none
	closedWrite, closed [2]bool
}

// chance is what happens to one segment, and the place to look at each for what no end may do.
func (s *storm) chance(from, _ int, seg *Segment) verdict {
	s.check(from, seg)
	if s.plain && seg.Flags&wire.SYN != 0 {
		seg.SACKPermitted, seg.HasTimestamps, seg.HasWindowScale = false, false, false
	}
	v := verdict{drop: s.rng.Chance(s.drop), twice: s.rng.Chance(s.twice)}
	if s.rng.Chance(s.late) {
		v.late = time.Duration(s.rng.IntN(int(4 * s.delay)))
	}
	return v
}

func (s *storm) check(from int, seg *Segment) {
	if seg.Flags&wire.RST != 0 {
		return
	}
	if seg.Flags&wire.SYN != 0 {
		s.shift[from] = seg.WindowScale
		if s.plain {
			s.shift[from] = 0
		}
	}
	if seg.Flags&wire.ACK != 0 {
		unit := uint32(1) << s.shift[from]
		wnd := uint32(seg.Window)
		if seg.Flags&wire.SYN == 0 {
			wnd <<= s.shift[from]
		}
		edge := seg.Ack + wnd
		// RFC 9293 §3.8.6: the right edge does not go back, but for what RFC 7323 §2.4 grants.
		if s.hasEdge[from] && int32(edge-s.edge[from]) <= -int32(unit) {
			panic(fmt.Sprintf("%s took its right edge back from %d to %d",
				s.ends[from].name, s.edge[from], edge))
		}
		if !s.hasEdge[from] || before(s.edge[from], edge) {
			s.edge[from], s.hasEdge[from] = edge, true
		}
	}
	// Nothing is sent beyond the window, but one octet as a probe.
	if to := 1 - from; s.hasEdge[to] && seg.Flags&wire.SYN == 0 {
		end := seg.Seq + uint32(seg.Len)
		if before(s.edge[to]+1, end) {
			panic(fmt.Sprintf("%s sent up to %d, with the right edge at %d",
				s.ends[from].name, end, s.edge[to]))
		}
	}
	if c := s.ends[from].conn; seg.Len > 0 && c.cfg.segmentMax == 0 {
		size := seg.TCP.Size() - wire.TCPSize + seg.Len
		if size > min(c.cfg.pathMSS, c.peerMSS) {
			panic(fmt.Sprintf("a segment of %d bytes with its options", size))
		}
	}
}

// program is one turn of the programs.
func (s *storm) program() {
	for i, e := range s.ends {
		c := e.conn
		if c == nil {
			continue
		}
		if room := min(c.SendSpace(), s.target[i]-e.written); room > 0 && s.rng.Chance(0.7) {
			s.write(i, 1+s.rng.IntN(room))
		}
		if s.rng.Chance(0.7) {
			s.take(i, 1+s.rng.IntN(30000))
		}
		if s.tooBig[i] != 0 && s.rng.Chance(0.1) {
			c.PacketTooBig(s.now, s.tooBig[i])
		}
		done := e.written == s.target[i]
		if done && !s.closedWrite[i] && s.rng.Chance(0.5) {
			s.closedWrite[i] = true
			c.CloseWrite(s.now)
		}
		// A whole Close is in order when all has been read: the peer's FIN says so.
		if s.closedWrite[i] && !s.closed[i] && c.PeerClosed() && c.Received()+e.unread.Len() == 0 {
			s.closed[i] = true
			c.Close(s.now)
		}
		s.poll(i)
		s.bounded(i)
	}
}

// bounded checks that what an end holds keeps to its limits.
func (s *storm) bounded(i int) {
	c := s.ends[i].conn
	waiting := 0
	var spans []span
	if c.reassembly != nil {
		spans = c.reassembly.spans
	}
	for j := range spans {
		sp := &spans[j]
		if sp.bytes.Len() != int(sp.right-sp.left) {
			panic("a span's bytes are not its range")
		}
		waiting += sp.bytes.Len()
	}
	most := c.cfg.ReceiveBuffer + 1<<c.rcvShift
	if got := c.ready.Len() + c.held + waiting; got > most {
		panic(fmt.Sprintf("%d bytes are held for a receive buffer of %d", got, most))
	}
	if len(spans) > ReassemblyRangesMax {
		panic("too many spans")
	}
}

func (s *storm) finished() bool {
	for i, e := range s.ends {
		if e.conn == nil || !s.closed[i] || e.conn.State() != Closed {
			return false
		}
	}
	return true
}

// TestStreamIntact: whatever is lost, doubled, delayed and reordered, what one end wrote the other
// reads, byte for byte, and both close in order.
func TestStreamIntact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStorm(t)
		for i := range s.ends {
			if !s.ends[i].listening {
				s.connect(i) // both: a simultaneous open
				s.poll(i)
			}
		}
		for turns := 0; !s.finished(); turns++ {
			if turns > 20000 {
				t.Fatalf("not finished at %v:\n%+v\n%+v", s.now, s.ends[0].conn.Info(),
					s.ends[1].conn.Info())
			}
			s.program()
			if at := s.next(); at != clock.Never && at > s.now.Add(50*time.Millisecond) {
				s.now = max(s.now, at.Add(-time.Millisecond)) // nothing happens for long
			}
			s.run(time.Duration(1+s.rng.IntN(20)) * time.Millisecond)
		}
		for i, e := range s.ends {
			if e.read != s.target[1-i] {
				t.Fatalf("%s read %d of %d bytes", e.name, e.read, s.target[1-i])
			}
			if err := e.conn.Err(); err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
		}
	})
}

func newStorm(t *rapid.T) *storm {
	s := &storm{testNet: newTestNet()}
	s.rng = prng.New(rapid.Uint64().Draw(t, "seed"))
	level := rapid.SampledFrom([]float64{0, 0, 0.01, 0.05, 0.2})
	s.drop, s.twice = level.Draw(t, "drop"), level.Draw(t, "twice")
	s.late = rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(t, "late")
	s.plain = rapid.Bool().Draw(t, "plain")
	s.delay = rapid.SampledFrom([]time.Duration{1, 5, 40}).Draw(t, "delay") * time.Millisecond
	both := rapid.IntRange(0, 9).Draw(t, "both") == 9
	for i, e := range s.ends {
		e.manual, e.listening = true, i == 1 && !both
		e.cfg.NoDelayedAck = rapid.Bool().Draw(t, "noack")
		s.tooBig[i] = rapid.SampledFrom([]int{0, 0, 700}).Draw(t, "toobig")
		e.cfg.ISS = rapid.SampledFrom([]uint32{100, 1<<32 - 3000, 1<<31 - 500}).Draw(t, "iss")
		e.cfg.MSS = rapid.SampledFrom([]int{600, 1460, 8960}).Draw(t, "mss")
		e.cfg.ReceiveBuffer = rapid.SampledFrom([]int{1500, 20000, 100000, 3 << 20}).Draw(t, "rcv")
		e.cfg.SendBuffer = rapid.SampledFrom([]int{2000, 70000, 1 << 20}).Draw(t, "snd")
		e.cfg.NoDelay = rapid.Bool().Draw(t, "nodelay")
		e.cfg.SegmentMax = rapid.SampledFrom([]int{0, 0, 20000}).Draw(t, "segmentmax")
		e.cfg.Congestion = rapid.SampledFrom([]CongestionControl{CUBIC, NewReno}).Draw(t, "cc")
		e.cfg.TimeWait = 20 * time.Minute // or RST meets a FIN that was often lost
		s.target[i] = rapid.SampledFrom([]int{0, 1, 3000, 100000, 400000}).Draw(t, "bytes")
	}
	s.fault = s.chance
	return s
}
