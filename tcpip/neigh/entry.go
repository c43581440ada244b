package neigh

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// entry is one neighbour.
type entry struct {
	addr    netip.Addr
	mac     wire.MAC
	state   State
	asked   int           // solicitations sent in this state
	until   clock.Instant // REACHABLE ends here
	pending []*vnet.Frame // INCOMPLETE: what waits
	born    uint64        // a number of its own, so that timers of one instant have an order

	timer      clock.Instant
	timerIndex int // place in the heap + 1; 0 is not there

	newer, older *entry
}

// The lists by use, out of which entries are evicted.
const (
	known     = 0
	resolving = 1
	unlisted  = -1
)

func (e *entry) list() int { return e.state.list() }

func (s State) list() int {
	switch s {
	case Incomplete:
		return resolving
	case None, Permanent:
		return unlisted
	}
	return known
}

// find returns the entry of addr as it is now, nil if there is none.
func (c *Cache) find(now clock.Instant, addr netip.Addr) *entry {
	// Packets come in trains: the one used last is the likely one.
	e := c.lists[known].front
	if e == nil || e.addr != addr {
		if e = c.entries[addr]; e == nil {
			return nil
		}
	}
	if e.state == Reachable && now >= e.until {
		c.step(now, e, eventTimer)
	}
	return e
}

// create adds an entry without a state, which its first event gives it.
func (c *Cache) create(addr netip.Addr) *entry {
	if len(c.entries) >= c.cfg.EntriesMax {
		c.evict()
	}
	c.born++
	e := &entry{addr: addr, born: c.born, timer: clock.Never}
	c.entries[addr] = e
	return e
}

// evict drops the least recently used entry. Those that are being resolved have half of the table
// to themselves and no more, so that a scan of a large prefix cannot push out the neighbours that
// answer (RFC 6583 §6.2). If all are permanent, the table grows by one.
func (c *Cache) evict() {
	e := c.lists[known].back
	if e == nil || c.lists[resolving].count >= max(c.cfg.EntriesMax/2, 1) {
		e = c.lists[resolving].back
	}
	if e == nil {
		return
	}
	c.stats.Evicted++
	c.stats.FramesDropped += uint64(len(e.pending))
	for _, f := range e.pending {
		f.Release()
	}
	e.pending = nil
	c.set(e, None, clock.Never)
}

// list is a list of entries by use.
type list struct {
	front, back *entry
	count       int
}

func (l *list) pushFront(e *entry) {
	e.newer, e.older = nil, l.front
	if l.front != nil {
		l.front.newer = e
	} else {
		l.back = e
	}
	l.front = e
	l.count++
}

func (l *list) remove(e *entry) {
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		l.front = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		l.back = e.newer
	}
	e.newer, e.older = nil, nil
	l.count--
}

func (l *list) toFront(e *entry) {
	if l.front != e && e.list() != unlisted {
		l.remove(e)
		l.pushFront(e)
	}
}
