package tcpip

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// TestTableModel compares the table of sockets with a map. Ids are few, so chains are long.
func TestTableModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h table
		model := map[uint16]*TCPSocket{}
		remote := netip.MustParseAddrPort("10.0.0.2:80")
		at := func(port uint16) netip.AddrPort {
			return netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), port)
		}
		port := rapid.Uint16Range(0, 300)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				p := port.Draw(t, "port")
				if model[p] == nil {
					s := &TCPSocket{local: at(p), remote: remote}
					s.id = uint64(p % 64)
					h.insert(s)
					model[p] = s
				}
			},
			"remove": func(t *rapid.T) {
				p := port.Draw(t, "port")
				if s := model[p]; s != nil {
					h.remove(s)
					delete(model, p)
				}
			},
			"": func(t *rapid.T) {
				p := port.Draw(t, "port")
				if got := h.find(uint64(p%64), at(p), remote); got != model[p] {
					t.Fatalf("find of port %d = %v, want %v", p, got, model[p])
				}
				if n := len(h.all(nil)); n != len(model) || h.count != len(model) {
					t.Fatalf("%d sockets listed, %d counted, want %d", n, h.count, len(model))
				}
			},
		})
	})
}

// TestTimersModel compares the heap with a sorted list.
func TestTimersModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q timers
		sockets := make([]*TCPSocket, 20)
		due := map[*TCPSocket]clock.Instant{}
		for i := range sockets {
			sockets[i] = &TCPSocket{}
			sockets[i].id = uint64(i * 7 % 20)
		}
		one := rapid.IntRange(0, len(sockets)-1)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				s := sockets[one.Draw(t, "socket")]
				at := clock.Instant(rapid.IntRange(0, 30).Draw(t, "at"))
				q.set(s, at)
				if was, ok := due[s]; !ok || at < was {
					due[s] = at // an entry may be early, never late
				}
			},
			"never": func(t *rapid.T) {
				s := sockets[one.Draw(t, "socket")]
				q.set(s, clock.Never)
				delete(due, s)
			},
			"pop": func(t *rapid.T) {
				if len(due) == 0 {
					return
				}
				got, at := q.next(), clock.Never
				s := q.pop()
				for other, when := range due {
					at = min(at, when)
					if when < due[s] || when == due[s] && other.id < s.id {
						t.Fatalf("popped %v of id %d, but %v of id %d is before it",
							due[s], s.id, when, other.id)
					}
				}
				if got != at {
					t.Fatalf("next = %v, want %v", got, at)
				}
				delete(due, s)
			},
			"": func(t *rapid.T) {
				if len(q.heap) != len(due) {
					t.Fatalf("%d entries, want %d", len(q.heap), len(due))
				}
				for i, s := range q.heap {
					if s.timerIndex != i+1 {
						t.Fatalf("entry %d thinks that it is %d", i, s.timerIndex-1)
					}
				}
			},
		})
	})
}

// dialPorts returns the ports of n dials to a destination.
func dialPorts(t *testing.T, s *Stack, to string, n int) (ports []uint16) {
	for range n {
		c, err := s.DialTCP(0, netip.AddrPort{}, netip.MustParseAddrPort(to), tcp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, c.LocalAddr().Port())
	}
	return ports
}

// TestEphemeralPorts: RFC 6056 §3.3.3: ports of one destination follow each other, and say nothing
// about those of another; they depend on the secret and not on the order of dials.
func TestEphemeralPorts(t *testing.T) {
	const one, other = "10.0.0.2:80", "10.0.0.2:81"
	a, b := newVictim(Config{}), newVictim(Config{})
	c := newVictim(Config{Secret: [32]byte{1}})
	oneA := dialPorts(t, a.Stack, one, 3)
	otherA := dialPorts(t, a.Stack, other, 3)
	otherB := dialPorts(t, b.Stack, other, 3)
	oneB := dialPorts(t, b.Stack, one, 3)
	if !slices.Equal(oneA, oneB) || !slices.Equal(otherA, otherB) {
		t.Errorf("ports %v %v in one order, %v %v in the other, want the same",
			oneA, otherA, oneB, otherB)
	}
	for i := range 2 {
		if oneA[i+1] != oneA[i]+1 {
			t.Errorf("ports of one destination are %v, want them to follow each other", oneA)
		}
	}
	if slices.Equal(oneA, otherA) || slices.Equal(oneA, dialPorts(t, c.Stack, one, 3)) {
		t.Error("ports do not depend on destination and secret")
	}
	for _, p := range append(oneA, otherA...) {
		if p < ephemeralFirst || int(p) >= ephemeralFirst+ephemeralCount {
			t.Errorf("port %d is outside of the ephemeral range", p)
		}
	}
}

// TestNoPorts: when every ephemeral port is in use for a destination a dial says so; for another
// one there are as many again. One that becomes free is found.
func TestNoPorts(t *testing.T) {
	v := newVictim(Config{})
	ports := dialPorts(t, v.Stack, "10.0.0.2:80", ephemeralCount)
	slices.Sort(ports)
	if n := len(slices.Compact(ports)); n != ephemeralCount {
		t.Fatalf("%d different ports of %d dials", n, ephemeralCount)
	}
	to := netip.MustParseAddrPort("10.0.0.2:80")
	if _, err := v.DialTCP(0, netip.AddrPort{}, to, tcp.Options{}); err != ErrNoPorts {
		t.Errorf("one dial more: %v, want ErrNoPorts", err)
	}
	dialPorts(t, v.Stack, "10.0.0.2:81", 1)
	at := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), 40_000)
	v.remove(v.tcp.find(v.socketID(wire.ProtoTCP, at, to), at, to))
	if got := dialPorts(t, v.Stack, "10.0.0.2:80", 1); got[0] != 40_000 {
		t.Errorf("port %d, want 40000, the only free one", got[0])
	}
}

// TestDestinationsLimit: the counts of ports are forgotten when there are too many, not kept for
// ever.
func TestDestinationsLimit(t *testing.T) {
	s := New(Config{})
	for i := range 2*DestinationsMax + 1 {
		d := destination{wire.ProtoTCP, netip.MustParseAddr("127.0.0.1"),
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}), 80)}
		s.candidates(d, func(uint16) bool { return true })
	}
	if len(s.offsets) > DestinationsMax {
		t.Errorf("%d destinations are remembered, want at most %d", len(s.offsets), DestinationsMax)
	}
}

// TestInitialSequence: RFC 6528: it goes on with the clock, one each 4 µs, from a place that only
// who has the secret knows; a connection that follows another begins beyond it.
func TestInitialSequence(t *testing.T) {
	a, b := New(Config{}), New(Config{Secret: [32]byte{1}})
	one := a.newSocket(netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:2"))
	other := a.newSocket(netip.MustParseAddrPort("10.0.0.1:2"), netip.MustParseAddrPort("10.0.0.2:2"))
	first := a.initialSequence(0, one, nil)
	if got := a.initialSequence(4000*1000, one, nil) - first; got != 1000 {
		t.Errorf("after 4 ms the number is %d higher, want 1000", got)
	}
	if a.initialSequence(0, other, nil) == first || b.initialSequence(0, one, nil) == first {
		t.Error("the number does not depend on addresses and secret")
	}
	cfg, _ := New(Config{}).connConfig(0, &TCPSocket{local: netip.MustParseAddrPort("127.0.0.1:1"),
		remote: netip.MustParseAddrPort("127.0.0.1:2")}, tcp.Options{})
	cfg.ISS = first + 1_000_000
	one.Conn = tcp.Connect(0, &cfg)
	if got := a.initialSequence(0, one, one); int32(got-cfg.ISS) <= 0 {
		t.Errorf("a second connection begins at %d, the first had %d", got, cfg.ISS)
	}
}

// TestIDs: the id of a socket is of its addresses alone, with the interface for link-local ones.
func TestIDs(t *testing.T) {
	v := newVictim(Config{})
	v.AddInterface(0, Interface{Name: "eth1", MAC: wire.MAC{2, 0, 0, 0, 0, 1}, MTU: 1500, NoDAD: true})
	a := netip.MustParseAddrPort("10.0.0.1:1")
	seen := map[uint64]string{}
	for _, c := range []struct {
		p             wire.Protocol
		local, remote netip.AddrPort
	}{
		{wire.ProtoTCP, a, netip.MustParseAddrPort("10.0.0.2:2")},
		{wire.ProtoUDP, a, netip.MustParseAddrPort("10.0.0.2:2")},
		{wire.ProtoTCP, netip.MustParseAddrPort("10.0.0.2:2"), a},
		{wire.ProtoTCP, a, netip.AddrPort{}},
		{wire.ProtoTCP, netip.MustParseAddrPort("[::]:1"), netip.AddrPort{}},
		{wire.ProtoTCP, netip.MustParseAddrPort("[fe80::1%eth0]:1"),
			netip.MustParseAddrPort("[fe80::2%eth0]:1")},
		{wire.ProtoTCP, netip.MustParseAddrPort("[fe80::1%eth1]:1"),
			netip.MustParseAddrPort("[fe80::2%eth1]:1")},
	} {
		id := v.socketID(c.p, c.local, c.remote)
		name := c.p.String() + " " + c.local.String() + " " + c.remote.String()
		if old, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same id", old, name)
		}
		seen[id] = name
	}
}
