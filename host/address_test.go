package host

import (
	"io"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
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
