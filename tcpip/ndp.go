package tcpip

import (
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Neighbour discovery (RFC 4861) is in four parts: this file has neighbour solicitations and
// advertisements, ndp_dad.go duplicate addresses (RFC 4862 §5.4), ndp_host.go what a host makes of
// router advertisements (RFC 4861 §6.3, RFC 4862 §5.5), and ndp_router.go how a router advertises
// itself (RFC 4861 §6.2).

// discovery is what a stack keeps for neighbour discovery.
type discovery struct {
	key  sipKey
	next clock.Instant // when pollNDP has something to do; it may be early
}

// ndpState is what an interface keeps for router discovery.
type ndpState struct {
	host   hostState
	router routerState
}

// schedule has pollNDP look after an instant.
func (s *Stack) schedule(at clock.Instant) { s.discovery.next = min(s.discovery.next, at) }

// spread returns a time in [0, limit) that depends on what it is for and on nothing else.
func (s *Stack) spread(limit time.Duration, what ...uint64) time.Duration {
	return time.Duration(s.discovery.key.sum(what...) % uint64(limit))
}

func (s *Stack) nextNDP() clock.Instant { return s.discovery.next }

// startNDP begins router discovery at a new interface.
func (s *Stack) startNDP(now clock.Instant, i *iface) {
	s.startSolicitations(now, i)
	s.startAdvertisements(now, i)
}

// pollNDP does what is due: everything in the order of interfaces and addresses.
func (s *Stack) pollNDP(now clock.Instant) {
	if now < s.discovery.next {
		return
	}
	s.discovery.next = clock.Never
	for _, i := range s.ifaces {
		s.pollAddresses(now, i)
		s.pollHost(now, i)
		s.pollRouter(now, i)
	}
}

// inputNDP takes a message of neighbour discovery. RFC 4861 §6.1, §7.1, §8.1: one whose hop limit
// is not 255 has come from beyond the link.
//
// Redirects are ignored. Any station on the link can send one and draw traffic to itself; a router
// of ours sends none, since on its links a better first hop would be a mistake in the routes; and a
// first hop that may change by a packet would be one more thing that a replay has to explain.
func (s *Stack) inputNDP(now clock.Instant, p *packet, t wire.ICMPv6Type) {
	if p.hopLimit != wire.NDPHopLimit || p.in.loopback() {
		s.drop(DropMartian)
		return
	}
	ok := true
	switch t {
	case wire.ICMPv6NeighborSolicitation:
		ok = s.inputNeighborSolicitation(now, p)
	case wire.ICMPv6NeighborAdvertisement:
		ok = s.inputNeighborAdvertisement(now, p)
	case wire.ICMPv6RouterSolicitation:
		ok = s.inputRouterSolicitation(now, p)
	case wire.ICMPv6RouterAdvertisement:
		ok = s.inputRouterAdvertisement(now, p)
	case wire.ICMPv6Redirect:
		s.drop(DropProtocol)
	}
	if !ok {
		s.drop(DropMalformed)
	}
}

// inputNeighborSolicitation is RFC 4861 §7.2.3 and §7.2.4; it reports false for a message that
// §7.1.1 has dropped.
func (s *Stack) inputNeighborSolicitation(now clock.Instant, p *packet) bool {
	m, err := wire.ParseNeighborSolicitation(p.data)
	if err != nil {
		return false
	}
	target := p.in.zoned(m.Target)
	unspecified := p.src.IsUnspecified()
	if unspecified && (m.SourceMAC != wire.MAC{} ||
		p.dst.WithZone("") != wire.SolicitedNode(target)) {
		return false
	}
	a := p.in.find(target)
	switch {
	case a == nil:
		return true
	case !a.usable():
		// RFC 4862 §5.4.3: two that test one address at the same time both lose it. A question from
		// somebody with an address is no test.
		if unspecified {
			s.duplicate(p.in, a)
		}
		return true
	}
	answer := wire.NeighborAdvertisement{Target: m.Target, Router: s.cfg.Forwarding,
		Override: true, TargetMAC: p.in.MAC}
	to := wire.AllNodes
	if !unspecified {
		if m.SourceMAC != (wire.MAC{}) && !m.SourceMAC.IsMulticast() {
			s.learn(now, p.in, p.src, m.SourceMAC, neigh.Request)
		}
		answer.Solicited, to = true, p.src
	}
	s.sendNDP(now, p.in, target, to, answer.Append)
	return true
}

// inputNeighborAdvertisement is RFC 4861 §7.2.5; it reports false for a message that §7.1.2 has
// dropped.
func (s *Stack) inputNeighborAdvertisement(now clock.Instant, p *packet) bool {
	m, err := wire.ParseNeighborAdvertisement(p.data)
	if err != nil || m.TargetMAC.IsMulticast() || p.dst.IsMulticast() && m.Solicited {
		return false
	}
	target := p.in.zoned(m.Target)
	if a := p.in.find(target); a != nil {
		// RFC 4862 §5.4.4: while we test it, the address is somebody else's. Later it is a conflict
		// that nobody can settle; we keep it, as that section leaves us free to.
		if a.state == tentative {
			s.duplicate(p.in, a)
		}
		return true
	}
	var how neigh.How
	if m.Solicited {
		how |= neigh.Solicited
	}
	if m.Override {
		how |= neigh.Override
	}
	s.learn(now, p.in, target, m.TargetMAC, how)
	if !m.Router {
		s.removeRouter(p.in, target) // RFC 4861 §7.2.5: it has ceased to be one
	}
	return true
}

// sendSolicitation asks for a neighbour, by multicast if mac is zero (RFC 4861 §7.2.2).
func (s *Stack) sendSolicitation(now clock.Instant, i *iface, addr netip.Addr, mac wire.MAC) {
	from, ok := s.source(i, i.zoned(addr))
	if !ok {
		return // all our addresses are still tentative
	}
	m := wire.NeighborSolicitation{Target: addr, SourceMAC: i.MAC}
	if mac == (wire.MAC{}) {
		s.sendNDP(now, i, from, wire.SolicitedNode(addr), m.Append)
		return
	}
	f := s.frameNDP(i, from, i.zoned(addr), m.Append)
	copy(f.Data, mac[:])
	s.emit(f)
}

// sendNDP sends a message of neighbour discovery that build appends.
func (s *Stack) sendNDP(now clock.Instant, i *iface, from, to netip.Addr,
	build func([]byte) []byte) {
	s.transmit(now, i, i.zoned(to), s.frameNDP(i, from, i.zoned(to), build))
}

// frameNDP returns a frame with a message, complete but for its destination MAC.
func (s *Stack) frameNDP(i *iface, from, to netip.Addr, build func([]byte) []byte) *vnet.Frame {
	f := newPacket(to, ndpMessageBytes)
	f.Data = build(f.Data)
	message := f.Data[headerSize(to):]
	o := outgoing{src: from, dst: to, protocol: wire.ProtoICMPv6, hopLimit: wire.NDPHopLimit}
	wire.SetChecksum(wire.ProtoICMPv6, from, to, message)
	s.putHeaders(&o, i, f.Data, len(message), false)
	f.Port = i.index
	return f
}

// ndpMessageBytes is enough for every message but a router advertisement of many prefixes.
const ndpMessageBytes = 256
