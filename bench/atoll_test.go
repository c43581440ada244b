package bench

import (
	"net"
	"net/netip"
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// atollPair is two hosts on one link without delay, through package host: the path that programs
// take.
type atollPair struct {
	client *host.Host
	server net.Listener
}

func newAtoll(b *testing.B, super bool) pair {
	mtu := 1500
	if super {
		mtu = vnet.MTUUnlimited
	}
	n := host.Real(prng.New(1))
	b.Cleanup(func() { n.Close() })
	var hosts [2]*host.Host
	var ports [2]*vnet.Port
	for i := range hosts {
		hosts[i] = host.New(n, host.Config{
			Name:  string(rune('a' + i)),
			Stack: tcpip.Config{Secret: [32]byte{byte(i)}},
		})
		ports[i] = hosts[i].AddInterface(tcpip.Interface{
			Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, byte(i + 1)}, MTU: mtu, Offload: true,
			NoDAD: true,
			Addrs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)},
		})
	}
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(ports[0], ports[1], vnet.Settings{MTU: mtu})
	})
	l, err := hosts[1].Listen("tcp", "10.0.0.2:80")
	if err != nil {
		b.Fatal(err)
	}
	return &atollPair{hosts[0], l}
}

func (p *atollPair) listener() net.Listener { return p.server }

func (p *atollPair) dial() (net.Conn, error) { return p.client.Dial("tcp", "10.0.0.2:80") }
