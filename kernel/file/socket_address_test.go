package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
)

// TestAddressesMeet: who may be at one port, and who is reached.
func TestAddressesMeet(t *testing.T) {
	type at struct {
		six, only bool
		ip        [16]byte
	}
	four := func(a, b, c, d byte) (ip [16]byte) {
		copy(ip[:], prefix4[:])
		copy(ip[12:], []byte{a, b, c, d})
		return ip
	}
	any4, lo4 := at{ip: four(0, 0, 0, 0)}, at{ip: four(127, 0, 0, 1)}
	any6, lo6 := at{six: true}, at{six: true, ip: [16]byte{15: 1}}
	only6 := at{six: true, only: true}
	mapped := at{six: true, ip: four(127, 0, 0, 1)}
	for _, c := range []struct {
		a, b  at
		clash bool
	}{
		{any4, any4, true}, {any4, lo4, true}, {lo4, at{ip: four(127, 0, 0, 2)}, false},
		{any4, any6, true}, {any4, only6, false}, {only6, any6, true}, {lo4, lo6, false},
		{lo4, only6, false}, {lo4, any6, true}, {lo6, any4, false}, {mapped, lo4, true},
		{mapped, only6, false}, {mapped, any4, true},
	} {
		for _, swap := range []bool{false, true} {
			a, b := c.a, c.b
			if swap {
				a, b = b, a
			}
			f := newTable(t)
			f.sockets[0] = socket{state: bound, six: a.six, only: a.only, local: address{a.ip, 80}}
			f.sockets[1] = socket{state: fresh, six: b.six, only: b.only}
			f.socketEnd = 2
			if got := f.taken(&f.sockets[1], &address{b.ip, 80}); got != c.clash {
				t.Errorf("%v beside %v: %v", b, a, got)
			}
			if f.taken(&f.sockets[1], &address{b.ip, 81}) {
				t.Error("another port is taken")
			}
		}
	}
}

// TestFamilies: a listener of both families, within the machine.
func TestFamilies(t *testing.T) {
	f := newTable(t)
	l := uint64(f.NewSocket(abi.FamilyIPv6, 1, 0))
	at, n := f.six(address{port: 80})
	want(t, "bind", f.Bind(l, at, n), 0)
	want(t, "a short address", f.Connect(l, at, 16), -abi.EINVAL)
	want(t, "listen", f.Listen(l, 5), 0)
	want(t, "listen again", f.Listen(l, 9), 0)
	c4, c6 := f.socket(t), uint64(f.NewSocket(abi.FamilyIPv6, 1, 0))
	at, n = f.inet(0, 0, 0, 0, 80)
	want(t, "connect", f.Connect(c4, at, n), 0)
	at, n = f.six(address{port: 80})
	want(t, "connect", f.Connect(c6, at, n), 0)
	for _, four := range []bool{true, false} {
		s := uint64(f.Accept(l, 0, 0, 0))
		peer, local := f.name(t, s, true), f.name(t, s, false)
		if peer.is4() != four || !peer.inside() || local.is4() != four || !local.inside() {
			t.Errorf("peer %v, local %v", peer, local)
		}
	}
	only := uint64(f.NewSocket(abi.FamilyIPv6, 1, 0))
	f.Space.Store32(f.base, 1)
	want(t, "IPV6_V6ONLY", f.Option(only, abi.ProtocolIPv6, abi.OptionOnly, f.base, 4), 0)
	f.OptionOf(only, abi.ProtocolIPv6, abi.OptionOnly, f.base, f.base+8)
	if v, _ := f.Space.Load32(f.base); v != 1 {
		t.Errorf("IPV6_V6ONLY is %d", v)
	}
	to := outside(80)
	at, n = f.six(to)
	want(t, "IPv4 of who wants IPv6", f.Connect(only, at, n), -abi.ENETUNREACH)
	f.closeAll(t)
}

// TestOptions: those with a meaning, and those that are refused.
func TestOptions(t *testing.T) {
	f := newTable(t)
	server := f.server(t, 80)
	c, s := f.pair(t, server, 80)
	f.Space.Store64(f.base, 1)
	want(t, "SO_LINGER", f.Option(c, abi.LevelSocket, abi.OptionLinger, f.base, 8), 0)
	want(t, "SO_LINGER, short", f.Option(c, abi.LevelSocket, abi.OptionLinger, f.base, 4), -abi.EINVAL)
	want(t, "SO_LINGER, bad", f.Option(c, abi.LevelSocket, abi.OptionLinger, 8, 8), -abi.EFAULT)
	want(t, "a group", f.Option(c, abi.ProtocolIP, abi.OptionJoin, f.base, 8), -abi.ENODEV)
	want(t, "a group", f.Option(c, abi.ProtocolIPv6, abi.OptionJoin6, f.base, 8), -abi.ENODEV)
	only := func(at uint64) int64 { return f.Option(c, abi.ProtocolIPv6, abi.OptionOnly, at, 4) }
	want(t, "IPV6_V6ONLY of IPv4", only(f.base), -abi.EINVAL)
	want(t, "IPV6_V6ONLY, bad", only(8), -abi.EFAULT)
	f.OptionOf(c, abi.LevelSocket, abi.OptionType, f.base, f.base+8)
	f.OptionOf(f.udp(t, 2), abi.LevelSocket, abi.OptionType, f.base+16, f.base+8)
	stream, _ := f.Space.Load32(f.base)
	datagram, _ := f.Space.Load32(f.base + 16)
	if stream != 1 || datagram != 2 {
		t.Errorf("SO_TYPE %d and %d", stream, datagram)
	}
	text, n := f.put("bytes")
	f.Write(c, text, n)
	want(t, "close with a linger of 0", f.Close(c), 0)
	want(t, "what came before", f.Read(s, f.base, 10), 5)
	want(t, "write", f.Write(s, f.base, 10), -abi.ECONNRESET)
	want(t, "write", f.Write(s, f.base, 10), -abi.EPIPE)
	f.closeAll(t)
}
