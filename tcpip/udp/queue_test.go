package udp

import (
	"bytes"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

var peer = netip.MustParseAddrPort("10.0.0.2:5000")

func TestQueue(t *testing.T) {
	var q Queue
	if _, _, ok := q.Front(); ok {
		t.Error("an empty queue has a front")
	}
	if _, _, ok := q.Pop(nil); ok {
		t.Error("an empty queue pops")
	}
	for _, p := range []string{"hello", "", "a longer one"} {
		if !q.Push([]byte(p), peer) {
			t.Fatalf("a queue of %d datagrams is full", q.Len())
		}
	}
	p := make([]byte, 8)
	if n, from, ok := q.Pop(p); n != 5 || from != peer || !ok || string(p[:n]) != "hello" {
		t.Errorf("the first is %q from %v, %v", p[:n], from, ok)
	}
	if n, _, ok := q.Pop(p); n != 0 || !ok {
		t.Errorf("the second is %d bytes, %v; want a datagram of none", n, ok)
	}
	// recvfrom(2): what does not fit is lost, and the caller hears how long it was.
	if n, _, ok := q.Pop(p); n != 12 || !ok || string(p) != "a longer" {
		t.Errorf("the third is %d bytes, %q, %v; want 12 of which 8 fit", n, p, ok)
	}
	if q.Len() != 0 || q.Bytes() != 0 {
		t.Errorf("%d datagrams, %d bytes are left", q.Len(), q.Bytes())
	}
	defer func() {
		if recover() == nil {
			t.Error("Drop of an empty queue returned, want a panic")
		}
	}()
	q.Drop()
}

func TestQueueLimits(t *testing.T) {
	q := NewQueue(Limits{DatagramsMax: 3})
	for i := range 5 {
		if got, want := q.Push([]byte{1}, peer), i < 3; got != want {
			t.Errorf("datagram %d of at most 3 is taken: %v, want %v", i+1, got, want)
		}
	}
	q = NewQueue(Limits{BytesMax: 4096})
	for i := range 5 {
		if got, want := q.Push(make([]byte, 1000), peer), i < 2; got != want {
			t.Errorf("datagram %d of 2 KiB in 4 is taken: %v, want %v", i+1, got, want)
		}
	}
	q.Clear()
	if q.Len() != 0 || q.Bytes() != 0 || q.ring != nil {
		t.Error("a cleared queue holds memory")
	}
	// A socket can always receive the largest datagram there is, if it waits for nothing else.
	if !q.Push(make([]byte, 65507), peer) || q.Push(nil, peer) {
		t.Error("want an empty queue to take a datagram larger than its limit, and nothing after it")
	}
}

// TestQueueModel compares with a slice under random calls.
func TestQueueModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := NewQueue(Limits{DatagramsMax: 100})
		var model [][]byte
		serial := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "times") {
					serial++
					p := bytes.Repeat([]byte{serial}, rapid.IntRange(0, 300).Draw(t, "size"))
					addr := netip.AddrPortFrom(peer.Addr(), uint16(serial))
					if taken := q.Push(p, addr); taken != (len(model) < 100) {
						t.Fatalf("with %d datagrams one more is taken: %v", len(model), taken)
					} else if taken {
						model = append(model, p)
					}
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 60).Draw(t, "times") {
					p := make([]byte, 300)
					n, addr, ok := q.Pop(p)
					if ok != (len(model) > 0) {
						t.Fatalf("with %d datagrams one comes out: %v", len(model), ok)
					}
					if !ok {
						break
					}
					want := model[0]
					if !bytes.Equal(p[:n], want) || n > 0 && addr.Port() != uint16(want[0]) {
						t.Fatalf("%x from %v, want %x", p[:n], addr, want)
					}
					model = model[1:]
				}
			},
			"": func(t *rapid.T) {
				if q.Len() != len(model) || len(model) == 0 && (q.Bytes() != 0 || len(q.ring) > ringKeep) {
					t.Fatalf("%d datagrams of %d bytes in a ring of %d, want %d", q.Len(), q.Bytes(),
						len(q.ring), len(model))
				}
			},
		})
	})
}

func BenchmarkQueue(b *testing.B) {
	var q Queue
	p := make([]byte, 1400)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		q.Push(p, peer)
		q.Pop(p)
	}
}
