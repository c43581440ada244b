package vnet_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// Next leaves out the instants at which frames only leave their queues. A network that is looked at
// again and again, and one that is called when Next says so, must have one history.
func TestNextLeavesNothingOut(t *testing.T) {
	for seed := range uint64(20) {
		often, calls := history(seed, true)
		rarely, fewer := history(seed, false)
		if !slices.Equal(often, rarely) {
			i := 0
			for i < min(len(often), len(rarely)) && often[i] == rarely[i] {
				i++
			}
			t.Fatalf("seed %d: the histories differ from event %d on:\n%v\n%v", seed, i,
				often[i:min(i+3, len(often))], rarely[i:min(i+3, len(rarely))])
		}
		if fewer >= calls {
			t.Errorf("seed %d: %d calls when Next says so, %d at any time: nothing was left out",
				seed, fewer, calls)
		}
	}
}

// history has three stations send through a switch over links of every discipline, changes a link's
// settings, and returns all that happened, and what waited now and then.
func history(seed uint64, often bool) (log []string, calls int) {
	n := vnet.New(prng.New(seed))
	n.Observe(func(e vnet.Event) {
		log = append(log, fmt.Sprint(e.At, e.Port.Name(), e.Kind, e.Reason, numberOf(e.Frame)))
	})
	sw := vnet.NewSwitch(n, "sw")
	var stations []*station
	var links []*vnet.Link
	for i, d := range []vnet.Discipline{vnet.TailDrop, vnet.DisciplineRED, vnet.DisciplineCoDel} {
		s := &station{}
		s.at = n.Attach(fmt.Sprint("s", i), s)
		stations = append(stations, s)
		links = append(links, n.Connect(s.at.AddPort("eth0"), sw.AddPort(fmt.Sprint("p", i)),
			vnet.Settings{Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Rate: 1e6,
				QueueBytes: 20_000, MTU: 1500, Discipline: d}))
	}
	random := prng.New(seed + 1000)
	now := clock.Instant(0)
	for i := range uint32(300) {
		until := now.Add(time.Duration(random.IntN(int(4 * time.Millisecond))))
		now = runUntil(n, now, until, often, &calls)
		n.CatchUp(now)
		for _, l := range links {
			frames, bytes := l.Directions[1].Queued()
			log = append(log, fmt.Sprint(now, frames, bytes, l.Directions[1].UnderWay()))
		}
		if i == 150 {
			s := links[0].Directions[1].Settings()
			s.Delay = time.Millisecond
			links[0].Directions[1].Set(s)
		}
		from, to := random.IntN(3), random.IntN(3)
		stations[from].send(newFrame(byte(to+1), byte(from+1), 100+random.IntN(1300), i))
	}
	runUntil(n, now, now.Add(time.Minute), false, &calls)
	return log, calls
}

// runUntil runs the network at every instant that it asks for, and each 10 µs besides.
func runUntil(n *vnet.Network, now, until clock.Instant, often bool, calls *int) clock.Instant {
	for {
		next := n.Run(now)
		*calls++
		if often {
			next = min(next, now.Add(10*time.Microsecond))
		}
		if next >= until {
			return until
		}
		now = next
	}
}
