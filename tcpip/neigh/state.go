package neigh

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// State is what is known of a neighbour's reachability (RFC 4861 §7.3.2).
type State uint8

const (
	// None: there is no entry. A packet to send or a request heard makes one.
	None State = iota
	// Incomplete: solicitations go out and packets wait. An answer, or too many that stay
	// unanswered, ends it.
	Incomplete
	// Reachable: it has answered of late. Time ends it, when the entry is next looked at.
	Reachable
	// Stale: its address is known, and nothing else. It rests until a packet is sent.
	Stale
	// Delay: packets go to the old address while somebody above may yet confirm it; then we probe.
	Delay
	// Probe: unicast solicitations go out; packets still go to the old address.
	Probe
	// Permanent: set by hand; nothing changes it.
	Permanent
)

// String returns the name that the RFC uses.
func (s State) String() string {
	names := [...]string{"-", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT"}
	return names[s]
}

// event is what can happen to an entry. Those of Learn tell by name what RFC 4861 §7.2.5 makes of
// the flags and of the address that came with them.
type event uint8

const (
	eventSend           event = iota // a packet is to be sent there
	eventTimer                       // the entry's timer has expired
	eventConfirm                     // somebody above knows that it answers
	eventPin                         // set by hand
	eventSame                        // S=0, the address that is known, or none
	eventSolicitedSame               // S=1, likewise
	eventOther                       // S=0, a new address
	eventSolicitedOther              // S=1, likewise
	eventConflict                    // another address that must not override the one known
	eventCount
)

// String returns what the tables of the tests print.
func (ev event) String() string {
	names := [...]string{"send", "timer", "confirm", "pin", "same", "solicited same", "other",
		"solicited other", "conflict"}
	return names[ev]
}

// replaces says whether the event brings a link-layer address that is to be taken over.
func (ev event) replaces() bool {
	return ev == eventOther || ev == eventSolicitedOther || ev == eventPin
}

// classify returns the event that an address with these flags is for e.
func (e *entry) classify(mac wire.MAC, how How) event {
	same := mac == e.mac || mac == (wire.MAC{})
	switch {
	case same && how&Solicited != 0:
		return eventSolicitedSame
	case same:
		return eventSame
	case how&Override == 0 && e.state != Incomplete && e.state != None:
		return eventConflict
	case how&Solicited != 0:
		return eventSolicitedOther
	}
	return eventOther
}

// apply takes over the address that comes with an event, if it does, and lets it happen.
func (c *Cache) apply(now clock.Instant, e *entry, ev event, mac wire.MAC) {
	if ev.replaces() && (e.state != Permanent || ev == eventPin) {
		e.mac = mac
	}
	c.step(now, e, ev)
}

// step is the one door through which an entry changes state: RFC 4861 §7.2.5, §7.3.3, appendix C.
// Pairs without an arm change nothing.
func (c *Cache) step(now clock.Instant, e *entry, ev event) {
	switch e.state {
	case None:
		switch ev {
		case eventSend: // create an entry, send a multicast solicitation at once
			c.set(e, Incomplete, now)
		case eventOther, eventSolicitedOther: // create an entry
			c.set(e, Stale, clock.Never)
		case eventPin:
			c.set(e, Permanent, clock.Never)
		}
	case Incomplete:
		switch ev {
		case eventTimer: // retransmit the solicitation, or give up
			c.solicit(now, e, c.cfg.MulticastMax)
		case eventOther: // record the address; the waiting packets go
			c.set(e, Stale, clock.Never)
		case eventSolicitedOther:
			c.reach(now, e)
		case eventPin:
			c.set(e, Permanent, clock.Never)
		}
	case Reachable:
		switch ev {
		case eventConfirm, eventSolicitedSame, eventSolicitedOther:
			c.reach(now, e)
		case eventTimer: // its time is up; see find
			c.set(e, Stale, clock.Never)
		case eventOther, eventConflict: // one of two is wrong: find out when it is used
			c.set(e, Stale, clock.Never)
		case eventPin:
			c.set(e, Permanent, clock.Never)
		}
	case Stale:
		switch ev {
		case eventSend: // start the delay timer
			c.set(e, Delay, now.Add(c.cfg.Delay))
		case eventConfirm, eventSolicitedSame, eventSolicitedOther:
			c.reach(now, e)
		case eventPin:
			c.set(e, Permanent, clock.Never)
		}
	case Delay, Probe:
		switch ev {
		case eventTimer: // send a unicast solicitation, or give up
			if e.state == Delay {
				c.set(e, Probe, now)
			}
			c.solicit(now, e, c.cfg.UnicastMax)
		case eventConfirm, eventSolicitedSame, eventSolicitedOther:
			c.reach(now, e)
		case eventOther:
			c.set(e, Stale, clock.Never)
		case eventPin:
			c.set(e, Permanent, clock.Never)
		}
	case Permanent: // set by hand: not even another neighbour's word changes it
	}
}

// reach makes e REACHABLE from now on.
func (c *Cache) reach(now clock.Instant, e *entry) {
	c.set(e, Reachable, clock.Never)
	e.until = now.Add(c.reachableTime(e))
}

// reachableTime is RFC 4861 §6.3.2: between 0.5 and 1.5 times the base.
func (c *Cache) reachableTime(e *entry) time.Duration {
	b := e.addr.As16()
	x := c.cfg.Seed ^ e.born
	for _, v := range b {
		x = mix(x ^ uint64(v))
	}
	return c.cfg.Reachable/2 + time.Duration(float64(c.cfg.Reachable)*(float64(x>>11)/(1<<53)))
}

// mix is the finaliser of splitmix64 (Steele, Lea, Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// solicit counts one more solicitation, which Poll sends, or drops the entry after limit of them.
func (c *Cache) solicit(now clock.Instant, e *entry, limit int) {
	if e.asked >= limit {
		c.set(e, None, clock.Never)
		return
	}
	e.asked++
	c.timers.set(e, now.Add(c.cfg.Retransmit))
}

// set moves e to a state, whose timer expires at the given instant.
func (c *Cache) set(e *entry, s State, timer clock.Instant) {
	from, to := e.list(), s.list()
	e.state, e.asked = s, 0
	if from != to {
		if from != unlisted {
			c.lists[from].remove(e)
		}
		if to != unlisted {
			c.lists[to].pushFront(e)
		}
	}
	c.timers.set(e, timer)
	if s == None {
		delete(c.entries, e.addr)
	}
}
