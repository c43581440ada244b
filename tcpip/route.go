package tcpip

import (
	"net/netip"
	"slices"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
)

// Route says where packets for a network go.
type Route = ip.Route

// AddRoute adds a route. Networks of the interfaces' own addresses need none. It panics on an
// interface that does not exist and on more than ip.RoutesMax routes.
func (s *Stack) AddRoute(r Route) {
	if uint(r.Port) >= uint(len(s.ifaces)) {
		panic("tcpip: a route to an interface that does not exist")
	}
	if err := s.routes.Add(r); err != nil {
		panic("tcpip: " + err.Error())
	}
	s.generation++
}

// SetRoutes puts these in the place of all routes that go by way of another machine, but for those
// from router advertisements.
func (s *Stack) SetRoutes(list []Route) {
	for _, r := range s.routes.All() {
		if r.Via.IsValid() && !s.learnt(r) {
			s.routes.Remove(r)
		}
	}
	s.generation++
	for _, r := range list {
		s.AddRoute(r)
	}
}

// learnt reports whether a route is from router advertisements.
func (s *Stack) learnt(r Route) bool {
	return slices.ContainsFunc(s.ifaces[r.Port].ndp.host.routes, func(l learntRoute) bool {
		return l.Dst == r.Dst && l.Via == r.Via
	})
}

// Routes lists the routes, those to the networks of the interfaces' addresses included.
func (s *Stack) Routes() []Route { return s.routes.All() }

// route finds the interface and the neighbour for a destination; the loopback for our own
// addresses.
func (s *Stack) route(dst netip.Addr) (i *iface, nextHop netip.Addr, ok bool) {
	if s.owns(dst) {
		return s.lo, dst, true
	}
	if zone := dst.Zone(); zone != "" {
		i := s.named(zone)
		return i, dst, i != nil
	}
	if dst == broadcast4 && len(s.ifaces) > 0 {
		return s.ifaces[0], dst, true
	}
	r, ok := s.routes.Lookup(dst)
	if !ok {
		return nil, dst, false
	}
	if nextHop = dst; r.Via.IsValid() {
		nextHop = r.Via
	}
	return s.ifaces[r.Port], nextHop, true
}

// pathMTU returns the largest packet for a destination that leaves by i.
func (s *Stack) pathMTU(now clock.Instant, i *iface, dst netip.Addr) (mtu int, fragment bool) {
	mtu = i.mtu()
	if advertised := i.ndp.host.mtu; advertised != 0 && dst.Is6() {
		mtu = min(mtu, advertised)
	}
	if known, cut, ok := s.paths.Lookup(now, dst); ok {
		return min(mtu, known), cut
	}
	return mtu, false
}

// source chooses the address for packets to dst that leave by i (RFC 6724 §5).
func (s *Stack) source(i *iface, dst netip.Addr) (netip.Addr, bool) {
	if i.loopback() {
		if dst.IsLoopback() && dst.Is4() {
			return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
		}
		return dst, true
	}
	list := s.sources[:0]
	for _, k := range s.ifaces {
		for n := range k.addrs {
			a := &k.addrs[n]
			// A link-local address means something on its own link only (RFC 4007 §9).
			if a.usable() && (k == i || !a.addr.Is6() || !a.addr.IsLinkLocalUnicast()) {
				list = append(list, ip.Source{Addr: a.addr, Port: k.index,
					Deprecated: a.state == deprecated})
			}
		}
	}
	s.sources = list
	return ip.SelectSource(dst, i.index, list)
}
