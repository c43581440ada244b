package entropy_test

import (
	"bytes"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
)

// TestNothingIsServedBeforeReady hammers a system at its start: many goroutines read from the first
// instant on, and no read returns before both sources have given what is needed.
func TestNothingIsServedBeforeReady(t *testing.T) {
	const rounds, readers = 30, 8
	for round := range rounds {
		gate := make(chan struct{})
		var opened atomic.Bool
		held := entropytest.Symbols(entropytest.Spec("held", 8, 1000), gated(gate, uint64(round)))
		s := compose(t, entropy.Config{Sources: []entropy.Source{good("a", 1), held}})
		shared := s.Stream("shared")
		var work sync.WaitGroup
		for reader := range readers {
			work.Go(func() {
				st := shared
				if reader%2 == 0 {
					st = s.Stream("own")
				}
				for _, n := range []int{1, 32, 5000, 9000} {
					p := make([]byte, n)
					if m, err := st.Read(p); m != n || err != nil {
						t.Errorf("Read of %d = %d, %v", n, m, err)
					}
					if !opened.Load() {
						t.Errorf("a read was served before the second source had given anything")
					}
					if n >= 32 && bytes.Equal(p, make([]byte, n)) {
						t.Errorf("a read of %d bytes gave zeros", n)
					}
				}
			})
		}
		if round%2 == 0 {
			time.Sleep(time.Millisecond)
		}
		if s.Status().Ready {
			t.Error("ready with one source")
		}
		opened.Store(true)
		close(gate)
		work.Wait()
		s.Close()
	}
}

func TestStreamsAreIndependent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair()})
		a := s.Stream("a")
		seen := map[string]bool{}
		for _, p := range [][]byte{read(t, a, 32), read(t, a, 32), read(t, s.Stream("a"), 32),
			read(t, s.Stream("b"), 32), read(t, s.Stream(""), 32)} {
			if seen[string(p)] {
				t.Errorf("two streams, or two reads of one, gave %x", p)
			}
			seen[string(p)] = true
		}
	})
}

// TestReadIsNeverShort reads all kinds of lengths, round the limits of buffers and keys.
func TestReadIsNeverShort(t *testing.T) {
	s := entropytest.Deterministic(t, "lengths")
	st := s.Stream("test")
	for _, n := range []int{0, 1, 31, 32, 8191, 8192, 8193, 16383, 16384, 16385, 65535, 65536, 65537,
		1 << 20} {
		p := read(t, st, n)
		if n >= 64 && bytes.Contains(p, make([]byte, 32)) {
			t.Errorf("a read of %d bytes holds 32 zeros in a row", n)
		}
	}
}

func TestDeterministicStreams(t *testing.T) {
	draw := func(t testing.TB, seed string, labels ...string) map[string]string {
		s := entropytest.Deterministic(t, seed)
		got := map[string]string{}
		for _, label := range labels {
			st := s.Stream(label)
			key := label
			for got[key] != "" {
				key += "'"
			}
			got[key] = hex.EncodeToString(append(read(t, st, 20), read(t, st, 20000)[19990:]...))
		}
		return got
	}
	first := draw(t, "seed", "a", "b", "a")
	other := draw(t, "seed", "b", "a", "a")
	for key, bytes := range first {
		if other[key] != bytes {
			t.Errorf("stream %s gave %s and, made in another order, %s", key, bytes, other[key])
		}
	}
	if first["a"] == first["a'"] || first["a"] == first["b"] {
		t.Error("two streams are equal")
	}
	if draw(t, "another", "a")["a"] == first["a"] {
		t.Error("two seeds give the same stream")
	}
	// The bytes are part of what people pin in their own tests: a change is a break.
	const want = "328b4bc5c9953217ac327cff0284d08e63ccd799"
	if got := first["a"]; got[:40] != want {
		t.Errorf("stream a of seed begins with %s, want %s", got[:40], want)
	}
	synctest.Test(t, func(t *testing.T) {
		if got := draw(t, "seed", "a")["a"]; got != first["a"] {
			t.Errorf("in a bubble the stream is %s, outside %s", got, first["a"])
		}
	})
	st := entropytest.Deterministic(t, "seed").Status()
	if !st.Ready || !st.Deterministic || st.CreditedBits != 0 {
		t.Errorf("status of a deterministic system is %+v; want ready, deterministic, no credit", st)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	s := entropytest.Deterministic(t, "allocations", entropytest.NewGeneration())
	st := s.Stream("test")
	for _, c := range []struct{ n, allocs int }{{32, 0}, {1024, 0}, {65536, 2}} {
		p := make([]byte, c.n)
		// Small reads re-key every 16 KiB: two allocations in many reads are none on average.
		if got := int(testing.AllocsPerRun(100, func() { st.Read(p) })); got > c.allocs {
			t.Errorf("a read of %d bytes allocates %d times, want at most %d", c.n, got, c.allocs)
		}
	}
}

// TestReadersShareNoBytes has many read one stream at the same time.
func TestReadersShareNoBytes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair()})
		st := s.Stream("test")
		var work sync.WaitGroup
		seen := make([][]byte, 32)
		for i := range seen {
			work.Go(func() { seen[i] = read(t, st, 4096) })
		}
		work.Wait()
		blocks := map[string]bool{}
		for _, p := range seen {
			for ; len(p) > 0; p = p[16:] {
				if blocks[string(p[:16])] {
					t.Fatalf("two readers of one stream got the block %x", p[:16])
				}
				blocks[string(p[:16])] = true
			}
		}
	})
}
