package host

import (
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// TestSetAddrs: a machine's address changes while it is used. The old one is nobody's then, and a
// connection that has it gets no answer any more.
func TestSetAddrs(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		l, err := p.b.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go io.Copy(conn, conn)
			}
		}()
		old, err := p.a.Dial("tcp", "10.0.0.2:7")
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		p.a.SetAddrs(0, []netip.Prefix{netip.MustParsePrefix("10.0.0.5/24")})
		p.a.Announce(0)
		var addrs []string
		for _, a := range p.a.Interfaces()[0].Addrs {
			addrs = append(addrs, a.String())
		}
		if !slices.Contains(addrs, "10.0.0.5/24") || slices.Contains(addrs, "10.0.0.1/24") ||
			slices.Contains(addrs, "fd00::1/64") {
			t.Errorf("addresses %v", addrs)
		}
		conn, err := p.a.Dial("tcp", "10.0.0.2:7")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := conn.LocalAddr().String(); got[:9] != "10.0.0.5:" {
			t.Errorf("the new connection is from %s", got)
		}
		if _, err := old.Write([]byte("anybody?")); err != nil {
			t.Fatal(err)
		}
		old.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := old.Read(make([]byte, 10)); err == nil {
			t.Errorf("%d bytes come over the old connection", n)
		}
		// A machine that is switched on again has the new address.
		p.a.PowerOff()
		p.a.Announce(0)
		p.a.SetAddrs(0, []netip.Prefix{netip.MustParsePrefix("10.0.0.6/24")})
		p.a.PowerOn([32]byte{9})
		if _, err := p.b.Ping(t.Context(), netip.MustParseAddr("10.0.0.6")); err != nil {
			t.Errorf("ping of the address after power on: %v", err)
		}
	})
}

// TestSetRoutesKeepsLearnt: routes from router advertisements are the routers' to end.
func TestSetRoutesKeepsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := Virtual(seed(1))
		defer n.Close()
		var ports [2]*vnet.Port
		router := New(n, Config{Name: "router", Stack: tcpip.Config{Forwarding: true}})
		ports[0] = router.AddInterface(tcpip.Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1},
			MTU: 1500, NoDAD: true, Advertise: true,
			Addrs: []netip.Prefix{netip.MustParsePrefix("fd00::1/64")}})
		h := New(n, Config{Name: "host"})
		ports[1] = h.AddInterface(tcpip.Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 2},
			MTU: 1500, AcceptRA: true})
		n.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Connect(ports[0], ports[1], vnet.Settings{Delay: time.Millisecond, MTU: 1500})
		})
		time.Sleep(time.Minute)
		h.SetRoutes([]tcpip.Route{{Dst: netip.MustParsePrefix("fd01::/64"),
			Via: netip.MustParseAddr("fd00::1")}})
		h.SetRoutes(nil)
		h.Inspect(func(s *tcpip.Stack) {
			var through []string
			for _, r := range s.Routes() {
				if r.Via.IsValid() {
					through = append(through, r.String())
				}
			}
			if len(through) != 1 || !strings.HasPrefix(through[0], "::/0 via fe80::") {
				t.Errorf("routes by routers: %v, want the one that was advertised", through)
			}
		})
	})
}
