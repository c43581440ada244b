package tcpip

import (
	"slices"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/wire"
)

// Router advertisements, with the default values of RFC 4861 §6.2.1 and §10.
const (
	advertIntervalMax   = 600 * time.Second // MaxRtrAdvInterval
	advertIntervalMin   = 200 * time.Second // MinRtrAdvInterval
	advertInitialMax    = 16 * time.Second  // MAX_INITIAL_RTR_ADVERT_INTERVAL
	advertInitialCount  = 3                 // MAX_INITIAL_RTR_ADVERTISEMENTS
	advertDelayMax      = 500 * time.Millisecond
	advertGapMin        = 3 * time.Second // MIN_DELAY_BETWEEN_RAS
	advertLifetime      = 1800            // AdvDefaultLifetime: 3 * MaxRtrAdvInterval, in seconds
	advertValid         = 30 * 24 * 3600  // AdvValidLifetime, in seconds
	advertPreferred     = 7 * 24 * 3600   // AdvPreferredLifetime, in seconds
	advertAutonomousLen = 64              // RFC 2464 §4: identifiers of Ethernet have 64 bits
)

// routerState is what an interface that advertises has to remember.
type routerState struct {
	next clock.Instant // the next advertisement
	last clock.Instant // the one before
	sent int
}

// startAdvertisements has an interface advertise itself as soon as its link-local address is good.
func (s *Stack) startAdvertisements(now clock.Instant, i *iface) {
	r := &i.ndp.router
	r.next = clock.Never
	if i.Advertise {
		r.next, r.last = now, now.Add(-advertGapMin)
		s.schedule(now)
	}
}

// pollRouter sends the advertisement that is due (RFC 4861 §6.2.4).
func (s *Stack) pollRouter(now clock.Instant, i *iface) {
	r := &i.ndp.router
	if now < r.next {
		s.schedule(r.next)
		return
	}
	from := i.linkLocal()
	if from == nil {
		return // the end of its test brings us back
	}
	s.sendRouterAdvertisement(now, i, from)
	r.sent++
	wait := advertIntervalMin + s.spread(advertIntervalMax-advertIntervalMin,
		uint64(i.index), uint64(r.sent))
	if r.sent < advertInitialCount {
		wait = min(wait, advertInitialMax)
	}
	r.last, r.next = now, now.Add(wait)
	s.schedule(r.next)
}

// inputRouterSolicitation is RFC 4861 §6.2.6; it reports false for a message that §6.1.1 has
// dropped.
func (s *Stack) inputRouterSolicitation(now clock.Instant, p *packet) bool {
	m, err := wire.ParseRouterSolicitation(p.data)
	if err != nil || p.src.IsUnspecified() && m.SourceMAC != (wire.MAC{}) {
		return false
	}
	r := &p.in.ndp.router
	if !p.in.Advertise {
		return true
	}
	if m.SourceMAC != (wire.MAC{}) && !m.SourceMAC.IsMulticast() {
		s.learn(now, p.in, p.src, m.SourceMAC, neigh.Request)
	}
	// One advertisement to all answers everybody who asks within the delay.
	delay := s.spread(advertDelayMax, uint64(p.in.index), uint64(r.sent), hashWord(p.src))
	r.next = min(r.next, max(now.Add(delay), r.last.Add(advertGapMin)))
	s.schedule(r.next)
	return true
}

// sendRouterAdvertisement tells the link what RFC 4861 §6.2.3 lists: the prefixes are those of the
// interface's own addresses.
func (s *Stack) sendRouterAdvertisement(now clock.Instant, i *iface, from *address) {
	m := wire.RouterAdvertisement{HopLimit: uint8(s.cfg.HopLimit), SourceMAC: i.MAC}
	if s.cfg.Forwarding {
		m.Lifetime = advertLifetime
	}
	if i.MTU >= mtuMin6 {
		m.MTU = uint32(i.MTU)
	}
	for k := range i.addrs {
		a := &i.addrs[k]
		prefix := a.prefix.Masked()
		if !a.addr.Is6() || a.addr.IsLinkLocalUnicast() || !a.usable() || prefix.IsSingleIP() ||
			slices.ContainsFunc(m.Prefixes, func(o wire.PrefixInformation) bool {
				return o.Prefix == prefix
			}) {
			continue
		}
		m.Prefixes = append(m.Prefixes, wire.PrefixInformation{
			Prefix: prefix, OnLink: true, Autonomous: prefix.Bits() == advertAutonomousLen,
			ValidLifetime: advertValid, PreferredLifetime: advertPreferred,
		})
	}
	s.sendNDP(now, i, from.addr, wire.AllNodes, m.Append)
}
