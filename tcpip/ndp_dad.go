package tcpip

import (
	"net/netip"
	"slices"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Duplicate address detection: RFC 4862 §5.4, with the values of §5.1 and RFC 4861 §10. The
// membership reports that go with it (RFC 3810) are not sent: our switches flood multicast.
const (
	dadTransmits = 1           // DupAddrDetectTransmits
	dadInterval  = time.Second // RetransTimer
	dadDelayMax  = time.Second // MAX_RTR_SOLICITATION_DELAY, before the first
)

// addressTimers is when an address is looked at.
type addressTimers struct {
	test clock.Instant // tentative: the next step of the test
	sent int           // solicitations so far
	// learnt says that the address is from router advertisements and has these lifetimes.
	learnt                     bool
	preferredUntil, validUntil clock.Instant
}

// startDAD begins to test a tentative address. RFC 4862 §5.4.2 wants a random delay, so that the
// stations of a link that comes up do not all speak at once.
func (s *Stack) startDAD(now clock.Instant, i *iface, a *address) {
	a.dad.test = now.Add(s.spread(dadDelayMax, uint64(i.index), hashWord(a.addr)))
	s.schedule(a.dad.test)
}

// hashWord returns what tells an address from most others.
func hashWord(a netip.Addr) uint64 {
	b := a.As16()
	var w uint64
	for _, v := range b {
		w = w*0x100000001b3 + uint64(v) // FNV
	}
	return w
}

// pollAddresses goes on with the tests of an interface's addresses, and lets lifetimes end.
func (s *Stack) pollAddresses(now clock.Instant, i *iface) {
	changed := false
	for k := 0; k < len(i.addrs); k++ {
		a := &i.addrs[k]
		if a.state == tentative {
			changed = s.testAddress(now, i, a) || changed
		}
		switch {
		case !a.dad.learnt:
		case now >= a.dad.validUntil:
			i.addrs = slices.Delete(i.addrs, k, k+1)
			k--
			changed = true
		case a.state == preferred && now >= a.dad.preferredUntil:
			a.state, changed = deprecated, true // RFC 4862 §5.5.4
			s.schedule(a.dad.validUntil)
		case a.state == preferred:
			s.schedule(a.dad.preferredUntil)
		default:
			s.schedule(a.dad.validUntil)
		}
	}
	if changed {
		s.addressesChanged()
	}
}

// testAddress does the next step of a test that is due, and reports whether it is passed.
func (s *Stack) testAddress(now clock.Instant, i *iface, a *address) (passed bool) {
	if now >= a.dad.test {
		if a.dad.sent == dadTransmits {
			a.state = preferred
			return true
		}
		a.dad.sent++
		a.dad.test = now.Add(dadInterval)
		m := wire.NeighborSolicitation{Target: a.addr.WithZone("")}
		s.sendNDP(now, i, netip.IPv6Unspecified(), wire.SolicitedNode(a.addr), m.Append)
	}
	s.schedule(a.dad.test)
	return false
}

// duplicate gives up an address that another station has. If it was made from the hardware address,
// RFC 4862 §5.4.5 would have the interface shut down; we go on with the others, since the two
// stations can be told apart by a person who looks at the list of addresses.
func (s *Stack) duplicate(i *iface, a *address) {
	a.state = duplicated
	s.addressesChanged()
}
