package tcpip

import "github.com/atoll-os/atoll/clock"

// timers is a binary heap of TCP sockets by (instant, id). A socket knows its place in it.
//
// An entry may be early, never late: a connection under way moves its timer on with every segment,
// and to leave the entry where it is costs one look when it is due instead of a walk through the
// heap for each segment.
type timers struct{ heap []*TCPSocket }

// next returns the earliest instant, Never if there is none.
func (q *timers) next() clock.Instant {
	if len(q.heap) == 0 {
		return clock.Never
	}
	return q.heap[0].timerAt
}

// set makes t due at an instant, or before; Never takes it out.
func (q *timers) set(t *TCPSocket, at clock.Instant) {
	switch {
	case t.timerIndex == 0 && at == clock.Never:
	case t.timerIndex == 0:
		t.timerAt = at
		q.heap = append(q.heap, t)
		t.timerIndex = len(q.heap)
		q.up(t.timerIndex - 1)
	case at == clock.Never:
		q.remove(t)
	case at < t.timerAt:
		t.timerAt = at
		q.up(t.timerIndex - 1)
	}
}

// pop takes the earliest socket out.
func (q *timers) pop() *TCPSocket {
	t := q.heap[0]
	q.remove(t)
	return t
}

func (q *timers) remove(t *TCPSocket) {
	i, last := t.timerIndex-1, len(q.heap)-1
	t.timerIndex = 0
	moved := q.heap[last]
	q.heap[last] = nil
	q.heap = q.heap[:last]
	if i == last {
		return
	}
	q.place(i, moved)
	if !q.down(i) {
		q.up(i)
	}
}

func (q *timers) place(i int, t *TCPSocket) {
	q.heap[i] = t
	t.timerIndex = i + 1
}

func earlier(a, b *TCPSocket) bool {
	return a.timerAt < b.timerAt || a.timerAt == b.timerAt && a.id < b.id
}

func (q *timers) up(i int) {
	t := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !earlier(t, q.heap[parent]) {
			break
		}
		q.place(i, q.heap[parent])
		i = parent
	}
	q.place(i, t)
}

func (q *timers) down(i int) (moved bool) {
	t := q.heap[i]
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			break
		}
		if child+1 < len(q.heap) && earlier(q.heap[child+1], q.heap[child]) {
			child++
		}
		if !earlier(q.heap[child], t) {
			break
		}
		q.place(i, q.heap[child])
		i, moved = child, true
	}
	q.place(i, t)
	return moved
}
