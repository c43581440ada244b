package ip

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// RoutesMax is how many routes one table holds.
const RoutesMax = 4096

// ErrRoutesFull says that a table has RoutesMax routes.
var ErrRoutesFull = errors.New("ip: the routing table is full")

// Route says where packets for a network go.
type Route struct {
	Dst    netip.Prefix
	Via    netip.Addr // the next router; the zero Addr: the network is on the link
	Port   int        // the interface
	Metric int        // of routes for one prefix the lowest counts
}

// String returns "10.0.0.0/8 via 192.0.2.1 port 0 metric 5"; a metric of 0 is left out.
func (r Route) String() string {
	s := r.Dst.String()
	if r.Via.IsValid() {
		s += " via " + r.Via.String()
	}
	s += fmt.Sprintf(" port %d", r.Port)
	if r.Metric != 0 {
		s += fmt.Sprintf(" metric %d", r.Metric)
	}
	return s
}

// Routes is a routing table; the zero value is empty. Prefixes nest or are apart, so the table is
// also a list of disjoint ranges of addresses, each with the route of the longest prefix over it:
// Lookup is one binary search.
type Routes struct {
	list   []Route // by family, prefix, metric, port, router
	ranges [2][]routeRange
	stale  bool
}

// routeRange begins at an address and ends where the next one begins.
type routeRange struct {
	first key128
	route int // index in list; -1: none
}

// key128 is an address as a number; those of IPv4 have a hi of 0.
type key128 struct{ hi, lo uint64 }

func (a key128) less(b key128) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

// keyOf returns an address as a number and its family: 0 is IPv4, 1 is IPv6.
func keyOf(a netip.Addr) (k key128, family int) {
	if a.Is4() {
		b := a.As4()
		return key128{0, uint64(binary.BigEndian.Uint32(b[:]))}, 0
	}
	b := a.As16()
	return key128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}, 1
}

// Add adds a route. It replaces one of the same prefix, router and port. The prefix must be valid
// and is masked; an error is ErrRoutesFull.
func (t *Routes) Add(r Route) error {
	if !r.Dst.IsValid() {
		panic("ip: BUG: a route to no prefix")
	}
	r.Dst = r.Dst.Masked()
	t.Remove(r)
	if len(t.list) >= RoutesMax {
		return ErrRoutesFull
	}
	at, _ := slices.BinarySearchFunc(t.list, r, compareRoutes)
	t.list = slices.Insert(t.list, at, r)
	t.stale = true
	return nil
}

// Remove takes out the route of this prefix, router and port, whatever its metric. It reports
// whether there was one.
func (t *Routes) Remove(r Route) bool {
	r.Dst = r.Dst.Masked()
	n := len(t.list)
	t.list = slices.DeleteFunc(t.list, func(o Route) bool {
		return o.Dst == r.Dst && o.Via == r.Via && o.Port == r.Port
	})
	t.stale = t.stale || len(t.list) != n
	return len(t.list) != n
}

// All returns the routes: IPv4 first, then by prefix, and what covers others before them.
func (t *Routes) All() []Route { return slices.Clone(t.list) }

// Lookup returns the route for an address; its zone does not count.
func (t *Routes) Lookup(dst netip.Addr) (Route, bool) {
	if t.stale {
		t.build()
	}
	k, family := keyOf(dst)
	ranges := t.ranges[family]
	lo, hi := 0, len(ranges) // the last range that begins at or before k
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if k.less(ranges[mid].first) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == 0 || ranges[lo-1].route < 0 {
		return Route{}, false
	}
	return t.list[ranges[lo-1].route], true
}

func compareRoutes(a, b Route) int {
	return cmp.Or(
		cmp.Compare(a.Dst.Addr().BitLen(), b.Dst.Addr().BitLen()),
		a.Dst.Addr().Compare(b.Dst.Addr()),
		cmp.Compare(a.Dst.Bits(), b.Dst.Bits()),
		cmp.Compare(a.Metric, b.Metric),
		cmp.Compare(a.Port, b.Port),
		a.Via.Compare(b.Via))
}

// build makes the ranges. The list has every prefix behind those that cover it, so open is the
// stack of prefixes around the place where the sweep is.
func (t *Routes) build() {
	t.stale = false
	t.ranges = [2][]routeRange{}
	var open []int
	for i, r := range t.list {
		if i > 0 && t.list[i-1].Dst == r.Dst {
			continue // the one before has the better metric
		}
		first, family := keyOf(r.Dst.Addr())
		open = t.closeBefore(open, first, family)
		t.begin(family, first, i)
		open = append(open, i)
	}
	t.closeBefore(open, key128{}, -1)
}

// closeBefore ends the open prefixes that end before an address of a family; all for family -1.
func (t *Routes) closeBefore(open []int, at key128, family int) []int {
	for len(open) > 0 {
		dst := t.list[open[len(open)-1]].Dst
		_, f := keyOf(dst.Addr())
		last := lastOf(dst)
		if f == family && !last.less(at) {
			break
		}
		open = open[:len(open)-1]
		around := -1
		if len(open) > 0 {
			around = open[len(open)-1]
		}
		if next := (key128{last.hi, last.lo + 1}); next.lo != 0 || next.hi != ^uint64(0) {
			if next.lo == 0 {
				next.hi++
			}
			t.begin(f, next, around)
		}
	}
	return open
}

// begin starts a range; one that began at the same address was empty.
func (t *Routes) begin(family int, first key128, route int) {
	ranges := t.ranges[family]
	if n := len(ranges); n > 0 && ranges[n-1].first == first {
		ranges[n-1].route = route
		return
	}
	t.ranges[family] = append(ranges, routeRange{first, route})
}

// lastOf returns the last address of a prefix.
func lastOf(p netip.Prefix) key128 {
	k, _ := keyOf(p.Addr())
	host := p.Addr().BitLen() - p.Bits()
	if host >= 64 {
		return key128{k.hi | (1<<(host-64) - 1), ^uint64(0)}
	}
	return key128{k.hi, k.lo | (1<<host - 1)}
}
