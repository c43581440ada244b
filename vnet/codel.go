package vnet

import (
	"math"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
)

// CoDel holds the parameters of Controlled Delay (RFC 8289); zero values are the defaults. Frames
// are dropped at the head of the queue, when the time that frames wait has not come below Target
// for one Interval.
type CoDel struct {
	Target   time.Duration // the standing delay that is acceptable; default 5 ms (RFC 8289 §4.3)
	Interval time.Duration // about a round trip of the slowest flows; default 100 ms (§4.2)
}

const (
	codelTarget   = 5 * time.Millisecond
	codelInterval = 100 * time.Millisecond
)

func (c CoDel) filled() CoDel {
	if c.Target == 0 {
		c.Target = codelTarget
	}
	if c.Interval == 0 {
		c.Interval = codelInterval
	}
	return c
}

func (c CoDel) validate() error {
	f := c.filled()
	if f.Target < 0 || f.Target >= f.Interval || f.Interval > DelayMax {
		return invalid(units.Duration(f.Target), "CoDel's target is not below its interval "+
			units.Duration(f.Interval), "write codel alone for 5ms and 100ms")
	}
	return nil
}

func (c CoDel) words() []string {
	if c == (CoDel{}) {
		return nil
	}
	f := c.filled()
	return []string{units.Duration(f.Target), units.Duration(f.Interval)}
}

// codelState has the variables of RFC 8289 §5.4.
type codelState struct {
	CoDel                        // with its defaults filled in
	firstAboveTime clock.Instant // when waiting too long is enough to drop; 0: it is not too long
	dropNext       clock.Instant
	count          int // drops since dropping began
	lastCount      int
	dropping       bool
}

// controlLaw spaces the drops so that TCP's rate falls linearly (RFC 8289 §5.5).
func (d *Direction) controlLaw(t clock.Instant) clock.Instant {
	return t.Add(time.Duration(float64(d.codel.Interval) / math.Sqrt(float64(d.codel.count))))
}

// codelTake is dodequeue of RFC 8289 §5.6: the first waiting frame, nil if none, and whether
// frames have waited too long for long enough.
func (d *Direction) codelTake(now clock.Instant) (f *Frame, mayDrop bool) {
	c := &d.codel
	if d.waiting.len() == 0 {
		c.firstAboveTime = 0
		return nil, false
	}
	w := d.take()
	// A queue of less than one whole frame cannot be made shorter.
	if now.Sub(w.since) < d.codel.Target || d.waitingBytes <= d.frameMax() {
		c.firstAboveTime = 0
		return w.f, false
	}
	if c.firstAboveTime == 0 {
		c.firstAboveTime = now.Add(d.codel.Interval)
		return w.f, false
	}
	return w.f, now >= c.firstAboveTime
}

func (d *Direction) frameMax() int {
	if d.set.MTU == MTUUnlimited {
		return 1500 + ethernetHeader
	}
	return d.set.MTU + ethernetHeader
}

// codelDequeue is dequeue of RFC 8289 §5.5.
func (d *Direction) codelDequeue(now clock.Instant) *Frame {
	c := &d.codel
	f, mayDrop := d.codelTake(now)
	switch {
	case f == nil:
		c.dropping = false
	case c.dropping:
		if !mayDrop {
			c.dropping = false
		}
		for c.dropping && now >= c.dropNext {
			d.dropHead(now, f)
			c.count++
			if f, mayDrop = d.codelTake(now); !mayDrop {
				c.dropping = false
				break
			}
			c.dropNext = d.controlLaw(c.dropNext)
		}
	case mayDrop:
		d.dropHead(now, f)
		f, _ = d.codelTake(now)
		c.dropping = true
		// Take up dropping where it was left, if that was a moment ago.
		since := c.count - c.lastCount
		c.count = 1
		if since > 1 && now.Sub(c.dropNext) < 16*d.codel.Interval {
			c.count = since
		}
		c.dropNext = d.controlLaw(now)
		c.lastCount = c.count
	}
	return f
}

func (d *Direction) dropHead(now clock.Instant, f *Frame) {
	d.network.drop(&Event{At: now, Port: d.from, Reason: EarlyDrop, Frame: f})
}
