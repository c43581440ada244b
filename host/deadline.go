package host

import (
	"sync"
	"time"
)

// deadline is one direction's deadline. Its owner guards it with the lock of cond, and asks passed
// before it waits; cond is woken when the deadline passes.
type deadline struct {
	timer  *time.Timer
	passed bool
	set    int // counts calls of reset: a timer that was too late to be stopped is of an older one
}

// reset sets the deadline to t, none for the zero time. The caller holds cond.L.
func (d *deadline) reset(t time.Time, cond *sync.Cond) {
	d.set++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		cond.Broadcast()
		return
	}
	set := d.set
	d.timer = time.AfterFunc(wait, func() {
		cond.L.Lock()
		if d.set == set {
			d.passed = true
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
