package tcpip

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// station is a stack with one interface whose other end is the test.
type station struct {
	t   *testing.T
	s   *Stack
	now clock.Instant
	mac wire.MAC
}

var (
	router    = netip.MustParseAddr("fe80::1")
	routerMAC = wire.MAC{2, 0, 0, 0, 0, 0x11}
	prefix1   = netip.MustParsePrefix("2001:db8:1::/64")
)

func newStation(t *testing.T, cfg Config, i Interface) *station {
	h := &station{t: t, s: New(cfg), now: clock.Instant(time.Second),
		mac: wire.MAC{2, 0, 0, 0, 0, 0xa}}
	i.Name, i.MAC = "eth0", h.mac
	h.s.AddInterface(h.now, i)
	return h
}

// poll returns what the stack sends now, a line for each frame.
func (h *station) poll() string {
	frames, _ := h.s.Poll(h.now, nil)
	var lines []string
	for _, f := range frames {
		lines = append(lines, wire.Describe(f.Data))
		f.Release()
	}
	return strings.Join(lines, "\n")
}

// advance lets time pass and returns what was sent in it.
func (h *station) advance(d time.Duration) string {
	until := h.now.Add(d)
	var lines []string
	for {
		if s := h.poll(); s != "" {
			lines = append(lines, s)
		}
		_, next := h.s.Poll(h.now, nil)
		if next > until {
			h.now = until
			return strings.Join(lines, "\n")
		}
		h.now = next
	}
}

// frame returns an IPv6 packet with an ICMPv6 message from the router.
func (h *station) frame(src, dst netip.Addr, hopLimit uint8, message []byte) *vnet.Frame {
	f := vnet.NewFrame(2048)
	eth := wire.Ethernet{Dst: h.mac, Src: routerMAC, Type: wire.TypeIPv6}
	if dst.IsMulticast() {
		eth.Dst = wire.MulticastMAC(dst)
	}
	ip := wire.IPv6{HopLimit: hopLimit, Next: wire.ProtoICMPv6, Src: src, Dst: dst}
	wire.SetChecksum(wire.ProtoICMPv6, src, dst, message)
	f.Data = append(ip.Append(eth.Append(f.Data), len(message)), message...)
	return f
}

// advertise has the router send an advertisement.
func (h *station) advertise(m wire.RouterAdvertisement) {
	h.s.Input(h.now, 0, h.frame(router, wire.AllNodes, 255, m.Append(nil)))
}

func (h *station) addresses() string {
	return fmt.Sprint(h.s.Interfaces()[0].Addrs)
}

func (h *station) routes() string {
	var lines []string
	for _, r := range h.s.Routes() {
		if r.Dst.Addr() != netip.MustParseAddr("fe80::") {
			lines = append(lines, r.String())
		}
	}
	return strings.Join(lines, ", ")
}

// equal fails the test if two texts differ.
func (h *station) equal(what, got, want string) {
	h.t.Helper()
	if got != want {
		h.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// TestRouterAdvertisements has advertisements and what a host makes of them: RFC 4861 §6.3.4, RFC
// 4862 §5.5.3.
func TestRouterAdvertisements(t *testing.T) {
	info := func(p string, onLink, auto bool, valid, preferred uint32) wire.PrefixInformation {
		return wire.PrefixInformation{Prefix: netip.MustParsePrefix(p), OnLink: onLink,
			Autonomous: auto, ValidLifetime: valid, PreferredLifetime: preferred}
	}
	const forever = wire.LifetimeInfinite
	for _, c := range []struct {
		what              string
		lifetime          uint16
		prefix            wire.PrefixInformation
		addresses, routes string
	}{
		{"a default router and a prefix", 1800, info("2001:db8:1::/64", true, true, 600, 300),
			"2001:db8:1::ff:fe00:a/128", "::/0 via fe80::1%eth0 port 0 metric 1024, " +
				"2001:db8:1::/64 port 0 metric 1024"},
		{"no default router", 0, info("2001:db8:1::/64", true, true, 600, 300),
			"2001:db8:1::ff:fe00:a/128", "2001:db8:1::/64 port 0 metric 1024"},
		{"for ever", 0, info("2001:db8:1::/64", true, true, forever, forever),
			"2001:db8:1::ff:fe00:a/128", "2001:db8:1::/64 port 0 metric 1024"},
		{"not on the link", 0, info("2001:db8:1::/64", false, true, 600, 300),
			"2001:db8:1::ff:fe00:a/128", ""},
		{"addresses by other means", 0, info("2001:db8:1::/64", true, false, 600, 300),
			"", "2001:db8:1::/64 port 0 metric 1024"},
		{"a prefix of another length", 0, info("2001:db8:1::/56", true, true, 600, 300),
			"", "2001:db8:1::/56 port 0 metric 1024"},
		{"preferred for longer than valid", 0, info("2001:db8:1::/64", false, true, 300, 600), "", ""},
		{"the link-local prefix", 0, info("fe80::/64", true, true, 600, 300), "", ""},
		{"a group", 0, info("ff00::/64", true, true, 600, 300), "", ""},
		{"over before it began", 0, info("2001:db8:1::/64", true, true, 0, 0), "", ""},
	} {
		h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
		h.advertise(wire.RouterAdvertisement{Lifetime: c.lifetime,
			Prefixes: []wire.PrefixInformation{c.prefix}})
		want := "[fe80::ff:fe00:a/64]"
		if c.addresses != "" {
			want = "[fe80::ff:fe00:a/64 " + c.addresses + "]"
		}
		h.equal(c.what+": addresses", h.addresses(), want)
		h.equal(c.what+": routes", h.routes(), c.routes)
	}
}

// TestRouterAdvertisementParameters: hop limit, MTU and the times of neighbours.
func TestRouterAdvertisementParameters(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true, MTU: 1500})
	i, v6, v4 := h.s.ifaces[0], netip.MustParseAddr("2001:db8::9"), netip.MustParseAddr("10.0.0.9")
	h.advertise(wire.RouterAdvertisement{HopLimit: 9, MTU: 1400, ReachableTime: 1, RetransTimer: 100,
		SourceMAC: routerMAC})
	h.advertise(wire.RouterAdvertisement{MTU: 1279}) // less than IPv6 has: ignored
	h.advertise(wire.RouterAdvertisement{MTU: 1501}) // more than the link has: ignored
	if got := h.s.hopLimit(i, v6); got != 9 {
		t.Errorf("hop limit %d, want the advertised 9", got)
	}
	if got := h.s.hopLimit(i, v4); got != DefaultHopLimit {
		t.Errorf("TTL %d, want %d: routers of IPv6 do not rule IPv4", got, DefaultHopLimit)
	}
	if got, _ := h.s.pathMTU(h.now, i, v6); got != 1400 {
		t.Errorf("MTU %d, want the advertised 1400", got)
	}
	if got, _ := h.s.pathMTU(h.now, i, v4); got != 1500 {
		t.Errorf("MTU %d for IPv4, want that of the link", got)
	}
	if e := i.neighbors.Entries(h.now); len(e) != 1 || e[0].MAC != routerMAC {
		t.Errorf("neighbours are %v, want the router from its own option", e)
	}
	for ms, want := range map[uint32]time.Duration{
		0: 0, 1: 10 * time.Millisecond, 1000: time.Second, 1 << 30: time.Hour,
	} {
		if got := neighborTime(ms); got != want {
			t.Errorf("a time of %d ms is taken as %v, want %v", ms, got, want)
		}
	}
}

// TestLifetimes: an address is preferred, then deprecated, then gone, and so are routes.
func TestLifetimes(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
	advert := wire.RouterAdvertisement{Lifetime: 60, Prefixes: []wire.PrefixInformation{{
		Prefix: prefix1, OnLink: true, Autonomous: true, ValidLifetime: 300, PreferredLifetime: 100,
	}}}
	h.advertise(advert)
	auto := wire.StatelessAddress(prefix1.Addr(), h.mac)
	state := func(want string) {
		t.Helper()
		got := "none"
		if a := h.s.ifaces[0].find(auto); a != nil {
			got = [...]string{"preferred", "deprecated", "tentative", "duplicated"}[a.state]
		}
		h.equal(fmt.Sprintf("the address at %v", h.now), got, want)
	}
	h.advance(59 * time.Second)
	h.equal("routes", h.routes(),
		"::/0 via fe80::1%eth0 port 0 metric 1024, 2001:db8:1::/64 port 0 metric 1024")
	h.advance(2 * time.Second)
	h.equal("routes once the router is over", h.routes(), "2001:db8:1::/64 port 0 metric 1024")
	state("preferred")
	h.advance(60 * time.Second)
	state("deprecated")
	h.advertise(advert)
	state("preferred")
	h.advance(250 * time.Second)
	state("deprecated")
	h.advance(60 * time.Second)
	state("none")
	h.equal("routes at the end", h.routes(), "")
	if h.s.owns(auto) {
		t.Error("an address that is gone is still ours")
	}
}

// TestTwoHours: RFC 4862 §5.5.3 e: no stranger can take an address away in less.
func TestTwoHours(t *testing.T) {
	for _, c := range []struct{ first, then, left uint32 }{
		{86400, 43200, 43200},              // more than two hours: taken
		{86400, 0, 7200},                   // less: two hours
		{86400, 7200, 7200},                // likewise
		{3600, 60, 3600},                   // less than two hours were left: ignored
		{3600, 4000, 4000},                 // more than was left: taken
		{wire.LifetimeInfinite, 600, 7200}, // for ever is much
	} {
		h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
		for _, valid := range []uint32{c.first, c.then} {
			h.advertise(wire.RouterAdvertisement{Prefixes: []wire.PrefixInformation{{
				Prefix: prefix1, Autonomous: true, ValidLifetime: valid, PreferredLifetime: 0,
			}}})
		}
		a := h.s.ifaces[0].find(wire.StatelessAddress(prefix1.Addr(), h.mac))
		if a == nil {
			t.Errorf("valid for %d s, then %d s: the address is gone", c.first, c.then)
			continue
		}
		if left := a.dad.validUntil.Sub(h.now); left != time.Duration(c.left)*time.Second {
			t.Errorf("valid for %d s, then %d s: %v are left, want %d s", c.first, c.then, left, c.left)
		}
	}
}

// TestConfiguredStays: what was configured by hand is not taken over or taken away by routers.
func TestConfiguredStays(t *testing.T) {
	auto := wire.StatelessAddress(prefix1.Addr(), wire.MAC{2, 0, 0, 0, 0, 0xa})
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true,
		Addrs: []netip.Prefix{netip.PrefixFrom(auto, 64)}})
	h.s.AddRoute(Route{Dst: everywhere6, Via: router.WithZone("eth0"), Port: 0})
	before := h.routes()
	for _, seconds := range []uint32{2, 0} {
		h.advertise(wire.RouterAdvertisement{Lifetime: uint16(seconds),
			Prefixes: []wire.PrefixInformation{{Prefix: prefix1, OnLink: true, Autonomous: true,
				ValidLifetime: seconds, PreferredLifetime: seconds}}})
		h.advance(3 * time.Second)
		h.equal("routes", h.routes(), before)
		h.equal("addresses", h.addresses(), "[fe80::ff:fe00:a/64 2001:db8:1::ff:fe00:a/64]")
	}
}

// TestAdvertisementLimits: a router that advertises a great deal fills tables and no more.
func TestAdvertisementLimits(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
	for n := range 20 {
		m := wire.RouterAdvertisement{Lifetime: 600}
		for k := range 20 {
			a := netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 6: byte(n), 7: byte(k)})
			m.Prefixes = append(m.Prefixes, wire.PrefixInformation{Prefix: netip.PrefixFrom(a, 64),
				OnLink: true, Autonomous: true, ValidLifetime: 600, PreferredLifetime: 600})
		}
		h.advertise(m)
	}
	if n := len(h.s.ifaces[0].addrs); n != AddressesMax {
		t.Errorf("%d addresses, want at most %d", n, AddressesMax)
	}
	if n := len(h.s.Routes()); n != LearntRoutesMax+1 {
		t.Errorf("%d routes, want %d and the link's", n, LearntRoutesMax)
	}
}

// TestRouterGone: of two routers the one that does not answer is not asked (RFC 4861 §6.3.6), and
// one that says that it is no router is forgotten (§7.2.5).
func TestRouterGone(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
	other := netip.MustParseAddr("fe80::2")
	both := func() {
		h.advertise(wire.RouterAdvertisement{Lifetime: 9000, SourceMAC: routerMAC})
		m := wire.RouterAdvertisement{Lifetime: 9000, SourceMAC: wire.MAC{2, 0, 0, 0, 0, 0x12}}
		h.s.Input(h.now, 0, h.frame(other, wire.AllNodes, 255, m.Append(nil)))
	}
	both()
	i := h.s.ifaces[0]
	i.addrs = append(i.addrs, address{addr: netip.MustParseAddr("2001:db8::5")})
	h.s.addressesChanged()
	via := func(want netip.Addr) {
		t.Helper()
		_, hop, _ := h.s.route(netip.MustParseAddr("2001:db8:9::9"))
		h.equal("the next hop", hop.String(), want.String()+"%eth0")
	}
	via(router)
	e, err := h.s.OpenEcho(h.now, netip.MustParseAddr("2001:db8:9::9"))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Send(h.now, 1, nil); err != nil {
		t.Fatal(err)
	}
	h.advance(10 * time.Second) // the router is asked three times
	via(other)
	both()
	via(router)
	no := wire.NeighborAdvertisement{Target: router, Override: true, TargetMAC: routerMAC}
	h.s.Input(h.now, 0, h.frame(router, wire.AllNodes, 255, no.Append(nil)))
	via(other)
	no.Target = netip.MustParseAddr("fe80::3")
	h.s.Input(h.now, 0, h.frame(no.Target, wire.AllNodes, 255, no.Append(nil)))
	via(other)
}

// TestInvalidNDP has messages that RFC 4861 §6.1, §7.1 and RFC 4862 drop.
func TestInvalidNDP(t *testing.T) {
	own := netip.MustParseAddr("fe80::ff:fe00:a")
	group := wire.SolicitedNode(own)
	ns := wire.NeighborSolicitation{Target: own, SourceMAC: routerMAC}
	test := wire.NeighborSolicitation{Target: own}
	na := wire.NeighborAdvertisement{Target: router, Solicited: true, TargetMAC: routerMAC}
	ra := wire.RouterAdvertisement{Lifetime: 60, SourceMAC: routerMAC}
	rs := wire.RouterSolicitation{SourceMAC: routerMAC}
	redirect := wire.Redirect{Target: router, Destination: router}
	cut := func(b []byte) []byte { return b[:len(b)-4] }
	nobody := netip.IPv6Unspecified()
	for _, c := range []struct {
		what     string
		src, dst netip.Addr
		hopLimit uint8
		message  []byte
	}{
		{"from beyond the link", router, group, 254, ns.Append(nil)},
		{"a cut option", router, group, 255, cut(ns.Append(nil))},
		{"nobody with an address of his", nobody, group, 255, ns.Append(nil)},
		{"a test that is not sent to the group", nobody, own, 255, test.Append(nil)},
		{"an answer to all that claims to be asked for", router, wire.AllNodes, 255, na.Append(nil)},
		{"a cut answer", router, own, 255, cut(na.Append(nil))},
		{"an advertisement from afar", netip.MustParseAddr("2001:db8::1"), wire.AllNodes, 255,
			ra.Append(nil)},
		{"a cut advertisement", router, wire.AllNodes, 255, cut(ra.Append(nil))},
		{"nobody with an address of his", nobody, wire.AllRouters, 255, rs.Append(nil)},
		{"a cut solicitation", router, wire.AllRouters, 255, cut(rs.Append(nil))},
		{"a redirect", router, own, 255, redirect.Append(nil)},
	} {
		h := newStation(t, Config{Forwarding: true}, Interface{NoDAD: true, AcceptRA: true})
		h.s.Input(h.now, 0, h.frame(c.src, c.dst, c.hopLimit, c.message))
		h.equal(c.what+": answer", h.poll(), "")
		dropped := h.s.Stats().Dropped
		if n := dropped[DropMalformed] + dropped[DropMartian] + dropped[DropProtocol]; n != 1 {
			t.Errorf("%s: %d dropped, want 1", c.what, n)
		}
		if e := h.s.ifaces[0].neighbors.Entries(h.now); len(e) != 0 || h.routes() != "" {
			t.Errorf("%s: neighbours %v, routes %s; want nothing learnt", c.what, e, h.routes())
		}
	}
}

// TestAskedByATest: a station that tests an address of ours is told, and so is everybody (RFC 4861
// §7.2.4); one that asks for another's address hears nothing; an answer about our own address in
// somebody's name changes nothing (RFC 4862 §5.4.4).
func TestAskedByATest(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true})
	own := netip.MustParseAddr("fe80::ff:fe00:a")
	ns := wire.NeighborSolicitation{Target: own}
	h.s.Input(h.now, 0, h.frame(netip.IPv6Unspecified(), wire.SolicitedNode(own), 255, ns.Append(nil)))
	h.equal("answer", h.poll(), "fe80::ff:fe00:a > ff02::1: icmp6 fe80::ff:fe00:a is-at "+
		"02:00:00:00:00:0a override")
	ns.Target = netip.MustParseAddr("fe80::1:ff00:a")
	h.s.Input(h.now, 0, h.frame(router, wire.SolicitedNode(own), 255, ns.Append(nil)))
	h.equal("answer for another", h.poll(), "")
	na := wire.NeighborAdvertisement{Target: own, Override: true, TargetMAC: routerMAC}
	h.s.Input(h.now, 0, h.frame(router, wire.AllNodes, 255, na.Append(nil)))
	h.equal("addresses", h.addresses(), "[fe80::ff:fe00:a/64]")
}

// TestTentative: while an address is tested it answers nobody, and an advertisement of it by
// another station ends the test.
func TestTentative(t *testing.T) {
	own := netip.MustParseAddr("fe80::ff:fe00:a")
	h := newStation(t, Config{}, Interface{})
	ns := wire.NeighborSolicitation{Target: own, SourceMAC: routerMAC}
	h.s.Input(h.now, 0, h.frame(router, wire.SolicitedNode(own), 255, ns.Append(nil)))
	h.equal("answer", h.poll(), "")
	na := wire.NeighborAdvertisement{Target: own, Override: true, TargetMAC: routerMAC}
	h.s.Input(h.now, 0, h.frame(own, wire.AllNodes, 255, na.Append(nil)))
	h.advance(10 * time.Second)
	h.equal("addresses", h.addresses(), "[]")
	if a := h.s.ifaces[0].find(own.WithZone("eth0")); a == nil || a.state != duplicated {
		t.Errorf("the address is %+v, want it marked as somebody else's", a)
	}
}

// TestSolicitations: three, four seconds apart, from the link-local address once it is good; an
// advertisement ends them (RFC 4861 §6.3.7).
func TestSolicitations(t *testing.T) {
	h := newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
	const line = "fe80::ff:fe00:a > ff02::2: icmp6 router-solicitation from 02:00:00:00:00:0a"
	h.equal("all", h.advance(time.Minute), strings.Join([]string{line, line, line}, "\n"))

	h = newStation(t, Config{}, Interface{NoDAD: true, AcceptRA: true})
	h.equal("the first", h.advance(2*time.Second), line)
	h.advertise(wire.RouterAdvertisement{Lifetime: 600})
	h.equal("the rest", h.advance(time.Minute), "")

	h = newStation(t, Config{}, Interface{NoDAD: true})
	h.equal("without AcceptRA", h.advance(time.Minute), "")
	h.advertise(wire.RouterAdvertisement{Lifetime: 600})
	h.equal("routes without AcceptRA", h.routes(), "")
}

// TestAdvertisements: the first at once, then within 16 s twice, then within 200 to 600 s; who asks
// gets one within half a second, but not within three of the last (RFC 4861 §6.2.4, §6.2.6).
func TestAdvertisements(t *testing.T) {
	h := newStation(t, Config{Forwarding: true}, Interface{NoDAD: true, Advertise: true, MTU: 1500,
		Addrs: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::1/64"),
			netip.MustParsePrefix("2001:db8:1::2/64"), netip.MustParsePrefix("2001:db8:2::1/48"),
			netip.MustParsePrefix("2001:db8:3::1/128"), netip.MustParsePrefix("10.0.0.1/24")}})
	const line = "fe80::ff:fe00:a > ff02::1: icmp6 router-advertisement lifetime 1800s hop-limit 64 " +
		"mtu 1500 prefix 2001:db8:1::/64 on-link auto valid 2592000s preferred 604800s " +
		"prefix 2001:db8:2::/48 on-link valid 2592000s preferred 604800s from 02:00:00:00:00:0a"
	count := func(d time.Duration) int { return strings.Count(h.advance(d), "router-advertisement") }
	h.equal("the first", h.poll(), line)
	rs := wire.RouterSolicitation{SourceMAC: routerMAC}
	for range 3 { // together they get one
		h.s.Input(h.now, 0, h.frame(router, wire.AllRouters, 255, rs.Append(nil)))
	}
	h.equal("too soon", h.advance(3*time.Second-1), "")
	h.equal("an answer", h.advance(500*time.Millisecond), line)
	if n := count(16 * time.Second); n != 1 {
		t.Errorf("%d advertisements in the next 16 s, want the third", n)
	}
	if n := count(time.Hour); n < 6 || n > 18 {
		t.Errorf("%d advertisements in an hour, want one in 200 to 600 s", n)
	}
	if e := h.s.ifaces[0].neighbors.Entries(h.now); len(e) != 1 || e[0].MAC != routerMAC {
		t.Errorf("neighbours are %v, want who asked", e)
	}
	// A router that hears itself, or another: it takes nothing from it.
	h.advertise(wire.RouterAdvertisement{Lifetime: 600})
	if slices.ContainsFunc(h.s.Routes(), func(r Route) bool { return r.Dst == everywhere6 }) {
		t.Error("a router took a default route from an advertisement without AcceptRA")
	}
}

// TestAdvertiseAfterTheTest: no advertisement before the link-local address is good.
func TestAdvertiseAfterTheTest(t *testing.T) {
	h := newStation(t, Config{}, Interface{Advertise: true})
	first, _, _ := strings.Cut(h.advance(10*time.Second), "\n")
	h.equal("the first message", first, ":: > ff02::1:ff00:a: icmp6 who-has fe80::ff:fe00:a")
	if h.s.ifaces[0].ndp.router.sent == 0 {
		t.Error("no advertisement after the test")
	}
}
