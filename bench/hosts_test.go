package bench

import (
	"fmt"
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// address is that of a host by its number, from 0 on.
func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}) }

// portOf is an address to dial.
func portOf(i int, port uint16) netip.AddrPort { return netip.AddrPortFrom(address(i), port) }

// addHosts adds hosts with one interface each, whose ports are still to be connected.
func addHosts(n *host.Network, count, mtu int, o tcp.Options) ([]*host.Host, []*vnet.Port) {
	hosts, ports := make([]*host.Host, count), make([]*vnet.Port, count)
	for i := range hosts {
		hosts[i] = host.New(n, host.Config{
			Name:  fmt.Sprint("h", i),
			Stack: tcpip.Config{Secret: [32]byte{byte(i)}, TCP: o},
		})
		ports[i] = hosts[i].AddInterface(tcpip.Interface{
			Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, byte(i + 1)}, MTU: mtu, Offload: true,
			NoDAD: true, Addrs: []netip.Prefix{netip.PrefixFrom(address(i), 24)},
		})
	}
	return hosts, ports
}

// linkedHosts adds two hosts with a link between them.
func linkedHosts(n *host.Network, s vnet.Settings) []*host.Host {
	hosts, ports := addHosts(n, 2, s.MTU, tcp.Options{})
	n.Do(func(_ clock.Instant, v *vnet.Network) { v.Connect(ports[0], ports[1], s) })
	return hosts
}

// framesSent counts what hosts have sent.
func framesSent(hosts []*host.Host) (frames uint64) {
	for _, h := range hosts {
		h.Inspect(func(s *tcpip.Stack) { frames += s.Stats().FramesSent })
	}
	return frames
}
