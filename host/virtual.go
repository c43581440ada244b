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
	v := &virtual{network: n, woken: make(chan struct{}, 1), done: make(chan struct{})}
	n.driver = v
	go v.run()
	return n
}

type virtual struct {
	network *Network
	woken   chan struct{} // holds a token when something was touched
	stopped atomic.Bool
	ended   bool // the network's end by itself was seen
	once    sync.Once
	done    chan struct{}
	turns   atomic.Uint64
	quiet   []func(now clock.Instant) bool // asked whenever no program can run
}

func (v *virtual) kick() {
	select {
	case v.woken <- struct{}{}:
	default:
	}
}

func (v *virtual) stop() {
	v.once.Do(func() { v.stopped.Store(true); v.kick() })
	<-v.done
}

func (v *virtual) run() {
	defer close(v.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		synctest.Wait()
		if v.stopped.Load() {
			return
		}
		v.turns.Add(1)
		next := v.instant()
		if next == clock.Never {
			<-v.woken
			continue
		}
		if wait := next.Sub(v.network.now()); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-v.woken:
			}
		}
	}
}

// instant does all that is due now and returns when the next thing is.
func (v *virtual) instant() clock.Instant {
	n := v.network
	now := n.now()
	if v.atRest(now) {
		return now
	}
	n.mu.Lock()
	n.takeTouched(now)
	for len(n.wakes) == 0 && n.net.Step(now) {
	}
	wakes, next, err := n.takeWakes(), n.net.Next(now), n.net.Err()
	n.mu.Unlock()
	wakeAll(wakes)
	if len(wakes) > 0 || err != nil && !v.ended {
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
