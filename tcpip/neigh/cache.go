package neigh

import (
	"net/netip"
	"slices"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// How says what kind of message an address was learnt from: a set of flags.
type How uint8

const (
	// Solicited: it answers a solicitation of ours, which proves that the neighbour is there.
	Solicited How = 1 << iota
	// Override: it replaces an address that is known already (RFC 4861 §4.4).
	Override
	// Create: it makes an entry if there is none (RFC 4861 §7.2.3; RFC 826: we are the target).
	Create
)

// The messages of ARP, and NDP's source link-layer address option, in these flags. A neighbour
// advertisement has Solicited and Override as its own flags say.
const (
	Request    = Create | Override    // ARP request for us; the sender of an NS, RS, RA or redirect
	Reply      = Solicited | Override // ARP reply to us
	Gratuitous = Override             // any other ARP packet: updates what is known, makes no entry
)

// Solicitation is what Poll wants to be sent: an ARP request or a neighbour solicitation for Addr.
type Solicitation struct {
	Addr netip.Addr
	// MAC is where the neighbour was last, for a unicast probe; zero asks for a broadcast (ARP) or
	// for the solicited-node multicast address (NDP).
	MAC wire.MAC
	// Failed says that nothing is to be sent: the neighbour does not answer and the entry is gone.
	// Frames are the packets that waited for it, now the caller's; RFC 4861 §7.2.2 wants an ICMP
	// address-unreachable for each.
	Failed bool
	Frames []*vnet.Frame
}

// Entry is one line of the cache, for people to read.
type Entry struct {
	Addr    netip.Addr
	MAC     wire.MAC
	State   State
	Pending int // frames that wait
}

// Stats counts what a cache did; Entries and Resolving are how many there are now.
type Stats struct {
	Entries, Resolving int
	Evicted            uint64 // entries that had to go for others
	FramesDropped      uint64 // frames that waited in an evicted entry
}

// Cache holds the neighbours of one interface. Addresses have no zone.
type Cache struct {
	cfg     Config
	entries map[netip.Addr]*entry
	lists   [2]list // known and resolving, the most recently used first
	timers  timers
	born    uint64
	stats   Stats
}

// New returns an empty cache.
func New(cfg Config) *Cache {
	return &Cache{cfg: cfg.withDefaults(), entries: make(map[netip.Addr]*entry)}
}

// SetTimes takes over the times that a router advertises (RFC 4861 §6.3.4); 0 leaves one as it is.
func (c *Cache) SetTimes(reachable, retransmit time.Duration) {
	if reachable > 0 {
		c.cfg.Reachable = reachable
	}
	if retransmit > 0 {
		c.cfg.Retransmit = retransmit
	}
}

// Lookup returns where to send a packet for addr. It counts as a use: a stale entry begins the
// delay after which it is probed. If it reports false, Queue is the way.
func (c *Cache) Lookup(now clock.Instant, addr netip.Addr) (wire.MAC, bool) {
	e := c.find(now, addr)
	if e == nil || e.state == Incomplete {
		return wire.MAC{}, false
	}
	c.lists[known].toFront(e)
	if e.state == Stale {
		c.step(now, e, eventSend)
	}
	return e.mac, true
}

// Queue has f wait until addr is resolved, and begins that if need be; f is the cache's from here
// on. If too many frames wait, the oldest of them comes back as dropped (RFC 4861 §7.2.2).
func (c *Cache) Queue(now clock.Instant, addr netip.Addr, f *vnet.Frame) (dropped *vnet.Frame) {
	e := c.find(now, addr)
	if e == nil {
		e = c.create(addr)
		c.step(now, e, eventSend)
	}
	if e.state != Incomplete {
		panic("neigh: BUG: Queue for an address that Lookup knows")
	}
	c.lists[resolving].toFront(e)
	if len(e.pending) >= c.cfg.PendingMax {
		dropped = e.pending[0]
		e.pending = append(e.pending[:0], e.pending[1:]...)
	}
	e.pending = append(e.pending, f)
	return dropped
}

// Learn takes in that addr has the link-layer address mac; the zero MAC is an advertisement that
// names none. ready are the frames that waited for it, oldest first, now the caller's.
func (c *Cache) Learn(now clock.Instant, addr netip.Addr, mac wire.MAC, how How,
) (ready []*vnet.Frame) {
	e := c.find(now, addr)
	if e == nil {
		if how&Create == 0 || mac == (wire.MAC{}) {
			// RFC 4861 §7.2.5: an advertisement for which there is no entry is of no use.
			return nil
		}
		e = c.create(addr)
	}
	c.apply(now, e, e.classify(mac, how), mac)
	if e.state != Incomplete {
		ready, e.pending = e.pending, nil
	}
	return ready
}

// Confirm takes a hint from above that addr answers, such as an acknowledgement of new data that
// was sent through it (RFC 4861 §7.3.1).
func (c *Cache) Confirm(now clock.Instant, addr netip.Addr) {
	if e := c.find(now, addr); e != nil {
		c.step(now, e, eventConfirm)
	}
}

// Pin makes an entry that no message changes and that is never evicted.
func (c *Cache) Pin(now clock.Instant, addr netip.Addr, mac wire.MAC) (ready []*vnet.Frame) {
	e := c.find(now, addr)
	if e == nil {
		e = c.create(addr)
	}
	c.apply(now, e, eventPin, mac)
	ready, e.pending = e.pending, nil
	return ready
}

// Poll returns the next thing that is due; call it until it reports false.
func (c *Cache) Poll(now clock.Instant) (Solicitation, bool) {
	if len(c.timers.heap) == 0 || c.timers.heap[0].timer > now {
		return Solicitation{}, false
	}
	e := c.timers.heap[0]
	out := Solicitation{Addr: e.addr}
	c.step(now, e, eventTimer)
	switch e.state {
	case None:
		out.Failed, out.Frames, e.pending = true, e.pending, nil
	case Probe:
		out.MAC = e.mac
	}
	return out, true
}

// Next returns when Poll has something to say; clock.Never if nothing is under way. What is only
// known does not keep a clock running: its time is looked at when it is used.
func (c *Cache) Next() clock.Instant {
	if len(c.timers.heap) == 0 {
		return clock.Never
	}
	return c.timers.heap[0].timer
}

// Entries returns what the cache holds at an instant, by address.
func (c *Cache) Entries(now clock.Instant) []Entry {
	all := make([]Entry, 0, len(c.entries))
	//tidy:map the entries are sorted below, and a look at one changes no other
	for addr := range c.entries {
		e := c.find(now, addr)
		all = append(all, Entry{addr, e.mac, e.state, len(e.pending)})
	}
	slices.SortFunc(all, func(a, b Entry) int { return a.Addr.Compare(b.Addr) })
	return all
}

// Stats returns the counters.
func (c *Cache) Stats() Stats {
	s := c.stats
	s.Entries, s.Resolving = len(c.entries), c.lists[resolving].count
	return s
}
