package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
	"github.com/atoll-os/atoll/wire"
)

// Node is a *Host or a *Switch: what a link can end at.
type Node interface{ Name() string }

// DelayDefault is the delay of a link for which nothing else is said.
const DelayDefault = 10 * time.Microsecond

// MTUDefault is the largest IP packet of a link for which nothing else is said.
const MTUDefault = 1500

// prefixes returns the segment's networks, IPv4 and IPv6.
func (s *segment) prefixes() [2]netip.Prefix {
	v6 := [16]byte{0: 0xfd, 7: byte(s.number)}
	return [2]netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(s.number)}), 16),
		netip.PrefixFrom(netip.AddrFrom16(v6), 64),
	}
}

// segment is a broadcast domain: a switch, or a link between two machines.
type segment struct {
	number  int
	hosts   int
	members []member
}

type member struct {
	host     *Host
	mac      wire.MAC
	prefixes [2]netip.Prefix
}

// next returns the addresses of the segment's next machine, IPv4 and IPv6.
func (s *segment) next() [2]netip.Prefix {
	s.hosts++
	if s.number > 255 || s.hosts >= 1<<16-1 {
		panic("lab: more than 255 segments, or 65534 machines on one")
	}
	n := s.hosts
	v4 := netip.AddrFrom4([4]byte{10, byte(s.number), byte(n >> 8), byte(n)})
	v6 := [16]byte{0: 0xfd, 7: byte(s.number), 14: byte(n >> 8), 15: byte(n)}
	return [2]netip.Prefix{netip.PrefixFrom(v4, 16), netip.PrefixFrom(netip.AddrFrom16(v6), 64)}
}

// Switch is a learning switch.
type Switch struct {
	lab     *Lab
	name    string
	at      *vnet.Attachment
	ports   int
	segment *segment
}

// Name returns the switch's name.
func (s *Switch) Name() string { return s.name }

// Switch adds a learning switch and links the machines to it with default links.
func (l *Lab) Switch(name string, hosts ...*Host) *Switch {
	s := &Switch{lab: l, name: name, segment: l.newSegment()}
	l.network.Do(func(now clock.Instant, n *vnet.Network) {
		s.at = vnet.NewSwitch(n, name).Attachment
	})
	l.mu.Lock()
	l.switches = append(l.switches, s)
	l.mu.Unlock()
	for _, h := range hosts {
		l.Link(h, s)
	}
	return s
}

func (l *Lab) newSegment() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments++
	return &segment{number: l.segments}
}

// Link is a cable between two nodes.
type Link struct {
	lab  *Lab
	name string
	link *vnet.Link
	ways [2]*Way
}

// Link connects two nodes. The values (fault.Delay, fault.Rate, fault.Loss and so on) hold in both
// directions; see Link.AtoB for one. It panics on what cannot be: two switches in one segment, a
// delay below vnet.DelayMin in virtual time.
func (l *Lab) Link(a, b Node, values ...fault.Value) *Link {
	return l.LinkWays(a, b, values, values)
}

// LinkWays is Link with values for each direction: from a to b, and from b to a. An interface has
// the MTU of the direction that it sends into.
func (l *Lab) LinkWays(a, b Node, atob, btoa []fault.Value) *Link {
	seg := l.segmentOf(a, b)
	base := vnet.Settings{Delay: DelayDefault, MTU: MTUDefault}
	there, _ := fault.Apply(base, atob...)
	back, _ := fault.Apply(base, btoa...)
	k := &Link{lab: l, name: a.Name() + "-" + b.Name()}
	ports := [2]*vnet.Port{l.plug(a, seg, there.MTU), l.plug(b, seg, back.MTU)}
	l.network.Do(func(_ clock.Instant, n *vnet.Network) {
		k.link = n.Connect(ports[0], ports[1], base)
		for i, name := range [2]string{a.Name() + " > " + b.Name(), b.Name() + " > " + a.Name()} {
			d := k.link.Directions[i]
			k.ways[i] = &Way{lab: l, name: name, dir: d, chain: fault.On(d)}
		}
	})
	for i, w := range k.ways {
		if _, err := w.add([2][]fault.Value{atob, btoa}[i]); err != nil {
			panic(fmt.Sprintf("lab: link %s: %v", w.name, err))
		}
	}
	l.mu.Lock()
	l.links = append(l.links, k)
	l.mu.Unlock()
	l.routeAll()
	return k
}

func (l *Lab) segmentOf(a, b Node) *segment {
	_, aIsSwitch := a.(*Switch)
	_, bIsSwitch := b.(*Switch)
	if aIsSwitch && bIsSwitch {
		panic("lab: one switch a segment: put a router between " + a.Name() + " and " + b.Name())
	}
	for _, n := range [2]Node{a, b} {
		if s, ok := n.(*Switch); ok {
			return s.segment
		}
	}
	return l.newSegment()
}

func (l *Lab) plug(n Node, seg *segment, mtu int) (port *vnet.Port) {
	switch n := n.(type) {
	case *Host:
		return n.addInterface(seg, mtu)
	case *Switch:
		l.network.Do(func(clock.Instant, *vnet.Network) {
			port = n.at.AddPort("p" + strconv.Itoa(n.ports))
			n.ports++
		})
		return port
	}
	panic(fmt.Sprintf("lab: a link cannot end at a %T", n))
}

// table is the lab's names.
type table map[string]*Host

// resolver answers from the lab's table.
type resolver Lab

// LookupNetIP returns the addresses of a machine of the lab.
func (r *resolver) LookupNetIP(_ context.Context, name string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h, ok := r.names[name]; ok {
		return append([]netip.Addr(nil), h.addrs...), nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}
