package tcpip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/wire"
)

// TestAddressesChange: what comes with an address goes with it, unless another one needs it.
func TestAddressesChange(t *testing.T) {
	s := New(Config{})
	s.AddInterface(0, Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1}, MTU: 1500})
	has := func(what string, want bool) {
		t.Helper()
		text := fmt.Sprint(s.Interfaces()[0].Addrs, s.Routes())
		if strings.Contains(text, what) != want {
			t.Errorf("%q is there: %v, want %v: %s", what, !want, want, text)
		}
	}
	first, second := netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")
	s.AddAddress(0, 0, first)
	s.AddAddress(0, 0, first)
	s.AddAddress(0, 0, second)
	has("10.0.0.0/24 port 0", true)
	s.RemoveAddress(0, first)
	has("10.0.0.1/24", false)
	has("10.0.0.0/24 port 0", true)
	s.RemoveAddress(0, first) // that is not there
	s.RemoveAddress(0, second)
	has("10.0.0.", false)
	if s.owns(second.Addr()) {
		t.Error("the stack still takes packets for it")
	}
	alone := netip.MustParsePrefix("192.0.2.1/32")
	s.AddAddress(0, 0, alone)
	s.RemoveAddress(0, alone)
	has("192.0.2.1", false)
}

// RFC 5227 §3: sender and target are the address that is announced.
func TestAnnounce(t *testing.T) {
	s := New(Config{})
	s.AddInterface(0, Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1}, MTU: 1500,
		Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"),
			netip.MustParsePrefix("fd00::1/64")}})
	s.Announce(0)
	frames, _ := s.Poll(0, nil)
	announced := 0
	for _, f := range frames {
		eth, b, err := wire.ParseEthernet(f.Data)
		if err != nil || eth.Type != wire.TypeARP {
			continue
		}
		arp, err := wire.ParseARP(b)
		want := netip.MustParseAddr("10.0.0.1")
		if err != nil || eth.Dst != wire.Broadcast || arp.Op != wire.ARPRequest ||
			arp.SenderIP != want || arp.TargetIP != want || arp.SenderMAC != eth.Src {
			t.Errorf("%+v, %+v, %v", eth, arp, err)
		}
		announced++
	}
	if announced != 1 {
		t.Errorf("%d announcements", announced)
	}
}

// RFC 1122 §3.2.1.3 a: a host without an address may say so to all, and to nobody else.
func TestSourceUnspecified(t *testing.T) {
	s := New(Config{})
	s.AddInterface(0, Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1}, MTU: 1500})
	u, err := s.OpenUDP(0, netip.MustParseAddrPort("0.0.0.0:68"), netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.SendTo([]byte("who am I"), netip.MustParseAddrPort("255.255.255.255:67")); err != nil {
		t.Fatal(err)
	}
	frames, _ := s.Poll(0, nil)
	for _, f := range frames {
		if eth, b, _ := wire.ParseEthernet(f.Data); eth.Type == wire.TypeIPv4 {
			if ip, _, err := wire.ParseIPv4(b); err != nil || !ip.Src.IsUnspecified() {
				t.Errorf("from %v, %v", ip.Src, err)
			}
			return
		}
	}
	t.Error("nothing is sent")
}
