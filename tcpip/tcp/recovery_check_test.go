package tcp

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/wire"
	"pgregory.net/rapid"
)

// check verifies what must hold between any two calls, and returns what does not.
func (r *recovery) check() error {
	if r.recs == nil {
		if r.una != r.nxt || r.flying != 0 || r.lostBytes != 0 || r.sackedBytes != 0 ||
			r.sackedSegments != 0 {
			return fmt.Errorf("no records, but una %d nxt %d flying %d lost %d sacked %d (%d)",
				r.una, r.nxt, r.flying, r.lostBytes, r.sackedBytes, r.sackedSegments)
		}
		if r.next() != clock.Never {
			return fmt.Errorf("nothing is outstanding, but a timer is set")
		}
		return r.checkWindow()
	}
	seq, flying, lostBytes, sackedBytes, count := r.una, 0, 0, 0, 0
	for i := range r.recs.n {
		c := r.recs.at(i)
		if c.seq != seq || !before(c.seq, c.end) || c.segments == 0 {
			return fmt.Errorf("record %d is [%d,%d) of %d, want it to begin at %d",
				i, c.seq, c.end, c.segments, seq)
		}
		seq = c.end
		switch c.fate {
		case inFlight:
			flying += int(c.len())
			count++
		case lost:
			lostBytes += int(c.len())
			if before(c.seq, r.lostFrom) {
				return fmt.Errorf("record at %d is lost, but the search begins at %d", c.seq, r.lostFrom)
			}
		case sacked:
			sackedBytes += int(c.len())
			if i > 0 && r.recs.at(i-1).fate == sacked {
				return fmt.Errorf("sacked records %d and %d are not joined", i-1, i)
			}
		}
	}
	if seq != r.nxt || r.recs.n == 0 {
		return fmt.Errorf("%d records end at %d, want %d", r.recs.n, seq, r.nxt)
	}
	if flying != r.flying || lostBytes != r.lostBytes || sackedBytes != r.sackedBytes {
		return fmt.Errorf("flying, lost, sacked are %d %d %d, counted as %d %d %d",
			flying, lostBytes, sackedBytes, r.flying, r.lostBytes, r.sackedBytes)
	}
	if r.sackedSegments < 0 || (r.sackedBytes == 0) != (r.sackedSegments == 0) {
		return fmt.Errorf("%d sacked segments for %d bytes", r.sackedSegments, r.sackedBytes)
	}
	prev := none
	for s := r.recs.first; s != none; s = r.recs.slots[s].next {
		c := &r.recs.slots[s]
		if c.prev != prev || c.fate != inFlight {
			return fmt.Errorf("list of transmissions is broken at [%d,%d)", c.seq, c.end)
		}
		if prev != none && int32(c.order-r.recs.slots[prev].order) < 0 {
			return fmt.Errorf("list of transmissions is out of order at [%d,%d)", c.seq, c.end)
		}
		prev = s
		count--
	}
	if count != 0 || r.recs.last != prev {
		return fmt.Errorf("list of transmissions misses %d records", count)
	}
	if r.rtoAt == clock.Never {
		return fmt.Errorf("data is outstanding without a retransmission timer")
	}
	return r.checkWindow()
}

func (r *recovery) checkWindow() error {
	c := &r.cc
	// In fast recovery the window is what is in flight and what PRR adds to it.
	if c.window < c.mss && r.phase != phaseFast || c.window > CongestionWindowMax ||
		c.threshold < 2*c.mss {
		return fmt.Errorf("window %d threshold %d with segments of %d", c.window, c.threshold, c.mss)
	}
	return nil
}

// chaos drives a recovery with arbitrary acknowledgements, drawn by a function that returns a
// number below its argument.
type chaos struct {
	r    recovery
	now  clock.Instant
	draw func(n int) int
}

func newChaos(draw func(n int) int) *chaos {
	c := &chaos{draw: draw, now: 1}
	iss := []uint32{0, 1 << 31, 0xffffff00}[draw(3)]
	segmentMax := []int{0, 9000}[draw(2)]
	c.r.init(recoveryConfig{
		congestion: CongestionControl(draw(2)), iss: iss, mss: 536, segmentMax: segmentMax,
	})
	c.r.sent(c.now, iss, 1, newData)
	if draw(8) == 0 {
		c.now = c.r.next()
		c.r.timeout(c.now)
	}
	c.now += clock.Instant(time.Millisecond) * clock.Instant(draw(100))
	c.r.negotiated(1000, draw(4) > 0, draw(4) > 0)
	c.r.ack(c.now, &wire.TCP{Ack: iss + 1, HasTimestamps: true, TSEcr: timestamp(c.now, 0)}, true)
	return c
}

// edge returns a sequence number, mostly an outstanding one and mostly a segment's.
func (c *chaos) edge() uint32 {
	flight := int(c.r.nxt - c.r.una)
	switch c.draw(8) {
	case 0:
		return c.r.una + uint32(c.draw(flight+1))
	case 1:
		return c.r.una + uint32(c.draw(1<<16)) - 1<<15
	}
	return c.r.una + uint32(c.draw(flight/1000+1)*1000)
}

// step does one thing.
func (c *chaos) step() {
	switch c.draw(10) {
	case 0, 1, 2:
		c.send()
	case 3:
		c.now += clock.Instant(c.draw(300)) * clock.Instant(time.Millisecond)
	case 4:
		if next := c.r.next(); next != clock.Never {
			c.now = max(c.now, next)
		}
	case 5:
		if c.draw(10) == 0 {
			c.r.resize(500 + c.draw(600))
		}
	default:
		h := &wire.TCP{Ack: c.r.una, HasTimestamps: true}
		if c.draw(2) == 0 {
			h.Ack = c.edge()
		}
		if c.draw(3) > 0 {
			h.TSEcr = timestamp(c.now, 0) - uint32(c.draw(50))
		}
		for range c.draw(5) {
			left := c.edge()
			h.SACK[h.SACKCount] = wire.SACKBlock{Left: left, Right: left + uint32(c.draw(5)*1000)}
			h.SACKCount++
		}
		c.r.ack(c.now, h, c.draw(8) == 0)
	}
	if c.r.next() <= c.now {
		c.r.timeout(c.now)
	}
}

// send polls as a connection does, with a random amount of data, and sometimes stops half way.
func (c *chaos) send() {
	unsent := c.draw(20000)
	if left, right, fresh, ok := c.r.probe(c.now, unsent > 0); ok {
		if fresh {
			n := min(unsent, c.r.cc.mss)
			c.r.sent(c.now, c.r.nxt, uint32(n), probeNew)
			unsent -= n
		} else {
			c.r.sent(c.now, left, right-left, probeOld)
		}
	}
	for c.draw(20) > 0 {
		left, right, ok := c.r.retransmit()
		if !ok {
			break
		}
		c.r.sent(c.now, left, right-left, retransmission)
	}
	size := max(c.r.segmentMax, c.r.cc.mss)
	for unsent > 0 && c.draw(20) > 0 {
		n := min(size, unsent, c.r.sendQuota(c.now))
		if n == 0 {
			return
		}
		c.r.sent(c.now, c.r.nxt, uint32(n), newData)
		unsent -= n
	}
}

// finish acknowledges everything, after which nothing may remain.
func (c *chaos) finish() error {
	c.r.ack(c.now, &wire.TCP{Ack: c.r.nxt}, false)
	if c.r.recs != nil {
		return fmt.Errorf("everything is acknowledged, but records remain")
	}
	return c.r.check()
}

func TestRecoveryConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(prng.New(rapid.Uint64().Draw(t, "seed")).IntN)
		for range rapid.IntRange(1, 3000).Draw(t, "steps") {
			c.step()
			if err := c.r.check(); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.finish(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzRecovery: no acknowledgement, however absurd, panics or leaves the records inconsistent.
func FuzzRecovery(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x01\x00\x01\x05\x10\x27\x30\x00\x44\x99\x20\x31\x07\x77\x55\xab\xcd\x00\x09"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newChaos(func(n int) int {
			if len(data) < 2 {
				data = nil
				return 0
			}
			v := int(binary.BigEndian.Uint16(data))
			data = data[2:]
			if n > 1<<16 {
				v <<= 8
			}
			return v % n
		})
		for len(data) > 0 {
			c.step()
			if err := c.r.check(); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.finish(); err != nil {
			t.Fatal(err)
		}
	})
}
