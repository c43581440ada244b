package vnet

import "github.com/atoll-os/atoll/clock"

// entry is something that happens at an instant. It lies in at most one place of one queue.
type entry struct {
	at    clock.Instant
	seen  clock.Instant // before this instant nobody outside sees what it leads to; at or later
	seq   uint64
	index int // place in the heap + 1; 0 is not queued
	fire  firer
}

type firer interface {
	// fire lets the entry's event happen. It takes the entry out of the queue or sets it anew.
	fire(n *Network, now clock.Instant)
	what() string // for a message: whose event it is
}

// eventQueue is a binary heap by (instant, sequence). A rescheduled entry gets a new sequence.
type eventQueue struct {
	heap []*entry
	seq  uint64
}

func (q *eventQueue) next() clock.Instant {
	if len(q.heap) == 0 {
		return clock.Never
	}
	return q.heap[0].at
}

// nextSeen returns the earliest instant of which somebody outside can see something. It looks at no
// more entries than will have happened by then.
func (q *eventQueue) nextSeen() clock.Instant { return q.seenBelow(0, clock.Never) }

func (q *eventQueue) seenBelow(i int, best clock.Instant) clock.Instant {
	if i >= len(q.heap) || q.heap[i].at >= best {
		return best
	}
	best = min(best, q.heap[i].seen)
	return q.seenBelow(2*i+2, q.seenBelow(2*i+1, best))
}

// set schedules e at an instant, moves it there, or with Never takes it out.
func (q *eventQueue) set(e *entry, at clock.Instant) { q.setSeen(e, at, at) }

// setSeen is set for an entry that nobody sees before a later instant.
func (q *eventQueue) setSeen(e *entry, at, seen clock.Instant) {
	e.seen = seen
	switch {
	case at == clock.Never:
		if e.index > 0 {
			q.remove(e)
		}
		return
	case e.index > 0 && e.at == at:
		return
	}
	q.seq++
	e.at, e.seq = at, q.seq
	if e.index == 0 {
		q.heap = append(q.heap, e)
		e.index = len(q.heap)
		q.up(e.index - 1)
		return
	}
	if i := e.index - 1; !q.down(i) {
		q.up(i)
	}
}

func (q *eventQueue) remove(e *entry) {
	i, last := e.index-1, len(q.heap)-1
	if i != last {
		q.swap(i, last)
	}
	q.heap[last] = nil
	q.heap = q.heap[:last]
	e.index = 0
	if i != last && !q.down(i) {
		q.up(i)
	}
}

func (q *eventQueue) less(i, j int) bool {
	a, b := q.heap[i], q.heap[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

func (q *eventQueue) swap(i, j int) {
	h := q.heap
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

func (q *eventQueue) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !q.less(i, parent) {
			return
		}
		q.swap(i, parent)
		i = parent
	}
}

func (q *eventQueue) down(i int) (moved bool) {
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			return moved
		}
		if child+1 < len(q.heap) && q.less(child+1, child) {
			child++
		}
		if !q.less(child, i) {
			return moved
		}
		q.swap(i, child)
		i, moved = child, true
	}
}
