package entropy

import "sync/atomic"

// EventsMax is how many pushed events wait to be mixed in; what comes above it is dropped and
// counted. A power of two.
const EventsMax = 1024

// ring carries events from those who push to the system. Pushing takes no lock and no memory: a
// slot is claimed by one compare-and-swap, written, and handed over by its turn. Who pushes into a
// full ring does not wait.
type ring struct {
	tail    atomic.Uint64 // the next slot to claim
	_       [56]byte      // a cache line of its own
	head    atomic.Uint64 // the next slot to take; only the system's
	dropped atomic.Uint64
	slots   [EventsMax]slot
}

// slot holds one event. Slot i of the ring is free for position p when turn is p, and full when it
// is p+1; taking it makes it free for the position one round later.
type slot struct {
	turn  atomic.Uint64
	event Event
}

func newRing() *ring {
	r := &ring{}
	for i := range r.slots {
		r.slots[i].turn.Store(uint64(i))
	}
	return r
}

// push adds an event, or counts it as dropped.
func (r *ring) push(e *Event) {
	for {
		at := r.tail.Load()
		s := &r.slots[at%EventsMax]
		switch turn := s.turn.Load(); {
		case turn == at:
			if r.tail.CompareAndSwap(at, at+1) {
				s.event = *e
				s.turn.Store(at + 1)
				return
			}
		case turn < at: // the event of a round ago still waits
			r.dropped.Add(1)
			return
		}
	}
}

// take returns the oldest event. Only one goroutine may call it at a time.
func (r *ring) take(e *Event) bool {
	at := r.head.Load()
	s := &r.slots[at%EventsMax]
	if s.turn.Load() != at+1 {
		return false
	}
	*e = s.event
	s.turn.Store(at + EventsMax)
	r.head.Store(at + 1)
	return true
}
