package tcp

import (
	"fmt"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
)

// idle returns what keeps connection i from doing what it could: a transfer that waits without a
// reason, or longer than a timeout.
func (b *bulk) idle(i int) error {
	c := b.conns[i]
	if c == nil || !c.state.synchronized() {
		return nil
	}
	r := &c.rec
	if err := r.check(); err != nil {
		return err
	}
	if c.nxt != r.nxt || c.una != r.una {
		return fmt.Errorf("the connection is at %d %d, recovery at %d %d", c.una, c.nxt, r.una, r.nxt)
	}
	if c.queue.Len() > 0 || r.recs != nil {
		// The timer may have been set when the timeout was a little longer.
		if wait := c.Next().Sub(b.now); wait > r.rtt.timeout()*5/4 {
			return fmt.Errorf("the next timer comes in %v, the timeout is %v", wait, r.rtt.timeout())
		}
	}
	full := c.mss - c.sackBytes()
	if r.lostBytes > 0 && r.pipe()+c.mss <= r.cc.window {
		return fmt.Errorf("%d bytes are lost and the window has room: %d of %d", r.lostBytes, r.pipe(),
			r.cc.window)
	}
	if r.lostBytes == 0 && c.unsent() >= full && c.usable() >= full && r.pipe()+full <= r.cc.window {
		return fmt.Errorf("there is data and room for it: %d of %d", r.pipe(), r.cc.window)
	}
	return nil
}

// TestConnNeverIdle looks at both ends each millisecond of many lossy transfers.
func TestConnNeverIdle(t *testing.T) {
	seed := uint64(0)
	for _, loss := range []float64{0.002, 0.03, 0.15} {
		for _, rtt := range []time.Duration{ms / 5, 20 * ms, 200 * ms} {
			for _, rate := range []int{5e6, 50e6} {
				for _, reorder := range []float64{0, 0.02} {
					for range 3 {
						seed++
						variant := int(seed % 8)
						name := fmt.Sprintf("loss %v rtt %v rate %d reorder %v variant %d seed %d", loss, rtt,
							rate, reorder, variant, seed)
						p := path{
							delay: rtt / 2, loss: loss, rate: rate, reorder: reorder, late: rtt / 4,
							duplicate: reorder / 2, queue: 20000,
						}
						b := newBulkVariant(p, seed, variant)
						watchIdle(t, name, b)
						if loss < 0.1 && b.received[1] == 0 {
							t.Errorf("%s: nothing arrived in %d s", name, idleSeconds)
						}
					}
				}
			}
		}
	}
}

// idleSeconds is long enough for a handshake with losses.
const idleSeconds = 3

// newBulkVariant varies what the ends are.
func newBulkVariant(p path, seed uint64, variant int) *bulk {
	o := Options{SendBuffer: 300 << 10}
	if variant&1 != 0 {
		o.Congestion, o.ReceiveBuffer = NewReno, 20000
	}
	b := newBulk(p, seed, o)
	b.both = variant&2 != 0
	if variant&4 != 0 {
		b.plain = true
		if variant&1 != 0 {
			b.plain = false
			b.segmentMax(16 * 1460)
		}
	}
	return b
}

func watchIdle(t *testing.T, name string, b *bulk) {
	for b.now < clock.Instant(idleSeconds*time.Second) {
		b.run(b.now.Add(ms))
		for i := range b.conns {
			if err := b.idle(i); err != nil {
				t.Fatalf("%s: end %d at %v: %v", name, i, b.now, err)
			}
		}
	}
}
