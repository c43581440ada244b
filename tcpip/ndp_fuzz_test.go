package tcpip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// FuzzDiscovery sends ICMPv6 messages with good checksums to a router that is a host as well: four
// bytes each say from whom, to whom, how much later and how long, then comes the message. Nothing
// panics, tables keep their limits, and what is learnt comes to an end.
func FuzzDiscovery(f *testing.F) {
	own := netip.MustParseAddr("fe80::ff:fe00:a")
	sources := []netip.Addr{router, netip.IPv6Unspecified(), own, netip.MustParseAddr("2001:db8::9")}
	groups := []netip.Addr{own, wire.AllNodes, wire.AllRouters, wire.SolicitedNode(own)}
	add := func(from, to, wait byte, messages ...[]byte) {
		var b []byte
		for _, m := range messages {
			b = append(append(b, from, to, wait, byte(len(m))), m...)
		}
		f.Add(b)
	}
	ns := wire.NeighborSolicitation{Target: own, SourceMAC: routerMAC}
	test := wire.NeighborSolicitation{Target: own}
	na := wire.NeighborAdvertisement{Target: router, Solicited: true, TargetMAC: routerMAC}
	ra := wire.RouterAdvertisement{Lifetime: 60, SourceMAC: routerMAC, MTU: 1400, HopLimit: 3,
		Prefixes: []wire.PrefixInformation{{Prefix: prefix1, OnLink: true, Autonomous: true,
			ValidLifetime: 600, PreferredLifetime: 300}}}
	rs := wire.RouterSolicitation{SourceMAC: routerMAC}
	echo := wire.ICMPv6{Type: wire.ICMPv6Echo, ID: 7, Payload: []byte("hello")}
	about := (&wire.IPv6{Next: wire.ProtoICMPv6, Src: own, Dst: router}).Append(nil, 8)
	fault := wire.ICMPv6{Type: wire.ICMPv6PacketTooBig, MTU: 1300, Payload: echo.Append(about)}
	add(0, 3, 1, ns.Append(nil), na.Append(nil), ns.Append(nil))
	add(1, 3, 0, test.Append(nil))
	add(0, 1, 200, ra.Append(nil), na.Append(nil), ra.Append(nil))
	add(0, 2, 9, rs.Append(nil), rs.Append(nil))
	add(3, 0, 0, echo.Append(nil), fault.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := newStation(t, Config{Forwarding: true}, Interface{AcceptRA: true, Advertise: true})
		i := h.s.ifaces[0]
		for count := 0; len(b) >= 4 && count < 64; count++ {
			from, to, wait, n := b[0], b[1], b[2], min(int(b[3]), len(b)-4)
			h.advance(time.Duration(wait) * 100 * time.Millisecond)
			h.s.Input(h.now, 0, h.frame(sources[from&3], groups[to&3], 255-from>>7,
				append([]byte(nil), b[4:4+n]...)))
			b = b[4+n:]
			if len(i.addrs) > AddressesMax || len(i.ndp.host.routes) > LearntRoutesMax {
				t.Fatalf("%d addresses, %d routes", len(i.addrs), len(i.ndp.host.routes))
			}
		}
		// What has a lifetime goes away: look when it would, without what happens in between.
		h.now = clock.Instant(200 * 365 * 24 * time.Hour)
		h.poll()
		for k := range i.addrs {
			if a := &i.addrs[k]; a.dad.learnt && a.dad.validUntil != clock.Never {
				t.Fatalf("%v is valid until %v, after %v", a.addr, a.dad.validUntil, h.now)
			}
		}
		for _, r := range i.ndp.host.routes {
			if r.until != clock.Never {
				t.Fatalf("%v is good until %v, after %v", r, r.until, h.now)
			}
		}
	})
}
