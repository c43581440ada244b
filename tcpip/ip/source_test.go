package ip

import (
	"net/netip"
	"strings"
	"testing"
)

// TestSelectSource has the examples of RFC 6724 §10.1 that hold here, and what a lab meets. A
// source is ADDRESS, ADDRESS@PORT, or ADDRESS! if it is deprecated; packets leave by port 0.
func TestSelectSource(t *testing.T) {
	for _, c := range []struct{ rule, dst, sources, want string }{
		// RFC 6724 §10.1.
		{"2: scope", "2001:db8:1::1", "2001:db8:3::1 fe80::1", "2001:db8:3::1"},
		{"2: scope", "ff05::1", "2001:db8:3::1 fe80::1", "2001:db8:3::1"},
		{"3: deprecated", "2001:db8:1::1", "2001:db8:1::2! 2001:db8:3::2", "2001:db8:3::2"},
		{"1: same", "2001:db8:1::1", "2001:db8:1::1! 2001:db8:3::1", "2001:db8:1::1"},
		{"2: scope", "fe80::1", "fe80::2! 2001:db8:1::1", "fe80::2"},
		{"8: prefix", "2001:db8:1::1", "2001:db8:1::2 2001:db8:3::2", "2001:db8:1::2"},
		{"6: label", "2002:c633:6401::1", "2001:db8:1::2 2002:c633:6401::2", "2002:c633:6401::2"},
		{"6: label", "fd00::1", "2001:db8:1::2 fd11::2", "fd11::2"},
		{"6: label", "2001:db8::1", "fd11::2 2003::2", "2003::2"},

		{"5: interface", "2001:db8:1::1", "2001:db8:1::2@1 2001:db8:3::2", "2001:db8:3::2"},
		{"2: the larger scope if none is enough", "2001:db8::1", "fe80::1 fec0::1", "fec0::1"},
		{"2: the smallest that is enough", "fec0::9", "2001:db8::1 fec0::1 fe80::1", "fec0::1"},
		{"the first of equals", "2001:db8::9", "2001:db8::2 2001:db8::1", "2001:db8::2"},
		{"8: not beyond the subnet", "2001:db8::1:1", "2001:db8::9 2001:db8::1:2", "2001:db8::9"},
		{"interface group", "ff01::1", "2001:db8::1 fe80::1", "fe80::1"},
		{"link group", "ff02::1", "2001:db8::1 fe80::1", "fe80::1"},

		{"v4: prefix", "10.2.0.1", "10.1.0.5 10.2.0.5", "10.2.0.5"},
		{"v4: interface", "10.2.0.1", "10.2.0.5@1 10.1.0.5", "10.1.0.5"},
		{"v4: scope", "192.0.2.1", "169.254.1.1 127.0.0.1 10.0.0.1", "10.0.0.1"},
		{"v4: scope", "169.254.1.9", "10.0.0.1 169.254.1.1", "169.254.1.1"},
		{"v4: same", "10.0.0.7", "10.0.0.1 10.0.0.7@1", "10.0.0.7"},
		{"families apart", "10.0.0.7", "2001:db8::1 10.0.0.1", "10.0.0.1"},
		{"none of the family", "10.0.0.7", "2001:db8::1", ""},
		{"none", "10.0.0.7", "", ""},
	} {
		var sources []Source
		for _, word := range strings.Fields(c.sources) {
			var s Source
			word, s.Deprecated = strings.CutSuffix(word, "!")
			word, onOther := strings.CutSuffix(word, "@1")
			if onOther {
				s.Port = 1
			}
			s.Addr = netip.MustParseAddr(word)
			sources = append(sources, s)
		}
		want := netip.Addr{}
		if c.want != "" {
			want = netip.MustParseAddr(c.want)
		}
		got, ok := SelectSource(netip.MustParseAddr(c.dst), 0, sources)
		if got != want || ok != want.IsValid() {
			t.Errorf("rule %s: to %s from [%s]: %v, %v; want %s", c.rule, c.dst, c.sources, got, ok,
				c.want)
		}
	}
}
