package vnet

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/clock"
)

type named int

func (named) fire(*Network, clock.Instant) {}
func (named) what() string                 { return "" }

// The queue is compared with a list that is sorted each time.
func TestEventQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type scheduled struct {
			at, seq int
			e       *entry
		}
		var q eventQueue
		entries := make([]entry, 8)
		for i := range entries {
			entries[i].fire = named(i)
		}
		var model []scheduled
		remove := func(e *entry) {
			model = slices.DeleteFunc(model, func(s scheduled) bool { return s.e == e })
		}
		for seq := range rapid.IntRange(1, 200).Draw(t, "steps") {
			e := &entries[rapid.IntRange(0, 7).Draw(t, "entry")]
			at := rapid.IntRange(0, 10).Draw(t, "at")
			if at == 10 {
				q.set(e, clock.Never)
				remove(e)
			} else {
				// Set for the same instant again, it keeps its place.
				if e.index == 0 || e.at != clock.Instant(at) {
					remove(e)
					model = append(model, scheduled{at, seq, e})
				}
				q.set(e, clock.Instant(at))
			}
			if len(model) == 0 {
				if q.next() != clock.Never {
					t.Fatalf("an empty queue has something at %v", q.next())
				}
				continue
			}
			first := slices.MinFunc(model, func(a, b scheduled) int {
				if a.at != b.at {
					return a.at - b.at
				}
				return a.seq - b.seq
			})
			if q.heap[0] != first.e || q.next() != clock.Instant(first.at) {
				t.Fatalf("next is %v at %v, want %v at %d", q.heap[0].fire, q.next(),
					first.e.fire, first.at)
			}
		}
	})
}
