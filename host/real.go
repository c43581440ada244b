package host

import (
	"math"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
)

// EventsPerTurnMax bounds the steps that a program's call may run on behalf of the network; what is
// left is done by the engine's goroutine.
const EventsPerTurnMax = 256

// Real returns a network in real time. Whoever touches an endpoint runs the network to completion,
// so that a segment costs no change of goroutine; a goroutine of its own serves the timers. Close
// ends it.
func Real(rand *prng.Stream) *Network {
	n := newNetwork(rand)
	r := &realTime{network: n, handed: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{})}
	r.armed = clock.Never
	r.timer = time.NewTimer(time.Hour)
	r.timer.Stop()
	n.driver = r
	go r.run()
	return n
}

type realTime struct {
	network *Network
	handed  chan struct{} // a token hands the running over to the engine's goroutine
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	timer   *time.Timer
	armed   clock.Instant // when timer fires; of whoever is busy
	wakes   []waiter      // scratch; likewise
}

// kick runs the network unless somebody does: who does looks again before it rests.
func (r *realTime) kick() {
	if r.claim() {
		r.turn(EventsPerTurnMax)
	}
}

func (r *realTime) claim() bool {
	t := &r.network.touch
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy || t.closed {
		t.again = true
		return false
	}
	t.busy = true
	return true
}

// rest gives the running up, unless something was touched or a timer fired in the meantime.
func (r *realTime) rest() bool {
	t := &r.network.touch
	t.mu.Lock()
	defer t.mu.Unlock()
	if (len(t.marked) > 0 || t.again) && !t.closed {
		t.again = false
		return false
	}
	t.busy = false
	return true
}

// turn runs the network until it is at rest, or hands it over after limit steps.
func (r *realTime) turn(limit int) {
	for steps := 0; ; {
		now, next, more := r.pass(&steps, limit)
		if !more {
			r.arm(now, next)
			if r.rest() {
				return
			}
		}
		if steps >= limit {
			r.handed <- struct{}{} // has room: only who is busy sends
			return
		}
	}
}

// pass takes what was touched and does all that is due, or what is left of limit steps; then it
// wakes. more says that something due is left.
func (r *realTime) pass(steps *int, limit int) (now, next clock.Instant, more bool) {
	n := r.network
	now = n.now()
	n.mu.Lock()
	n.takeTouched(now)
	more = true
	for more && *steps < limit {
		more = n.net.Step(now)
		*steps++
	}
	next = n.net.Next(now)
	r.wakes = n.takeWakes(r.wakes[:0])
	n.mu.Unlock()
	wakeAll(r.wakes)
	return now, next, more
}

// arm sets the timer if it would fire too late; one that fires too early costs a look.
func (r *realTime) arm(now, next clock.Instant) {
	if r.armed > now && next >= r.armed {
		return
	}
	r.armed = next
	if next == clock.Never {
		r.timer.Stop()
		return
	}
	r.timer.Reset(next.Sub(r.network.now())) // the turn has taken time
}

func (r *realTime) run() {
	defer close(r.done)
	for {
		select {
		case <-r.timer.C:
			if !r.claim() {
				continue // who is busy looks again before it rests, and arms the timer
			}
		case <-r.handed:
		case <-r.quit:
			return
		}
		r.turn(math.MaxInt)
	}
}

func (r *realTime) stop() {
	t := &r.network.touch
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	r.once.Do(func() { close(r.quit) })
	<-r.done
}
