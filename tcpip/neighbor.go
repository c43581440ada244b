package tcpip

import (
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// resolvedFor is how long a connection uses a neighbour's MAC before it looks at the cache again,
// so that the cache sees it in use and hears that it answers.
const resolvedFor = time.Second

// awaitMax is how many frames wait for one neighbour: the fragments of the largest datagram on an
// Ethernet, and some more.
const awaitMax = 64

// initNeighbors makes the neighbour cache of an interface.
func (s *Stack) initNeighbors(i *iface) {
	i.neighbors = neigh.New(neigh.Config{
		PendingMax: awaitMax, Seed: s.keys.id.sum(uint64(i.index))})
}

// resolvePath looks for the MAC of a connection's next hop. It reports whether it is known.
func (s *Stack) resolvePath(now clock.Instant, t *TCPSocket) bool {
	p := &t.path
	hop := p.nextHop.WithZone("")
	if t.progress {
		// RFC 4861 §7.3.1: acknowledgements of new data say that the neighbour answers.
		t.progress = false
		p.iface.neighbors.Confirm(now, hop)
	}
	mac, ok := p.iface.neighbors.Lookup(now, hop)
	if ok {
		copy(p.header[:], mac[:])
		p.resolved, p.changes = now.Add(resolvedFor), p.iface.changes
	}
	return ok
}

// resolve sends a frame to a neighbour, at once or when its MAC is known.
func (s *Stack) resolve(now clock.Instant, i *iface, nextHop netip.Addr, f *vnet.Frame) {
	if mac, ok := i.neighbors.Lookup(now, nextHop.WithZone("")); ok {
		copy(f.Data, mac[:])
		s.emit(f)
		return
	}
	s.await(now, i, nextHop, f)
}

// await has a frame wait for the MAC of a neighbour.
func (s *Stack) await(now clock.Instant, i *iface, nextHop netip.Addr, f *vnet.Frame) {
	if old := i.neighbors.Queue(now, nextHop.WithZone(""), f); old != nil {
		s.drop(DropNeighbor)
		old.Release()
	}
}

// learn takes in a neighbour's MAC and sends what has waited for it.
func (s *Stack) learn(now clock.Instant, i *iface, addr netip.Addr, mac wire.MAC, how neigh.How) {
	ready := i.neighbors.Learn(now, addr.WithZone(""), mac, how)
	i.changes++
	for _, f := range ready {
		if known, ok := i.neighbors.Lookup(now, addr.WithZone("")); ok {
			copy(f.Data, known[:])
		}
		s.emit(f)
	}
}

// pollNeighbors sends the solicitations that are due, and gives up on neighbours that do not
// answer.
func (s *Stack) pollNeighbors(now clock.Instant) {
	for _, i := range s.ifaces {
		for {
			n, ok := i.neighbors.Poll(now)
			if !ok {
				break
			}
			switch {
			case n.Failed:
				i.changes++
				s.routerFailed(i, i.zoned(n.Addr))
				for _, f := range n.Frames {
					s.neighborFailed(now, i, f)
				}
			case n.Addr.Is4():
				s.sendARPRequest(now, i, n.Addr, n.MAC)
			default:
				s.sendSolicitation(now, i, n.Addr, n.MAC)
			}
		}
	}
}

// nextNeighbors returns when pollNeighbors must be called again.
func (s *Stack) nextNeighbors() clock.Instant {
	next := clock.Never
	for _, i := range s.ifaces {
		next = min(next, i.neighbors.Next())
	}
	return next
}

// neighborFailed drops a frame whose neighbour does not answer, and tells who sent it.
func (s *Stack) neighborFailed(now clock.Instant, i *iface, f *vnet.Frame) {
	s.drop(DropNeighbor)
	network := f.Data[ethernetHeader:]
	if q, err := wire.ParseQuoted(network); err == nil {
		if s.owns(i.zoned(q.Src)) {
			s.socketError(now, i, &q, tcp.HostUnreachable)
		} else {
			s.hostUnreachable(now, i, f)
		}
	}
	f.Release()
}
