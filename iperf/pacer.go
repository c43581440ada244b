package iperf

import (
	"math/bits"
	"time"
)

// pacer says when a stream may send. The unit of bytes after n bytes is due n*8/rate seconds after
// the start, so the average never exceeds the rate by more than one unit and a late start of one
// unit does not delay the next.
type pacer struct {
	rate    int64 // bit/s, 0 for no limit
	unit    int64 // bytes sent back to back
	perTick int   // blocks in a tick, whatever the rate; 0 for no limit

	sent   int64         // bytes
	tick   int64         // the one in which blocks were counted last
	used   int           // blocks in that tick
	paused time.Duration // until when nothing may leave
}

// paceTick is the shortest time between two bursts: units due within it leave together.
const paceTick = time.Millisecond

// wait returns how long after the time elapsed the next block may leave, 0 for at once.
func (p *pacer) wait(elapsed time.Duration) time.Duration {
	if elapsed < p.paused {
		return p.paused - elapsed
	}
	tick := int64(elapsed / paceTick)
	if p.perTick > 0 && tick == p.tick && p.used >= p.perTick {
		return time.Duration(tick+1)*paceTick - elapsed
	}
	if p.rate == 0 {
		return 0
	}
	due := transmitTime(p.sent/p.unit*p.unit, p.rate)
	if due <= elapsed {
		return 0
	}
	if transmitTime(p.unit, p.rate) < paceTick { // gather what a tick is worth
		due = (due + paceTick - 1) / paceTick * paceTick
	}
	return due - elapsed
}

// pause lets nothing leave for a tick.
func (p *pacer) pause(elapsed time.Duration) { p.paused = elapsed + paceTick }

// add counts n bytes that left at the time elapsed.
func (p *pacer) add(elapsed time.Duration, n int) {
	p.sent += int64(n)
	if tick := int64(elapsed / paceTick); tick != p.tick {
		p.tick, p.used = tick, 0
	}
	p.used++
}

// transmitTime returns how long n bytes take at rate bit/s, or never.
func transmitTime(n, rate int64) time.Duration {
	hi, lo := bits.Mul64(uint64(n), 8e9)
	if hi >= uint64(rate) {
		return never
	}
	ns, _ := bits.Div64(hi, lo, uint64(rate))
	return time.Duration(min(ns, uint64(never)))
}
