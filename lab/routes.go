package lab

import (
	"net/netip"

	"github.com/atoll-os/atoll/tcpip"
)

// routeAll gives every machine its static routes: a host sends what is not on its segments to the
// first router of its first segment that has one; a router knows the next hop to every segment.
func (l *Lab) routeAll() {
	l.mu.Lock()
	hosts := append([]*Host(nil), l.hosts...)
	l.mu.Unlock()
	anyRouter := false
	for _, h := range hosts {
		anyRouter = anyRouter || h.router
	}
	if !anyRouter {
		return
	}
	for _, h := range hosts {
		if h.router {
			h.SetRoutes(l.routesFrom(h))
		} else {
			h.SetRoutes(defaultRoutes(h))
		}
	}
}

func defaultRoutes(h *Host) (routes []tcpip.Route) {
	for port, seg := range h.segments {
		for _, m := range seg.members {
			if m.host == h || !m.host.router {
				continue
			}
			for i, dst := range anywhere {
				routes = append(routes, tcpip.Route{Dst: dst, Via: m.prefixes[i].Addr(), Port: port})
			}
			return routes
		}
	}
	return nil
}

var anywhere = [2]netip.Prefix{
	netip.PrefixFrom(netip.IPv4Unspecified(), 0),
	netip.PrefixFrom(netip.IPv6Unspecified(), 0),
}

// routesFrom walks the segments outward from a router, nearest first.
func (l *Lab) routesFrom(r *Host) (routes []tcpip.Route) {
	type reach struct {
		seg  *segment
		via  member // the first router on the way
		port int    // of r, towards it
	}
	seen := map[*segment]bool{}
	var next []reach
	for port, seg := range r.segments {
		seen[seg] = true
		next = append(next, reach{seg: seg, port: port})
	}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		for _, m := range at.seg.members {
			if !m.host.router || m.host == r {
				continue
			}
			via := at.via
			if via.host == nil {
				via = m
			}
			for _, seg := range m.host.segments {
				if seen[seg] {
					continue
				}
				seen[seg] = true
				next = append(next, reach{seg, via, at.port})
				for i, prefix := range seg.prefixes() {
					routes = append(routes, tcpip.Route{
						Dst: prefix, Via: via.prefixes[i].Addr(), Port: at.port,
					})
				}
			}
		}
	}
	return routes
}
