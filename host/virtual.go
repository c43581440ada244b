package host

import (
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
)

// Virtual returns a network in the virtual time of the testing/synctest bubble that it is called
// in. One engine goroutine, begun here, lets the bubble fall quiet before it looks at what programs
// did, and again after each event that a program can see. It is the bubble's only caller of
// synctest.Wait. Close ends it.
func Virtual(rand *prng.Stream) *Network {
	n := newNetwork(rand)
	v := &virtual{network: n, timer: time.NewTimer(0), done: make(chan struct{})}
	n.driver = v
	go v.run()
	return n
}

type virtual struct {
	network *Network
	timer   *time.Timer // fires at the next instant, or at once if something was touched
	waiting atomic.Bool // the engine waits for it, or is about to
	kicked  atomic.Bool // something was touched since the engine last looked
	stopped atomic.Bool
	ended   bool // the network's end by itself was seen
	once    sync.Once
	done    chan struct{}
	wakes   []waiter // scratch
	turns   atomic.Uint64
	quiet   []func(now clock.Instant) bool // asked whenever no program can run
}

// kick and wait cannot miss each other: each first says what it does, then looks at what the other
// has said.
func (v *virtual) kick() {
	v.kicked.Store(true)
	if v.waiting.Load() {
		v.timer.Reset(0)
	}
}

// wait sleeps until an instant, or until something is touched. A timer alone is cheaper than a
// timer and a channel: an instant is a frame's arrival, and there are many.
func (v *virtual) wait(now, until clock.Instant) {
	v.waiting.Store(true)
	if until == clock.Never {
		v.timer.Stop()
	} else {
		v.timer.Reset(until.Sub(now))
	}
	if v.kicked.Load() {
		v.timer.Reset(0)
	}
	<-v.timer.C
	v.waiting.Store(false)
}

func (v *virtual) stop() {
	v.once.Do(func() { v.stopped.Store(true); v.kick() })
	<-v.done
}

func (v *virtual) run() {
	defer close(v.done)
	defer v.timer.Stop()
	for {
		synctest.Wait()
		v.kicked.Store(false)
		if v.stopped.Load() {
			return
		}
		v.turns.Add(1)
		now := v.network.now() // time stands still until the engine waits
		if next := v.instant(now); next > now {
			v.wait(now, next)
		}
	}
}

// instant does all that is due now and returns when the next thing is.
func (v *virtual) instant(now clock.Instant) clock.Instant {
	n := v.network
	if v.atRest(now) {
		return now
	}
	n.mu.Lock()
	n.takeTouched(now)
	for len(n.wakes) == 0 && n.net.Step(now) {
	}
	v.wakes = n.takeWakes(v.wakes[:0])
	next, err := n.net.Next(now), n.net.Err()
	n.mu.Unlock()
	wakeAll(v.wakes)
	if len(v.wakes) > 0 || err != nil && !v.ended {
		v.ended = err != nil
		return now // there is something to see
	}
	return next
}

// atRest asks those who wait for a quiet moment, and reports whether one of them let a program go
// on.
func (v *virtual) atRest(now clock.Instant) (again bool) {
	for _, f := range v.quiet {
		again = f(now) || again
	}
	return again
}

// OnQuiet has f called by the engine each time that no program of the bubble can run: before the
// first event, and between events. f must not block; it returns true if it let a program go on, so
// that the engine waits again. Call OnQuiet before the network is used, and on a virtual one only.
func (n *Network) OnQuiet(f func(now clock.Instant) bool) {
	v := n.driver.(*virtual)
	v.quiet = append(v.quiet, f)
}

// Turns returns how often the engine of a virtual network looked what is to do: a watchdog outside
// the bubble sees by it whether virtual time moves.
func (n *Network) Turns() uint64 { return n.driver.(*virtual).turns.Load() }
