package udp

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ends reads "LOCAL" or "LOCAL>REMOTE".
func ends(text string) (local, remote netip.AddrPort) {
	l, r, connected := strings.Cut(text, ">")
	local = netip.MustParseAddrPort(l)
	if connected {
		remote = netip.MustParseAddrPort(r)
	}
	return local, remote
}

// TestBind has pairs of sockets, and whether the second may be bound beside the first.
func TestBind(t *testing.T) {
	for _, c := range []struct {
		first, second string
		want          error
	}{
		{"10.0.0.1:53", "10.0.0.1:53", ErrInUse},
		{"10.0.0.1:53", "10.0.0.1:54", nil},
		{"10.0.0.1:53", "10.0.0.2:53", nil},
		{"10.0.0.1:53", "0.0.0.0:53", ErrInUse},
		{"0.0.0.0:53", "10.0.0.1:53", ErrInUse},
		{"0.0.0.0:53", "0.0.0.0:53", ErrInUse},
		// "::" takes both families, as package net's sockets do.
		{"0.0.0.0:53", "[::]:53", ErrInUse},
		{"10.0.0.1:53", "[::]:53", ErrInUse},
		{"[::]:53", "10.0.0.1:53", ErrInUse},
		{"[2001:db8::1]:53", "[::]:53", ErrInUse},
		{"[2001:db8::1]:53", "0.0.0.0:53", nil},
		{"[2001:db8::1]:53", "10.0.0.1:53", nil},
		{"[fe80::1%eth0]:53", "[fe80::1%eth1]:53", nil},
		{"[fe80::1%eth0]:53", "[fe80::1%eth0]:53", ErrInUse},
		// Connected sockets share a port if their peers differ.
		{"10.0.0.1:53>10.0.0.9:1", "10.0.0.1:53>10.0.0.9:1", ErrInUse},
		{"10.0.0.1:53>10.0.0.9:1", "10.0.0.1:53>10.0.0.9:2", nil},
		{"10.0.0.1:53>10.0.0.9:1", "10.0.0.1:53", ErrInUse},
		{"10.0.0.1:53>10.0.0.9:1", "0.0.0.0:53", ErrInUse},
		{"10.0.0.1:53>10.0.0.9:1", "10.0.0.2:53", nil},
		{"10.0.0.1:53", "10.0.0.1:53>10.0.0.9:1", ErrInUse},
		{"[::]:53", "10.0.0.1:53>10.0.0.9:1", ErrInUse},
	} {
		var table Table[int]
		l, r := ends(c.first)
		if err := table.Bind(l, r, 1); err != nil {
			t.Fatal(err)
		}
		l, r = ends(c.second)
		if err := table.Bind(l, r, 2); !errors.Is(err, c.want) {
			t.Errorf("%s beside %s: %v, want %v", c.second, c.first, err, c.want)
		}
		// And again once the first has gone.
		l, r = ends(c.first)
		table.Remove(l, r)
		l, r = ends(c.second)
		if c.want != nil {
			if err := table.Bind(l, r, 2); err != nil {
				t.Errorf("%s once %s has gone: %v", c.second, c.first, err)
			}
		}
		table.Remove(l, r)
		if table.Len() != 0 || len(table.ports) != 0 || len(table.connected) != 0 {
			t.Errorf("%s, %s: the table is not empty", c.first, c.second)
		}
	}
}

func TestFind(t *testing.T) {
	var table Table[string]
	for _, s := range []string{
		"10.0.0.1:53", "[::]:54", "0.0.0.0:55", "[2001:db8::1]:55",
		"10.0.0.1:56>10.0.0.9:1", "10.0.0.1:56>10.0.0.9:2", "10.0.0.2:56", "[fe80::1%eth0]:57",
	} {
		l, r := ends(s)
		if err := table.Bind(l, r, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	for _, c := range []struct{ datagram, want string }{
		{"10.0.0.1:53>10.0.0.9:7", "10.0.0.1:53"},
		{"10.0.0.2:53>10.0.0.9:7", ""},
		{"10.0.0.2:54>10.0.0.9:7", "[::]:54"},
		{"[2001:db8::2]:54>[2001:db8::9]:7", "[::]:54"},
		{"10.0.0.2:55>10.0.0.9:7", "0.0.0.0:55"},
		{"[2001:db8::1]:55>[2001:db8::9]:7", "[2001:db8::1]:55"},
		{"[2001:db8::2]:55>[2001:db8::9]:7", ""},
		{"10.0.0.1:56>10.0.0.9:1", "10.0.0.1:56>10.0.0.9:1"},
		{"10.0.0.1:56>10.0.0.9:2", "10.0.0.1:56>10.0.0.9:2"},
		{"10.0.0.1:56>10.0.0.9:3", ""},
		{"10.0.0.2:56>10.0.0.9:1", "10.0.0.2:56"},
		{"[fe80::1%eth0]:57>[fe80::9%eth0]:7", "[fe80::1%eth0]:57"},
		{"[fe80::1%eth1]:57>[fe80::9%eth1]:7", ""},
		{"10.0.0.1:9>10.0.0.9:7", ""},
	} {
		l, r := ends(c.datagram)
		if got, ok := table.Find(l, r); got != c.want || ok != (c.want != "") {
			t.Errorf("datagram %s is for %q, %v; want %q", c.datagram, got, ok, c.want)
		}
	}
	var all []string
	table.All(func(local, remote netip.AddrPort, s string) {
		if l, r := ends(s); l != local || r != remote {
			t.Errorf("%s is listed at %v, %v", s, local, remote)
		}
		all = append(all, s)
	})
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != table.Len() {
		t.Errorf("%d sockets are listed, there are %d", len(all), table.Len())
	}
}

func TestRemoveNobody(t *testing.T) {
	for _, s := range []string{"10.0.0.1:53", "10.0.0.1:53>10.0.0.9:1", "10.0.0.1:60"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s, which is not bound, was removed; want a panic", s)
				}
			}()
			var table Table[int]
			l, r := ends("10.0.0.2:53")
			_ = table.Bind(l, r, 1)
			table.Remove(ends(s))
		}()
	}
}

func TestTableFull(t *testing.T) {
	var table Table[int]
	for i := range SocketsMax {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		if err := table.Bind(netip.AddrPortFrom(a, uint16(i)), netip.AddrPort{}, i); err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
	}
	if err := table.Bind(peer, netip.AddrPort{}, 0); !errors.Is(err, ErrTableFull) {
		t.Errorf("one socket more than %d: %v, want %v", SocketsMax, err, ErrTableFull)
	}
}

// TestTableModel compares Find with the rule: of all sockets the one that is connected to the peer,
// or else the one whose address covers the datagram's.
func TestTableModel(t *testing.T) {
	locals := []string{"10.0.0.1", "10.0.0.2", "0.0.0.0", "::", "2001:db8::1"}
	remotes := []string{"10.0.0.9:1", "10.0.0.9:2", "[2001:db8::9]:1"}
	rapid.Check(t, func(t *rapid.T) {
		var table Table[int]
		model := map[pair]int{}
		draw := func(t *rapid.T, wild bool) pair {
			a := netip.MustParseAddr(rapid.SampledFrom(locals).Draw(t, "local"))
			port := rapid.Uint16Range(1, 2).Draw(t, "port")
			p := pair{local: netip.AddrPortFrom(a, port)}
			if !wild || rapid.Bool().Draw(t, "connected") {
				p.remote = netip.MustParseAddrPort(rapid.SampledFrom(remotes).Draw(t, "remote"))
			}
			return p
		}
		serial := 0
		t.Repeat(map[string]func(*rapid.T){
			"bind": func(t *rapid.T) {
				p := draw(t, true)
				if p.remote.IsValid() && p.local.Addr().IsUnspecified() {
					return
				}
				free := true
				for o := range model {
					same := o.local.Port() == p.local.Port() && overlap(o.local.Addr(), p.local.Addr())
					peers := o.remote.IsValid() && p.remote.IsValid() && o.remote != p.remote
					free = free && (!same || peers)
				}
				serial++
				if err := table.Bind(p.local, p.remote, serial); (err == nil) != free {
					t.Fatalf("%v: %v, want it to be free: %v", p, err, free)
				} else if free {
					model[p] = serial
				}
			},
			"remove": func(t *rapid.T) {
				p := draw(t, true)
				if _, ok := model[p]; ok {
					table.Remove(p.local, p.remote)
					delete(model, p)
				}
			},
			"": func(t *rapid.T) {
				p := draw(t, false)
				want := model[p]
				for o, s := range model {
					if want == 0 && !o.remote.IsValid() && o.local.Port() == p.local.Port() &&
						covers(o.local.Addr(), p.local.Addr()) {
						want = s
					}
				}
				got, ok := table.Find(p.local, p.remote)
				if got != want || ok != (want != 0) || table.Len() != len(model) {
					t.Fatalf("datagram %v is for %d, %v; want %d", p, got, ok, want)
				}
			},
		})
	})
}

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct{ name, socket string }{
		{"open", "0.0.0.0:53"}, {"connected", "10.0.0.1:53>10.0.0.9:1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var table Table[int]
			l, r := ends(c.socket)
			_ = table.Bind(l, r, 1)
			l, r = ends("10.0.0.1:53>10.0.0.9:1")
			b.ReportAllocs()
			for b.Loop() {
				table.Find(l, r)
			}
		})
	}
}
