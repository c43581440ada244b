package entropy

import (
	"sync"
	"testing"
)

func TestRingKeepsOrderAndDropsWhenFull(t *testing.T) {
	r := newRing()
	var e Event
	if r.take(&e) {
		t.Error("an empty ring gave an event")
	}
	for round := range 3 {
		for i := range EventsMax + 10 {
			r.push(&Event{Time: uint64(i)})
		}
		if got := r.dropped.Load(); got != uint64(10*(round+1)) {
			t.Errorf("round %d: %d events dropped, want 10 more each round", round, got)
		}
		for i := range EventsMax {
			if !r.take(&e) || e.Time != uint64(i) {
				t.Fatalf("round %d: event %d is %d", round, i, e.Time)
			}
		}
		if r.take(&e) {
			t.Errorf("round %d: more events than fit", round)
		}
	}
}

// TestRingLosesNothing has many push while one takes: what was not dropped comes out, once, and
// whole, each pusher's in order.
func TestRingLosesNothing(t *testing.T) {
	const pushers, each = 8, 5000
	r := newRing()
	var work sync.WaitGroup
	for p := range pushers {
		work.Go(func() {
			for i := range each {
				e := Event{Source: uint8(p), Time: uint64(i)}
				e.Data[0], e.Data[15] = uint8(i), uint8(i)
				r.push(&e)
			}
		})
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	taken := uint64(0)
	var last [pushers]int
	take := func() {
		var e Event
		for r.take(&e) {
			taken++
			if e.Data[0] != uint8(e.Time) || e.Data[15] != uint8(e.Time) {
				t.Errorf("event %d of pusher %d is torn", e.Time, e.Source)
			}
			if int(e.Time) < last[e.Source] {
				t.Errorf("pusher %d: event %d after %d", e.Source, e.Time, last[e.Source])
			}
			last[e.Source] = int(e.Time)
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		take()
	}
	take()
	if got := taken + r.dropped.Load(); got != pushers*each {
		t.Errorf("%d taken and %d dropped of %d", taken, r.dropped.Load(), pushers*each)
	}
}

func BenchmarkPush(b *testing.B) {
	s := &System{ring: newRing(), events: []string{"packets"}}
	e := Event{N: 16}
	var taken Event
	b.ReportAllocs()
	for b.Loop() {
		s.Push(e)
		s.ring.take(&taken)
	}
}

func BenchmarkPushParallel(b *testing.B) {
	s := &System{ring: newRing(), events: []string{"packets"}}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.Push(Event{N: 16})
		}
	})
}
