package host

import (
	"net"
	"net/netip"
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// pair is two hosts a (10.0.0.1, fd00::1) and b (.2) on one link.
type pair struct {
	network *Network
	a, b    *Host
	link    *vnet.Link
}

func newPair(t testing.TB, n *Network, s vnet.Settings, o tcp.Options) *pair {
	t.Helper()
	t.Cleanup(func() { n.Close() })
	return makePair(n, s, o)
}

func makePair(n *Network, s vnet.Settings, o tcp.Options) *pair {
	p := &pair{network: n}
	names := table{
		"a": {netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")},
		"b": {netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("fd00::2")},
	}
	var ports [2]*vnet.Port
	for i, name := range [2]string{"a", "b"} {
		h := New(n, Config{Name: name, Resolver: names, Stack: tcpip.Config{
			Secret: [32]byte{byte(i + 1)}, TCP: o,
		}})
		ports[i] = h.AddInterface(tcpip.Interface{
			Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, byte(i + 1)}, MTU: s.MTU, Offload: true,
			NoDAD: true,
			Addrs: []netip.Prefix{
				netip.PrefixFrom(names[name][0], 24), netip.PrefixFrom(names[name][1], 64),
			},
		})
		if i == 0 {
			p.a = h
		} else {
			p.b = h
		}
	}
	n.Do(func(_ clock.Instant, v *vnet.Network) { p.link = v.Connect(ports[0], ports[1], s) })
	return p
}

// connect returns the two ends of a TCP connection from a to b.
func (p *pair) connect(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := p.b.Listen("tcp", "b:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	type accepted struct {
		c   net.Conn
		err error
	}
	got := make(chan accepted, 1)
	go func() {
		c, err := l.Accept()
		got <- accepted{c, err}
	}()
	client, err = p.a.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := <-got
	if s.err != nil {
		t.Fatal(s.err)
	}
	return client, s.c
}

func seed(n uint64) *prng.Stream { return prng.New(n) }

// endpoints returns how many of a host are open.
func endpoints(h *Host) int {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	return len(h.open)
}
