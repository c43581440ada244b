package neigh

import "github.com/atoll-os/atoll/clock"

// timers is a binary heap of entries by (instant, born).
type timers struct{ heap []*entry }

// set has the timer of e expire at an instant; clock.Never stops it.
func (q *timers) set(e *entry, at clock.Instant) {
	if e.timerIndex != 0 {
		q.remove(e)
	}
	e.timer = at
	if at == clock.Never {
		return
	}
	q.heap = append(q.heap, e)
	e.timerIndex = len(q.heap)
	q.up(len(q.heap) - 1)
}

func (q *timers) remove(e *entry) {
	i, last := e.timerIndex-1, len(q.heap)-1
	q.swap(i, last)
	q.heap[last] = nil
	q.heap = q.heap[:last]
	e.timerIndex = 0
	if i < last {
		q.down(i)
		q.up(i)
	}
}

func (q *timers) less(i, j int) bool {
	a, b := q.heap[i], q.heap[j]
	return a.timer < b.timer || a.timer == b.timer && a.born < b.born
}

func (q *timers) swap(i, j int) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.heap[i].timerIndex, q.heap[j].timerIndex = i+1, j+1
}

func (q *timers) up(i int) {
	for i > 0 && q.less(i, (i-1)/2) {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (q *timers) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			return
		}
		if child+1 < len(q.heap) && q.less(child+1, child) {
			child++
		}
		if !q.less(child, i) {
			return
		}
		q.swap(i, child)
		i = child
	}
}
