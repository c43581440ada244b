package host

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
)

// scribe is a toucher that counts how often it was pushed.
type scribe struct {
	marked bool
	pushed int
}

func (s *scribe) order() (int, uint64) { return 0, 0 }
func (s *scribe) mark() *bool          { return &s.marked }
func (s *scribe) push(clock.Instant)   { s.pushed++ }

// runner is somebody who may run a network in real time, by the steps of kick and of the engine's
// goroutine.
type runner struct {
	r       *realTime
	touches *scribe // what it touches before it kicks
	does    func()  // or what it does to the network, as Do lets it
	at      string  // its next step; "" when it is done
	home    string  // its first step for the next time, if there is one
	busy    bool    // it holds the claim
	steps   int
	limit   int
	now     clock.Instant
	next    clock.Instant
	more    bool
}

// ready reports whether the runner can do a step.
func (u *runner) ready() bool {
	return u.at != "" && (u.at != "handed" || len(u.r.handed) > 0)
}

// step does one.
func (u *runner) step() {
	switch u.at {
	case "touch":
		u.r.network.touch.add(u.touches)
		u.at = "claim"
	case "do":
		u.r.network.mu.Lock()
		u.does()
		u.r.network.mu.Unlock()
		u.at = "claim"
	case "claim":
		u.at = ""
		if u.r.claim() {
			u.at, u.busy = "pass", true
		}
	case "handed":
		<-u.r.handed
		u.at, u.busy, u.limit = "pass", true, math.MaxInt
	case "pass":
		u.now, u.next, u.more = u.r.pass(&u.steps, u.limit)
		u.at = "arm"
		if u.more {
			u.at = "hand over"
		}
	case "arm":
		u.r.arm(u.now, u.next)
		u.at = "rest"
	case "rest":
		u.at = "hand over"
		if u.busy = !u.r.rest(); !u.busy {
			u.at = u.home
		}
	case "hand over":
		u.at = "pass"
		if u.steps >= u.limit {
			u.r.handed <- struct{}{}
			u.at, u.busy = "", false
		}
	}
}

// Two programs touch, each its own endpoint; a third one changes the network by Do, which is as if
// a timer fired: something is due, and nobody is marked. The engine's goroutine stands by for what
// is handed over. They go in every order of their steps, with a limit that is reached on the way.
// Never are two at work at once, and at the end nothing is left undone and nobody holds the claim.
//
// It fails if rest does not look at again, or at all, and if claim does not set again or busy.
func TestEveryOrderOfRunners(t *testing.T) {
	orders := 0
	for choice := []int(nil); ; orders++ {
		taken, ways := runInOrder(t, choice)
		if t.Failed() {
			t.Fatalf("in the order %v", taken)
		}
		k := len(taken) - 1
		for k >= 0 && taken[k] == ways[k]-1 {
			k--
		}
		if k < 0 {
			break
		}
		choice = append(taken[:k:k], taken[k]+1)
	}
	t.Logf("%d orders", orders)
}

// runInOrder lets that runner step whose number among those that can the choice says, the first
// where it says nothing. It returns the choices made and how many there were each time.
func runInOrder(t *testing.T, choice []int) (taken, ways []int) {
	n := newNetwork(seed(1))
	r := &realTime{network: n, handed: make(chan struct{}, 1), armed: clock.Never}
	r.timer = time.NewTimer(time.Hour)
	defer r.timer.Stop()
	n.driver = r
	done := 0
	due := func() { n.net.At(0, func(clock.Instant) { done++ }) }
	due()
	due()
	scribes := [2]*scribe{{}, {}}
	runners := []*runner{
		{r: r, touches: scribes[0], at: "touch", limit: 2},
		{r: r, touches: scribes[1], at: "touch", limit: 2},
		{r: r, does: due, at: "do", limit: math.MaxInt},
		{r: r, at: "handed", home: "handed"},
	}
	for {
		var can []*runner
		busy := 0
		for _, u := range runners {
			if u.ready() {
				can = append(can, u)
			}
			if u.busy {
				busy++
			}
		}
		if busy > 1 {
			t.Error("two are at work at once")
		}
		if len(can) == 0 {
			break
		}
		k := 0
		if len(taken) < len(choice) {
			k = choice[len(taken)]
		}
		taken, ways = append(taken, k), append(ways, len(can))
		can[k].step()
	}
	if done != 3 || scribes[0].pushed == 0 || scribes[1].pushed == 0 || len(n.touch.marked) > 0 ||
		n.touch.busy || len(r.handed) > 0 {
		t.Errorf("%d of 3 events happened, the endpoints were pushed %d and %d times, busy is %t",
			done, scribes[0].pushed, scribes[1].pushed, n.touch.busy)
	}
	return taken, ways
}

// A call does at most EventsPerTurnMax steps for the network; the engine's goroutine does the rest.
func TestHandOver(t *testing.T) {
	n := Real(seed(1))
	defer n.Close()
	const events = 3 * EventsPerTurnMax
	var mu sync.Mutex
	happened := 0
	all := make(chan struct{})
	entered := false
	n.Do(func(now clock.Instant, v *vnet.Network) {
		for range events {
			v.At(now, func(clock.Instant) {
				mu.Lock()
				defer mu.Unlock()
				if happened++; happened == events {
					close(all)
				}
			})
		}
		entered = true
	})
	if !entered {
		t.Fatal("Do returned before its function")
	}
	select {
	case <-all:
	case <-time.After(10 * time.Second):
		t.Fatalf("%d of %d events happened", happened, events)
	}
}

// The timer is set to the earliest instant, whatever is added later, and events happen in time
// without a call.
func TestTimersInRealTime(t *testing.T) {
	n := Real(seed(1))
	defer n.Close()
	happened := make(chan time.Duration, 3)
	begin := time.Now()
	for _, after := range []time.Duration{30, 10, 20} {
		n.Do(func(now clock.Instant, v *vnet.Network) {
			v.At(now.Add(after*time.Millisecond), func(clock.Instant) {
				happened <- after * time.Millisecond
			})
		})
	}
	for _, want := range []time.Duration{10, 20, 30} {
		select {
		case got := <-happened:
			if got != want*time.Millisecond || time.Since(begin) < got {
				t.Errorf("after %v the event of %v happened, want that of %dms", time.Since(begin),
					got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the event of %dms does not happen", want)
		}
	}
}
