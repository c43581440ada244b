//go:build !race

package udp

import "testing"

// Under the race detector sync.Pool forgets at random.
func TestQueueAllocatesNothing(t *testing.T) {
	var q Queue
	p := make([]byte, 1400)
	n := testing.AllocsPerRun(100, func() {
		for range 4 {
			q.Push(p, peer)
		}
		for range 4 {
			q.Pop(p)
		}
	})
	if n >= 1 { // a collection may empty the pool of frames
		t.Errorf("four datagrams through a queue allocate %v times, want 0", n)
	}
}
