package tcpip

import (
	"net/netip"
	"slices"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// AddAddress gives an interface one more address with its network, as Interface.Addrs does. A
// second time changes nothing, and so do more than AddressesMax.
func (s *Stack) AddAddress(now clock.Instant, port int, p netip.Prefix) {
	s.addAddress(now, s.ifaces[port], p)
	s.addressesChanged()
}

// RemoveAddress takes an address from an interface, and the route to its network unless another
// address needs that. Nothing is sent from it any more: connections that have it can only time out.
func (s *Stack) RemoveAddress(port int, p netip.Prefix) {
	i := s.ifaces[port]
	addr := i.zoned(p.Addr().Unmap())
	at := slices.IndexFunc(i.addrs, func(a address) bool { return a.addr == addr })
	if at < 0 {
		return
	}
	network := i.addrs[at].prefix
	i.addrs = slices.Delete(i.addrs, at, at+1)
	needed := slices.ContainsFunc(i.addrs, func(a address) bool {
		return a.prefix.Masked() == network.Masked()
	})
	if !needed && !network.IsSingleIP() {
		s.routes.Remove(Route{Dst: network.Masked(), Port: port})
	}
	s.addressesChanged()
}

// Announce tells the stations on an interface's link whose its IPv4 addresses are (RFC 5227 §2.3,
// §3): who asked for one before it was there need not ask again.
func (s *Stack) Announce(port int) {
	i := s.ifaces[port]
	for k := range i.addrs {
		if a := &i.addrs[k]; a.usable() && a.addr.Is4() {
			s.sendARP(i, wire.Broadcast, wire.ARP{Op: wire.ARPRequest, SenderMAC: i.MAC,
				SenderIP: a.addr, TargetIP: a.addr})
		}
	}
}
