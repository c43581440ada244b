package ip

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func route(dst, via string, port, metric int) Route {
	r := Route{Dst: netip.MustParsePrefix(dst), Port: port, Metric: metric}
	if via != "" {
		r.Via = netip.MustParseAddr(via)
	}
	return r
}

func TestRoutes(t *testing.T) {
	var table Routes
	for _, r := range []Route{
		route("0.0.0.0/0", "192.0.2.1", 0, 0),
		route("192.0.2.77/24", "", 0, 0),
		route("10.0.0.0/8", "192.0.2.2", 0, 5),
		route("10.0.0.0/8", "192.0.2.3", 0, 4),
		route("10.1.0.0/16", "192.0.2.4", 0, 0),
		route("10.1.2.3/32", "", 1, 0),
		route("255.0.0.0/8", "", 2, 0),
		route("2001:db8::/32", "fe80::1", 3, 0),
		route("2001:db8:0:0:8000::/65", "fe80::2", 3, 0),
		route("ffff::/16", "", 4, 0),
	} {
		if err := table.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ dst, want string }{
		{"0.0.0.0", "0.0.0.0/0 via 192.0.2.1 port 0"},
		{"192.0.1.255", "0.0.0.0/0 via 192.0.2.1 port 0"},
		{"192.0.2.0", "192.0.2.0/24 port 0"},
		{"192.0.2.255", "192.0.2.0/24 port 0"},
		{"192.0.3.0", "0.0.0.0/0 via 192.0.2.1 port 0"},
		{"10.0.0.1", "10.0.0.0/8 via 192.0.2.3 port 0 metric 4"},
		{"10.1.2.2", "10.1.0.0/16 via 192.0.2.4 port 0"},
		{"10.1.2.3", "10.1.2.3/32 port 1"},
		{"10.1.2.4", "10.1.0.0/16 via 192.0.2.4 port 0"},
		{"10.255.255.255", "10.0.0.0/8 via 192.0.2.3 port 0 metric 4"},
		{"255.255.255.255", "255.0.0.0/8 port 2"},
		{"2001:db8::1", "2001:db8::/32 via fe80::1 port 3"},
		{"2001:db8::7fff:ffff:ffff:ffff", "2001:db8::/32 via fe80::1 port 3"},
		{"2001:db8::8000:0:0:0", "2001:db8:0:0:8000::/65 via fe80::2 port 3"},
		{"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:0:8000::/65 via fe80::2 port 3"},
		{"2001:db8:0:1::", "2001:db8::/32 via fe80::1 port 3"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff::/16 port 4"},
		{"::1", ""},
		{"2001:db9::", ""},
	} {
		got := ""
		if r, ok := table.Lookup(netip.MustParseAddr(c.dst)); ok {
			got = r.String()
		}
		if got != c.want {
			t.Errorf("route to %s is %q, want %q: the longest prefix", c.dst, got, c.want)
		}
	}
	if table.Remove(route("10.0.0.0/8", "192.0.2.9", 0, 0)) {
		t.Error("a route that is not there was removed")
	}
	if !table.Remove(route("10.0.0.0/8", "192.0.2.3", 0, 0)) {
		t.Error("a route was not removed for its metric: that does not name it")
	}
	if r, _ := table.Lookup(netip.MustParseAddr("10.0.0.1")); r.Metric != 5 {
		t.Errorf("with the best route gone, the way is %v, want metric 5", r)
	}
	if r := table.All(); len(r) != 9 || r[0].Dst.Bits() != 0 || r[8].Port != 4 {
		t.Errorf("all routes are %v, want 9 in order", r)
	}
}

func TestRoutesFull(t *testing.T) {
	var table Routes
	for i := range RoutesMax {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if err := table.Add(Route{Dst: netip.PrefixFrom(a, 32)}); err != nil {
			t.Fatalf("route %d: %v", i, err)
		}
	}
	if err := table.Add(route("11.0.0.0/8", "", 0, 0)); err != ErrRoutesFull {
		t.Errorf("route %d: %v, want %v", RoutesMax+1, err, ErrRoutesFull)
	}
	if err := table.Add(route("10.0.0.0/32", "", 0, 9)); err != nil {
		t.Errorf("a route that replaces another: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a route to the zero prefix was added, want a panic")
		}
	}()
	_ = table.Add(Route{})
}

// TestRoutesModel compares with the definition: of the prefixes that hold an address the longest,
// and of those the one with the lowest metric.
func TestRoutesModel(t *testing.T) {
	// Few bits, so that prefixes nest and touch.
	addr := rapid.Custom(func(t *rapid.T) netip.Addr {
		v := rapid.IntRange(0, 255).Draw(t, "bits")
		if rapid.Bool().Draw(t, "v6") {
			ends := [16]byte{0: byte(v & 0xf0), 7: byte(v & 3), 8: byte(v << 5), 15: byte(v & 15)}
			return netip.AddrFrom16(ends)
		}
		return netip.AddrFrom4([4]byte{byte(v & 0xf0), 0, 0, byte(v & 15)})
	})
	prefix := rapid.Custom(func(t *rapid.T) netip.Prefix {
		a := addr.Draw(t, "addr")
		bits := rapid.SampledFrom([]int{0, 1, 4, 8, 28, 30, 31, 32, 63, 64, 65, 68, 127, 128})
		p, _ := a.Prefix(min(bits.Draw(t, "length"), a.BitLen()))
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		var table Routes
		var model []Route
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				r := Route{Dst: prefix.Draw(t, "dst"), Port: rapid.IntRange(0, 2).Draw(t, "port"),
					Metric: rapid.IntRange(0, 3).Draw(t, "metric")}
				if err := table.Add(r); err != nil {
					t.Fatal(err)
				}
				for i, o := range model {
					if o.Dst == r.Dst && o.Port == r.Port {
						model = append(model[:i], model[i+1:]...)
						break
					}
				}
				model = append(model, r)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					return
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				if !table.Remove(model[i]) {
					t.Fatalf("%v was not there", model[i])
				}
				model = append(model[:i], model[i+1:]...)
			},
			"": func(t *rapid.T) {
				a := addr.Draw(t, "to")
				var want Route
				found := false
				for _, r := range model {
					if !r.Dst.Contains(a) {
						continue
					}
					if !found || r.Dst.Bits() > want.Dst.Bits() ||
						r.Dst == want.Dst && compareRoutes(r, want) < 0 {
						want, found = r, true
					}
				}
				if got, ok := table.Lookup(a); got != want || ok != found {
					t.Fatalf("route to %v is %v, %v; want %v, %v", a, got, ok, want, found)
				}
			},
		})
	})
}

func BenchmarkRouteLookup(b *testing.B) {
	for _, c := range []struct {
		name   string
		routes int
	}{{"four", 4}, {"thousand", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			var table Routes
			rand := rand.New(rand.NewPCG(1, 2))
			_ = table.Add(route("0.0.0.0/0", "192.0.2.1", 0, 0))
			dst := netip.Addr{}
			for range c.routes {
				v := rand.Uint32()
				dst = netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), 1})
				p, _ := dst.Prefix(8 + rand.IntN(17))
				_ = table.Add(Route{Dst: p, Port: 1})
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := table.Lookup(dst); !ok {
					b.Fatal("no route")
				}
			}
		})
	}
}

func TestRouteLookupAllocatesNothing(t *testing.T) {
	var table Routes
	_ = table.Add(route("2001:db8::/32", "fe80::1", 3, 0))
	dst := netip.MustParseAddr("2001:db8::1")
	table.Lookup(dst)
	if n := testing.AllocsPerRun(100, func() { table.Lookup(dst) }); n != 0 {
		t.Errorf("a look-up allocates %v times, want 0", n)
	}
}
