package ip

import "net/netip"

// Source is an address of ours that a packet may be sent from.
type Source struct {
	Addr       netip.Addr
	Port       int  // the interface that has it
	Deprecated bool // RFC 4862 §5.5.4: only if there is no other
}

// SelectSource chooses the source address for packets to dst that leave by a port, among addresses
// of the same family; the first of equals. It is RFC 6724 §5 with the rules that matter here: there
// are no home addresses (rule 4) and no temporary ones (rule 7), and the label table is the default
// one. IPv4 goes by the same rules, with the scopes of RFC 6724 §3.2.
func SelectSource(dst netip.Addr, port int, sources []Source) (netip.Addr, bool) {
	best := -1
	for i := range sources {
		if sources[i].Addr.Is4() == dst.Is4() &&
			(best < 0 || better(dst, port, &sources[i], &sources[best])) {
			best = i
		}
	}
	if best < 0 {
		return netip.Addr{}, false
	}
	return sources[best].Addr, true
}

// better reports whether a is a better source for dst than b; false if they are as good.
func better(dst netip.Addr, port int, a, b *Source) bool {
	// Rule 1: prefer the same address.
	if (a.Addr == dst) != (b.Addr == dst) {
		return a.Addr == dst
	}
	// Rule 2: prefer the appropriate scope: the smallest that reaches dst, else the largest.
	if sa, sb, sd := scope(a.Addr), scope(b.Addr), scope(dst); sa != sb {
		if sa < sb {
			return sa >= sd
		}
		return sb < sd
	}
	// Rule 3: avoid deprecated addresses.
	if a.Deprecated != b.Deprecated {
		return b.Deprecated
	}
	// Rule 5: prefer the outgoing interface.
	if (a.Port == port) != (b.Port == port) {
		return a.Port == port
	}
	// Rule 6: prefer the matching label.
	if la, lb := label(a.Addr) == label(dst), label(b.Addr) == label(dst); la != lb {
		return la
	}
	// Rule 8: prefer the longest matching prefix.
	return commonBits(a.Addr, dst) > commonBits(b.Addr, dst)
}

// Scopes of unicast and multicast addresses (RFC 6724 §3.1; the numbers are RFC 4291's).
const (
	scopeInterface = 1
	scopeLink      = 2
	scopeSite      = 5
	scopeGlobal    = 14
)

func scope(a netip.Addr) int {
	switch {
	case a.Is6() && a.IsMulticast():
		b := a.As16()
		return int(b[1] & 15)
	case a.IsLinkLocalUnicast(), a.IsLoopback(), a.IsLinkLocalMulticast():
		return scopeLink // RFC 6724 §3.2, §3.4: loopback counts as link-local
	case siteLocal.Contains(a):
		return scopeSite
	}
	return scopeGlobal
}

var siteLocal = netip.MustParsePrefix("fec0::/10")

// labels is the default policy table of RFC 6724 §2.1, the longest prefix first.
var labels = [...]struct {
	prefix netip.Prefix
	label  int
}{
	{netip.MustParsePrefix("::1/128"), 0},
	{netip.MustParsePrefix("::ffff:0:0/96"), 4},
	{netip.MustParsePrefix("::/96"), 3},
	{netip.MustParsePrefix("2001::/32"), 5},
	{netip.MustParsePrefix("2002::/16"), 2},
	{netip.MustParsePrefix("3ffe::/16"), 12},
	{netip.MustParsePrefix("fec0::/10"), 11},
	{netip.MustParsePrefix("fc00::/7"), 13},
}

func label(a netip.Addr) int {
	if a.Is4() {
		return 4
	}
	a = a.WithZone("")
	for i := range labels {
		if labels[i].prefix.Contains(a) {
			return labels[i].label
		}
	}
	return 1 // ::/0
}

// commonBits is CommonPrefixLen of RFC 6724 §2.2: for IPv6 at most the 64 bits of a subnet.
func commonBits(a, b netip.Addr) int {
	x, _ := keyOf(a)
	y, _ := keyOf(b)
	limit, va, vb := 64, x.hi, y.hi
	if a.Is4() {
		limit, va, vb = 32, x.lo<<32, y.lo<<32
	}
	n := 0
	for n < limit && (va^vb)>>(63-n) == 0 {
		n++
	}
	return n
}
