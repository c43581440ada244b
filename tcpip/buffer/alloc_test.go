//go:build !race

package buffer

import "testing"

// Under the race detector a sync.Pool forgets at random, so this file is left out there.

func TestQueueAllocs(t *testing.T) {
	var q, r Queue
	p := pattern(1460)
	run := func() {
		for range 100 {
			q.Append(p)
		}
		q.CopyAt(p, 50000)
		q.MoveTo(&r)
		for r.Len() > 0 {
			r.Read(p)
		}
	}
	run()
	if got := testing.AllocsPerRun(50, run); got >= 1 {
		t.Errorf("%v allocations in steady state, want 0", got)
	}
}

func TestAdoptAllocs(t *testing.T) {
	var q Queue
	l := &lender{bytes: pattern(1 << 16)}
	run := func() {
		q.Adopt(l.bytes, l)
		q.Discard(1 << 16)
	}
	run()
	if got := testing.AllocsPerRun(50, run); got >= 1 {
		t.Errorf("%v allocations in steady state, want 0", got)
	}
}
