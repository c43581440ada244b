package neigh

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

func addrN(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// check fails if the parts of a cache contradict one another.
func (c *Cache) check(t *rapid.T) {
	count := 0
	for k := range c.lists {
		n := 0
		for e, newer := c.lists[k].front, (*entry)(nil); e != nil; e, newer = e.older, e {
			if c.entries[e.addr] != e || e.list() != k || e.newer != newer {
				t.Fatalf("list %d holds %v, %v, in the wrong place", k, e.addr, e.state)
			}
			n++
		}
		if n != c.lists[k].count {
			t.Fatalf("list %d has %d entries, counts %d", k, n, c.lists[k].count)
		}
		count += n
	}
	for i, e := range c.timers.heap {
		if e.timerIndex != i+1 || i > 0 && c.timers.less(i, (i-1)/2) {
			t.Fatalf("the heap of timers is in disorder at %d", i)
		}
	}
	for _, e := range c.entries {
		timed := e.state == Incomplete || e.state == Delay || e.state == Probe
		if timed != (e.timerIndex != 0) || e.state == None {
			t.Fatalf("%v is %v, its timer runs: %v", e.addr, e.state, e.timerIndex != 0)
		}
		if len(e.pending) > c.cfg.PendingMax || len(e.pending) > 0 && e.state != Incomplete {
			t.Fatalf("%v is %v, %d frames wait", e.addr, e.state, len(e.pending))
		}
		if e.state == Permanent {
			count++
		}
	}
	if count != len(c.entries) || len(c.entries) > c.cfg.EntriesMax {
		t.Fatalf("%d entries in lists, %d in the table of %d", count, len(c.entries), c.cfg.EntriesMax)
	}
}

// TestAnything calls anything in any order: the parts agree, limits hold, no frame is lost.
//
//tidy:long a case for each method
func TestAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(Config{EntriesMax: 6, PendingMax: 3})
		now, queued, back := clock.Instant(0), 0, 0
		addr := func(t *rapid.T) netip.Addr { return addrN(rapid.IntRange(1, 10).Draw(t, "addr")) }
		mac := func(t *rapid.T) wire.MAC {
			n := rapid.ByteRange(0, 3).Draw(t, "mac")
			if n == 0 {
				return wire.MAC{}
			}
			return wire.MAC{2, 0, 0, 0, 0, n}
		}
		returned := func(frames ...*vnet.Frame) {
			for _, f := range frames {
				back++
				f.Release()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				a := addr(t)
				if _, ok := c.Lookup(now, a); ok {
					return
				}
				queued++
				if old := c.Queue(now, a, frame(0)); old != nil {
					returned(old)
				}
			},
			"learn": func(t *rapid.T) {
				how := How(rapid.ByteRange(0, 7).Draw(t, "how"))
				returned(c.Learn(now, addr(t), mac(t), how)...)
			},
			"confirm": func(t *rapid.T) { c.Confirm(now, addr(t)) },
			"pin": func(t *rapid.T) {
				// At most half of the table.
				a := addrN(rapid.IntRange(1, 3).Draw(t, "addr"))
				returned(c.Pin(now, a, mac(t))...)
			},
			"advance": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
				for {
					s, ok := c.Poll(now)
					if !ok {
						break
					}
					returned(s.Frames...)
				}
				if c.Next() <= now {
					t.Fatalf("Poll is done at %v, Next is %v", now, c.Next())
				}
			},
			"entries": func(t *rapid.T) {
				byAddr := func(a, b Entry) int { return a.Addr.Compare(b.Addr) }
				if all := c.Entries(now); !slices.IsSortedFunc(all, byAddr) {
					t.Fatalf("entries in disorder: %v", all)
				}
			},
			"": func(t *rapid.T) {
				c.check(t)
				waiting := 0
				for _, e := range c.entries {
					waiting += len(e.pending)
				}
				if dropped := int(c.Stats().FramesDropped); queued != back+waiting+dropped {
					t.Fatalf("%d queued, %d came back, %d wait, %d dropped", queued, back, waiting, dropped)
				}
			},
		})
	})
}

// TestTimersOfOneInstant: those that began first come first, whatever the table's order.
func TestTimersOfOneInstant(t *testing.T) {
	c := New(Config{})
	for i := range 100 {
		c.Queue(0, addrN(100-i), frame(0))
	}
	for i := range 100 {
		s, ok := c.Poll(0)
		if !ok || s.Addr != addrN(100-i) {
			t.Fatalf("question %d is for %v, want %v", i, s.Addr, addrN(100-i))
		}
	}
}

// TestReachableTimes: RFC 4861 §6.3.2 wants them spread over 0.5 to 1.5 times the base.
func TestReachableTimes(t *testing.T) {
	var least, most time.Duration = time.Hour, 0
	for n := range 1000 {
		c := New(Config{Seed: 1})
		c.Learn(0, addrN(n), oldMAC, Create|Override)
		c.Confirm(0, addrN(n))
		d := c.entries[addrN(n)].until.Sub(0)
		least, most = min(least, d), max(most, d)
	}
	if least < 15*time.Second || least > 16*time.Second || most > 45*time.Second ||
		most < 44*time.Second {
		t.Errorf("1000 neighbours are reachable for %v to %v, want about 15 s to 45 s", least, most)
	}
}

func TestQueueForAKnownNeighbour(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Queue for a neighbour that Lookup knows returned, want a panic")
		}
	}()
	c := New(Config{})
	c.Learn(0, target, oldMAC, Request)
	c.Queue(0, target, frame(1))
}

func TestLookupAllocatesNothing(t *testing.T) {
	c := New(Config{})
	var addrs [4]netip.Addr
	for i := range addrs {
		addrs[i] = addrN(i)
		c.Learn(0, addrs[i], oldMAC, Request)
		c.Lookup(0, addrs[i])
	}
	n := testing.AllocsPerRun(100, func() {
		for _, a := range addrs {
			c.Lookup(0, a)
			c.Confirm(0, a)
			c.Lookup(0, a)
		}
	})
	if n != 0 {
		t.Errorf("a look-up allocates %v times, want 0", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, c := range []struct {
		name  string
		hosts int
	}{{"one", 1}, {"sixteen", 16}, {"thousand", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			cache := New(Config{EntriesMax: 2000})
			addrs := make([]netip.Addr, c.hosts)
			for i := range addrs {
				addrs[i] = addrN(i)
				mac := wire.MAC{2}
				binary.BigEndian.PutUint32(mac[2:], uint32(i))
				cache.Learn(0, addrs[i], mac, Request)
				cache.Confirm(0, addrs[i])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				cache.Lookup(1, addrs[i])
				if i++; i == len(addrs) {
					i = 0
				}
			}
		})
	}
}
