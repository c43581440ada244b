package tcpip

import (
	"net/netip"
	"slices"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/wire"
)

// LearntRoutesMax is how many routes an interface takes from router advertisements.
const LearntRoutesMax = 32

// Router solicitations, RFC 4861 §10.
const (
	solicitationsMax     = 3               // MAX_RTR_SOLICITATIONS
	solicitationInterval = 4 * time.Second // RTR_SOLICITATION_INTERVAL
	solicitationDelayMax = time.Second     // MAX_RTR_SOLICITATION_DELAY
)

// Metrics of routes that were learnt: those that somebody has configured count before them. A
// default router that does not answer counts after the others (RFC 4861 §6.3.6).
const (
	learntMetric      = 1024
	unreachableMetric = 1025
)

// hostState is what an interface has from router advertisements.
type hostState struct {
	solicit   clock.Instant // the next router solicitation
	solicited int
	hopLimit  uint8 // 0: none advertised
	mtu       int   // for IPv6; 0: none advertised
	routes    []learntRoute
}

// learntRoute is a default router, or a prefix that is on the link.
type learntRoute struct {
	Route
	until clock.Instant
}

// startSolicitations has an interface ask for routers (RFC 4861 §6.3.7).
func (s *Stack) startSolicitations(now clock.Instant, i *iface) {
	h := &i.ndp.host
	h.solicit = clock.Never
	if i.AcceptRA {
		h.solicit = now.Add(s.spread(solicitationDelayMax, uint64(i.index), hashWord(wire.AllRouters)))
		s.schedule(h.solicit)
	}
}

// pollHost sends the solicitation that is due and drops routes whose time is up.
func (s *Stack) pollHost(now clock.Instant, i *iface) {
	h := &i.ndp.host
	if now >= h.solicit {
		h.solicited++
		h.solicit = now.Add(solicitationInterval)
		if h.solicited == solicitationsMax {
			h.solicit = clock.Never
		}
		s.sendRouterSolicitation(now, i)
	}
	s.schedule(h.solicit)
	for k := 0; k < len(h.routes); k++ {
		if now >= h.routes[k].until {
			s.forgetRoute(i, k)
			k--
			continue
		}
		s.schedule(h.routes[k].until)
	}
}

func (s *Stack) sendRouterSolicitation(now clock.Instant, i *iface) {
	from, m := netip.IPv6Unspecified(), wire.RouterSolicitation{}
	if a := i.linkLocal(); a != nil {
		from, m.SourceMAC = a.addr, i.MAC
	}
	s.sendNDP(now, i, from, wire.AllRouters, m.Append)
}

// linkLocal returns the first IPv6 link-local address that i may use, nil if there is none.
func (i *iface) linkLocal() *address {
	for k := range i.addrs {
		if a := &i.addrs[k]; a.usable() && a.addr.Is6() && a.addr.IsLinkLocalUnicast() {
			return a
		}
	}
	return nil
}

// inputRouterAdvertisement is RFC 4861 §6.3.4; it reports false for a message that §6.1.2 has
// dropped.
func (s *Stack) inputRouterAdvertisement(now clock.Instant, p *packet) bool {
	m, err := wire.ParseRouterAdvertisement(p.data)
	if err != nil || !p.src.IsLinkLocalUnicast() {
		return false
	}
	i := p.in
	if !i.AcceptRA || i.find(p.src) != nil {
		return true
	}
	h := &i.ndp.host
	if m.HopLimit != 0 {
		h.hopLimit = m.HopLimit
	}
	i.neighbors.SetTimes(neighborTime(m.ReachableTime), neighborTime(m.RetransTimer))
	if m.SourceMAC != (wire.MAC{}) && !m.SourceMAC.IsMulticast() {
		s.learn(now, i, p.src, m.SourceMAC, neigh.Request)
	}
	if m.MTU >= mtuMin6 && int(m.MTU) <= i.mtu() {
		h.mtu = int(m.MTU)
	}
	if m.Lifetime != 0 {
		h.solicit = clock.Never
	}
	s.learnRoute(now, i, Route{Dst: everywhere6, Via: p.src, Port: i.index, Metric: learntMetric},
		uint32(m.Lifetime))
	for k := range m.Prefixes {
		info := &m.Prefixes[k]
		// RFC 4861 §6.3.4, RFC 4862 §5.5.3 b: the link-local prefix is no news.
		if info.Prefix.Addr().IsLinkLocalUnicast() || info.Prefix.Addr().IsMulticast() {
			continue
		}
		if info.OnLink {
			s.learnRoute(now, i, Route{Dst: info.Prefix, Port: i.index, Metric: learntMetric},
				info.ValidLifetime)
		}
		if info.Autonomous {
			s.learnAddress(now, i, info)
		}
	}
	s.generation++
	return true
}

var everywhere6 = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

// neighborTime is a time in milliseconds of a router advertisement, 0 for none. No more than an
// hour (RFC 4861 §6.2.1) and, so that nobody makes us ask without a pause, no less than 10 ms.
func neighborTime(ms uint32) time.Duration {
	if ms == 0 {
		return 0
	}
	return min(max(time.Duration(ms)*time.Millisecond, 10*time.Millisecond), time.Hour)
}

// lifetime returns when something of so many seconds ends.
func lifetime(now clock.Instant, seconds uint32) clock.Instant {
	if seconds == wire.LifetimeInfinite {
		return clock.Never
	}
	return now.Add(time.Duration(seconds) * time.Second)
}

// learnRoute takes over a route for some seconds; 0 ends it.
func (s *Stack) learnRoute(now clock.Instant, i *iface, r Route, seconds uint32) {
	h := &i.ndp.host
	at := slices.IndexFunc(h.routes, func(l learntRoute) bool {
		return l.Dst == r.Dst && l.Via == r.Via
	})
	switch {
	case seconds == 0:
		if at >= 0 {
			s.forgetRoute(i, at)
		}
		return
	case at < 0:
		// What somebody has configured stays, whatever a router says.
		configured := slices.ContainsFunc(s.routes.All(), func(o Route) bool {
			return o.Dst == r.Dst && o.Via == r.Via && o.Port == r.Port
		})
		if configured || len(h.routes) >= LearntRoutesMax {
			return
		}
		at = len(h.routes)
		h.routes = append(h.routes, learntRoute{})
	}
	h.routes[at] = learntRoute{r, lifetime(now, seconds)}
	s.schedule(h.routes[at].until)
	if s.routes.Add(r) != nil {
		h.routes = slices.Delete(h.routes, at, at+1) // the table is full: do without
	}
}

func (s *Stack) forgetRoute(i *iface, at int) {
	h := &i.ndp.host
	s.routes.Remove(h.routes[at].Route)
	h.routes = slices.Delete(h.routes, at, at+1)
	s.generation++
}

// removeRouter takes note that a neighbour is no router any more.
func (s *Stack) removeRouter(i *iface, addr netip.Addr) {
	for k := range i.ndp.host.routes {
		if i.ndp.host.routes[k].Via == addr {
			s.forgetRoute(i, k)
			return
		}
	}
}

// routerFailed takes note that a neighbour does not answer: if it is a default router, the others
// come first until it advertises itself again.
func (s *Stack) routerFailed(i *iface, addr netip.Addr) {
	for k := range i.ndp.host.routes {
		if r := &i.ndp.host.routes[k]; r.Via == addr && r.Metric != unreachableMetric {
			r.Metric = unreachableMetric
			// The table has room: this one replaces itself.
			if err := s.routes.Add(r.Route); err != nil {
				panic("tcpip: BUG: " + err.Error())
			}
			s.generation++
		}
	}
}

// learnAddress is RFC 4862 §5.5.3.
func (s *Stack) learnAddress(now clock.Instant, i *iface, info *wire.PrefixInformation) {
	if info.PreferredLifetime > info.ValidLifetime || info.Prefix.Bits() != 64 {
		return // c, d
	}
	addr := wire.StatelessAddress(info.Prefix.Addr(), i.MAC)
	a := i.find(addr)
	if a == nil {
		if info.ValidLifetime == 0 {
			return
		}
		// Whether the prefix is on the link is another matter, so the address is alone (RFC 5942
		// §4).
		if a = s.addAddress(now, i, netip.PrefixFrom(addr, addr.BitLen())); a == nil {
			return // AddressesMax
		}
		a.dad.learnt = true
		a.dad.validUntil = lifetime(now, info.ValidLifetime)
	}
	if !a.dad.learnt {
		return // configured by hand
	}
	// e: no stranger can make the address go away within two hours.
	valid, left := lifetime(now, info.ValidLifetime), a.dad.validUntil
	if soon := now.Add(2 * time.Hour); valid > soon || valid > left {
		a.dad.validUntil = valid
	} else if left > soon {
		a.dad.validUntil = soon
	}
	a.dad.preferredUntil = lifetime(now, info.PreferredLifetime)
	if a.state == deprecated && a.dad.preferredUntil > now {
		a.state = preferred
		s.addressesChanged()
	}
	s.schedule(min(a.dad.preferredUntil, a.dad.validUntil))
}
