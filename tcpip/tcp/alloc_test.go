//go:build !race

package tcp

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// Under the race detector a sync.Pool forgets at random, so this file is left out there.

// TestSize: an idle connection is about 1 KiB (1152 bytes is a size of the allocator), also when it
// has moved data: a part of the 6 KiB that both ends may cost with sockets and programs.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 1152 {
		t.Errorf("a Conn has %d bytes, and should have at most 1152", size)
	}
	const pairs = 500
	keep := make([]*joined, pairs)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ca, cb := benchConfig(1460, 0)
	buf := make([]byte, 64<<10)
	for i := range keep {
		j := &joined{buf: buf}
		j.connect(&ca, &cb)
		var q buffer.Queue
		q.Append(make([]byte, 30000))
		j.a.Send(&q)
		for range 10 {
			j.now = j.now.Add(50 * time.Millisecond)
			j.pass(j.a, j.b)
			n := j.b.Receive(&q)
			q.Discard(n)
			j.b.Consumed(n)
			j.pass(j.b, j.a)
		}
		if j.a.una != j.a.nxt || j.b.Received() != 0 {
			t.Fatal("the connection is not idle")
		}
		keep[i] = j
	}
	runtime.GC()
	runtime.GC() // the second empties the pools
	runtime.ReadMemStats(&after)
	size := int(after.HeapAlloc-before.HeapAlloc) / (2 * pairs)
	if size > 1400 {
		t.Errorf("an idle connection holds %d bytes of heap", size)
	}
	runtime.KeepAlive(keep)
	t.Logf("Conn: %d bytes, idle: %d bytes of heap", unsafe.Sizeof(Conn{}), size)
}

// TestNoAllocations: a segment costs no allocation on either end.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("a sync.Pool forgets at random")
	}
	j := newJoined(1460, 0)
	var out, in buffer.Queue
	chunk := make([]byte, 30000)
	turn := func() {
		out.Append(chunk)
		j.a.Send(&out)
		for range 8 {
			j.now = j.now.Add(time.Millisecond)
			j.pass(j.a, j.b)
			n := j.b.Receive(&in)
			in.Discard(n)
			j.b.Consumed(n)
			j.pass(j.b, j.a)
		}
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n > 0.5 {
		t.Errorf("%v allocations for 21 segments, expected none", n)
	}
	var h wire.TCP
	if n := testing.AllocsPerRun(100, func() {
		h = wire.TCP{Seq: j.b.rcvNxt + 9000, Ack: j.b.nxt, Flags: wire.ACK}
		j.b.Input(j.now, &h, nil)
		j.b.Poll(j.now, &j.seg)
	}); n > 0 {
		t.Errorf("%v allocations for a bad segment, expected none", n)
	}
}
