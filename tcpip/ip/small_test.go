package ip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter(10, 3)
	now := clock.Instant(time.Second)
	for i := range 5 {
		if got, want := l.Allow(now), i < 3; got != want {
			t.Errorf("number %d of a burst may pass: %v, want %v", i+1, got, want)
		}
	}
	// A tenth of a second makes room for one more.
	if now = now.Add(99 * time.Millisecond); l.Allow(now) {
		t.Error("99 ms after a burst one may pass, want none")
	}
	if now = now.Add(time.Millisecond); !l.Allow(now) || l.Allow(now) {
		t.Error("100 ms after a burst, want one to pass and no more")
	}
	passed := 0
	for range 10_000 {
		now = now.Add(time.Millisecond)
		if l.Allow(now) {
			passed++
		}
	}
	if passed != 100 {
		t.Errorf("in ten seconds at 1000 a second %d passed, want 100", passed)
	}
	now = now.Add(time.Hour)
	for i := range 5 {
		if got, want := l.Allow(now), i < 3; got != want {
			t.Errorf("after a rest number %d may pass: %v, want %v", i+1, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	var ids, again IDs
	const a, b = 0x1234_5678_9abc_def0, 0x1234_5678_0000_0001 // they share a counter
	seen := map[uint32]bool{}
	for i := range 1 << 16 {
		id := ids.Next(a)
		if seen[id&0xffff] {
			t.Fatalf("identification %d of a flow comes again after %d packets, want 65536", id, i)
		}
		seen[id&0xffff] = true
		if id != again.Next(a) {
			t.Fatal("two stacks with one secret differ")
		}
	}
	if x, y := ids.Next(b), ids.Next(b); y != x+1 {
		t.Errorf("identifications of another flow: %d, %d; want them to count up", x, y)
	}
}

func TestPathMTU(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("2001:db8::9")
	for _, c := range []struct {
		what      string
		dst       netip.Addr
		mtu, sent int
		path      int
		fragment  bool
		news      bool
	}{
		{"a smaller link", v4, 1400, 1500, 1400, false, true},
		{"a router that does not know: the plateau below", v4, 0, 1500, 1492, false, true},
		{"the same below the last plateau", v4, 0, 60, 0, false, false},
		{"more than was sent", v4, 1500, 1500, 0, false, false},
		{"very little: let routers cut", v4, 300, 1500, 552, true, true},
		{"less than IPv4 has", v4, 67, 1500, 0, false, false},
		{"a smaller link", v6, 1400, 1500, 1400, false, true},
		{"the least there is", v6, 1280, 1500, 1280, false, true},
		{"RFC 8201 §4: less than the least is discarded", v6, 1279, 1500, 0, false, false},
		{"nothing", v6, 0, 1500, 0, false, false},
	} {
		var p PathMTU
		path, news := p.Learn(0, c.dst, c.mtu, c.sent)
		mtu, fragment, ok := p.Lookup(0, c.dst)
		if path != c.path || news != c.news || mtu != c.path || fragment != c.fragment || ok != c.news {
			t.Errorf("%s: %d for %d sent to %v: Learn says %d, %v, Lookup %d, %v, %v; want %d, %v, %v",
				c.what, c.mtu, c.sent, c.dst, path, news, mtu, fragment, ok, c.path, c.fragment, c.news)
		}
	}
}

func TestPathMTUAges(t *testing.T) {
	var p PathMTU
	dst, now := netip.MustParseAddr("10.0.0.9"), clock.Instant(0)
	p.Learn(now, dst, 1400, 1500)
	if mtu, news := p.Learn(now, dst, 1450, 1500); mtu != 1400 || news {
		t.Errorf("a larger MTU is taken: %d, %v; want 1400, no news", mtu, news)
	}
	now = now.Add(9 * time.Minute)
	if mtu, news := p.Learn(now, dst, 1400, 1500); mtu != 1400 || news {
		t.Errorf("the same again: %d, %v; want 1400, no news", mtu, news)
	}
	if mtu, news := p.Learn(now, dst, 1300, 1400); mtu != 1300 || !news {
		t.Errorf("a smaller one: %d, %v; want 1300, news", mtu, news)
	}
	if _, _, ok := p.Lookup(now.Add(PathMTUAge-1), dst); !ok {
		t.Error("forgotten before 10 minutes since the last message")
	}
	if _, _, ok := p.Lookup(now.Add(PathMTUAge), dst); ok {
		t.Error("remembered for more than 10 minutes")
	}
	if _, _, ok := p.Lookup(now, dst); ok || p.oldest != nil || p.young != nil {
		t.Error("an aged path leaves something behind")
	}
}

func TestPathMTUFull(t *testing.T) {
	var p PathMTU
	addr := func(n int) netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	}
	for n := range DestinationsMax {
		p.Learn(clock.Instant(n), addr(n), 1400, 1500)
	}
	p.Learn(DestinationsMax, addr(0), 1300, 1400) // heard of again: young
	p.Learn(DestinationsMax, addr(DestinationsMax), 1400, 1500)
	if len(p.paths) != DestinationsMax {
		t.Errorf("%d destinations, want %d", len(p.paths), DestinationsMax)
	}
	for n, want := range map[int]bool{0: true, 1: false, 2: true, DestinationsMax: true} {
		if _, _, ok := p.Lookup(DestinationsMax, addr(n)); ok != want {
			t.Errorf("destination %d is known: %v, want %v: the oldest goes", n, ok, want)
		}
	}
}

func BenchmarkPathMTULookup(b *testing.B) {
	var p PathMTU
	dst := netip.MustParseAddr("10.0.0.9")
	p.Learn(0, dst, 1400, 1500)
	b.ReportAllocs()
	for b.Loop() {
		p.Lookup(1, dst)
	}
}
