package ip

import (
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Limits of a PathMTU.
const (
	// DestinationsMax is how many destinations it remembers; the one learnt first goes.
	DestinationsMax = 4096
	// PathMTUAge is how long it believes what it was told: then a larger packet is tried again
	// (RFC 1191 §6.3, RFC 8201 §5.3: not less than 5 minutes, 10 recommended).
	PathMTUAge = 10 * time.Minute
	// PathMTUMin4 is the smallest MTU it believes for IPv4. A link below it may exist (RFC 791 asks
	// for 68), but to take a forged message at its word would cost 20 times as many packets; such a
	// path gets packets that routers may fragment.
	PathMTUMin4 = 552
	// PathMTUMin6 is the smallest MTU of an IPv6 link (RFC 8200 §5, RFC 8201 §4).
	PathMTUMin6 = 1280
)

// PathMTU remembers by destination how large packets may be, from ICMP messages that somebody has
// found credible. The zero value is empty.
type PathMTU struct {
	paths         map[netip.Addr]*pathMTU
	oldest, young *pathMTU // by the instant of the last message
}

type pathMTU struct {
	dst        netip.Addr
	mtu        int
	fragment   bool
	learnt     clock.Instant
	prev, next *pathMTU
}

// Lookup returns the largest packet for a destination in bytes; ok is false if nothing is known
// that the outgoing link does not say itself. fragment asks for IPv4 packets that routers may cut,
// since some link on the path takes less than PathMTUMin4.
func (t *PathMTU) Lookup(now clock.Instant, dst netip.Addr) (mtu int, fragment, ok bool) {
	if len(t.paths) == 0 {
		return 0, false, false
	}
	p := t.paths[dst]
	if p == nil {
		return 0, false, false
	}
	if now >= p.learnt.Add(PathMTUAge) {
		t.remove(p)
		return 0, false, false
	}
	return p.mtu, p.fragment, true
}

// Learn takes a Fragmentation Needed or Packet Too Big about a packet of sent bytes to dst that
// names an MTU. An IPv4 router may not know that of the next hop, so it may be 0 (RFC 1191 §5). It
// returns what Lookup says from now on, and whether that is news. A message that would raise the
// MTU, or that the packet cannot have caused, changes nothing.
func (t *PathMTU) Learn(now clock.Instant, dst netip.Addr, mtu, sent int) (path int, news bool) {
	old, oldFragment, known := t.Lookup(now, dst)
	if dst.Is4() && mtu == 0 {
		mtu = plateauBelow(sent)
	}
	// RFC 8201 §4: less than the minimum of IPv6 is to be discarded; RFC 1191 §3: 68 for IPv4.
	if mtu >= sent || dst.Is4() && mtu < 68 || !dst.Is4() && mtu < PathMTUMin6 {
		return old, false
	}
	fragment := dst.Is4() && mtu < PathMTUMin4
	if fragment {
		mtu = PathMTUMin4
	}
	if known && mtu > old {
		return old, false
	}
	p := t.paths[dst]
	if p == nil {
		p = t.create(dst)
	} else {
		t.unlink(p)
	}
	*p = pathMTU{dst: dst, mtu: mtu, fragment: fragment || oldFragment, learnt: now}
	t.link(p)
	return mtu, !known || mtu != old || p.fragment != oldFragment
}

func (t *PathMTU) create(dst netip.Addr) *pathMTU {
	if len(t.paths) >= DestinationsMax {
		t.remove(t.oldest)
	}
	if t.paths == nil {
		t.paths = make(map[netip.Addr]*pathMTU)
	}
	p := new(pathMTU)
	t.paths[dst] = p
	return p
}

// plateaus are the MTUs of links that were common (RFC 1191 §7.1).
var plateaus = [...]int{32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68}

// plateauBelow returns the largest plateau below the size of a packet that was too big.
func plateauBelow(sent int) int {
	for _, p := range plateaus {
		if p < sent {
			return p
		}
	}
	return plateaus[len(plateaus)-1]
}

func (t *PathMTU) link(p *pathMTU) {
	p.prev, p.next = t.young, nil
	if t.young != nil {
		t.young.next = p
	} else {
		t.oldest = p
	}
	t.young = p
}

func (t *PathMTU) unlink(p *pathMTU) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		t.oldest = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		t.young = p.prev
	}
}

func (t *PathMTU) remove(p *pathMTU) {
	t.unlink(p)
	delete(t.paths, p.dst)
}
