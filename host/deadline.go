package host

import (
	"sync"
	"time"
)

// deadline is one direction's deadline. Its owner guards it with the lock of cond, and asks passed
// before it waits; cond is woken when the deadline passes.
type deadline struct {
	timer *time.Timer
	at    time.Time // zero: none
	set   int       // calls of reset: a timer that was too late to be stopped is of an older one
}

// passed reports whether it has passed. The time decides, not the timer: those of two deadlines at
// one instant may run one after the other, with a program in between.
func (d *deadline) passed() bool { return !d.at.IsZero() && time.Until(d.at) <= 0 }

// reset sets the deadline to t, none for the zero time. The caller holds cond.L.
func (d *deadline) reset(t time.Time, cond *sync.Cond) {
	d.set++
	d.stop()
	if d.at = (time.Time{}); t.IsZero() {
		return
	}
	now := time.Now()
	wait := t.Sub(now)
	d.at = now.Add(wait) // by the clock that never steps
	if wait <= 0 {
		cond.Broadcast()
		return
	}
	set := d.set
	d.timer = time.AfterFunc(wait, func() {
		cond.L.Lock()
		if d.set == set {
			cond.Broadcast()
		}
		cond.L.Unlock()
	})
}

// stop ends the timer. The caller holds the lock.
func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
