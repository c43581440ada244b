package wire

import "strconv"

// String returns "router-solicitation from 02:00:00:00:00:01".
func (m *RouterSolicitation) String() string {
	return "router-solicitation" + describeMAC(" from ", m.SourceMAC)
}

// String returns "router-advertisement lifetime 1800s mtu 1500 prefix 2001:db8::/64 ...".
func (m *RouterAdvertisement) String() string {
	s := "router-advertisement lifetime " + seconds(uint32(m.Lifetime))
	if m.HopLimit != 0 {
		s += " hop-limit " + itoa(int(m.HopLimit))
	}
	if m.Managed {
		s += " managed"
	}
	if m.Other {
		s += " other"
	}
	if m.ReachableTime != 0 {
		s += " reachable " + milliseconds(m.ReachableTime)
	}
	if m.RetransTimer != 0 {
		s += " retrans " + milliseconds(m.RetransTimer)
	}
	if m.MTU != 0 {
		s += " mtu " + itoa(int(m.MTU))
	}
	for i := range m.Prefixes {
		s += " " + m.Prefixes[i].String()
	}
	for i := range m.DNS {
		s += " " + m.DNS[i].String()
	}
	return s + describeMAC(" from ", m.SourceMAC)
}

// String returns "prefix 2001:db8::/64 on-link auto valid 86400s preferred 14400s".
func (p *PrefixInformation) String() string {
	s := "prefix " + p.Prefix.String()
	if p.OnLink {
		s += " on-link"
	}
	if p.Autonomous {
		s += " auto"
	}
	return s + " valid " + seconds(p.ValidLifetime) + " preferred " + seconds(p.PreferredLifetime)
}

// String returns "dns 2001:db8::53 for 600s".
func (d *RecursiveDNS) String() string {
	s := "dns"
	for _, a := range d.Servers {
		s += " " + a.String()
	}
	return s + " for " + seconds(d.Lifetime)
}

// String returns "who-has fe80::2 from 02:00:00:00:00:01".
func (m *NeighborSolicitation) String() string {
	return "who-has " + m.Target.String() + describeMAC(" from ", m.SourceMAC)
}

// String returns "fe80::2 is-at 02:00:00:00:00:02 router solicited override".
func (m *NeighborAdvertisement) String() string {
	s := m.Target.String() + " is here"
	if m.TargetMAC != (MAC{}) {
		s = m.Target.String() + " is-at " + m.TargetMAC.String()
	}
	if m.Router {
		s += " router"
	}
	if m.Solicited {
		s += " solicited"
	}
	if m.Override {
		s += " override"
	}
	return s
}

// String returns "redirect 2001:db8::9 via fe80::2 at 02:00:00:00:00:02".
func (m *Redirect) String() string {
	s := "redirect " + m.Destination.String() + " via " + m.Target.String() +
		describeMAC(" at ", m.TargetMAC)
	if m.Quoted != nil {
		s += describeQuoted(m.Quoted)
	}
	return s
}

// describeMAC returns nothing for the zero MAC, which stands for an absent option.
func describeMAC(before string, m MAC) string {
	if m == (MAC{}) {
		return ""
	}
	return before + m.String()
}

func seconds(n uint32) string {
	if n == LifetimeInfinite {
		return "forever"
	}
	return strconv.FormatUint(uint64(n), 10) + "s"
}

func milliseconds(n uint32) string { return strconv.FormatUint(uint64(n), 10) + "ms" }
