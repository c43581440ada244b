package tcpip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// TestPendingMax: what waits for the next Poll is bounded, on the way out and on the loopback.
func TestPendingMax(t *testing.T) {
	v := newVictim(Config{})
	v.learn(0, v.ifaces[0], netip.MustParseAddr("10.0.0.2"), wire.MAC{2, 0, 0, 0, 0, 2}, 7)
	echo := wire.ICMPv4{Type: wire.ICMPv4Echo}
	b := packet4(0x0a000002, wire.IPv4{Protocol: wire.ProtoICMP}, echo.Append(nil))
	for range PendingMax + 10 {
		v.input(b)
	}
	if got := v.Stats().Dropped[DropPending]; len(v.Stack.out) != PendingMax || got != 10 {
		t.Errorf("%d frames wait and %d were dropped, want %d and 10",
			len(v.Stack.out), got, PendingMax)
	}
	v.poll()
	for range PendingMax + 10 {
		v.loopBack(vnet.NewFrame(0))
	}
	if got := v.Stats().Dropped[DropPending]; len(v.loop) != PendingMax || got != 20 {
		t.Errorf("%d frames wait on the loopback, %d dropped, want %d and 20",
			len(v.loop), got, PendingMax)
	}
}

// TestUDPLimits: a queue that is full drops what arrives and says so to who sends.
func TestUDPLimits(t *testing.T) {
	s := New(Config{})
	to := netip.MustParseAddrPort("127.0.0.1:53")
	in, err := s.OpenUDP(0, to, netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.OpenUDP(0, netip.AddrPort{}, to)
	if err != nil {
		t.Fatal(err)
	}
	in.User, out.User = "in", "out"
	if in.UserData() != "in" || out.RemoteAddr() != to || in.RemoteAddr().IsValid() {
		t.Errorf("user data %v, remote %v and %v", in.UserData(), out.RemoteAddr(), in.RemoteAddr())
	}
	sent := 0
	for ; ; sent++ {
		if err = out.SendTo(make([]byte, 1000), to); err != nil {
			break
		}
	}
	if err != ErrQueueFull || sent == 0 {
		t.Errorf("after %d datagrams SendTo says %v, want ErrQueueFull", sent, err)
	}
	for range 3 {
		s.Poll(0, nil)
	}
	if in.Received() != sent {
		t.Errorf("%d datagrams arrived, want %d", in.Received(), sent)
	}
	out.SendTo([]byte("one more"), to)
	for range 3 {
		s.Poll(0, nil)
	}
	if s.stats.Dropped[DropReceiveQueueFull] != 1 || s.stats.Dropped[DropSendQueueFull] != 1 {
		t.Errorf("dropped: %v, want one at each queue", &s.stats)
	}
	out.Close(0)
	out.Close(0)
	if err := out.SendTo(nil, to); err != ErrClosed {
		t.Errorf("SendTo of a closed socket: %v, want ErrClosed", err)
	}
	if err := in.SendTo(nil, netip.AddrPort{}); err != ErrAddrNotAvailable {
		t.Errorf("SendTo nowhere: %v, want ErrAddrNotAvailable", err)
	}
	if s.udp.Len() != 1 {
		t.Errorf("%d sockets are bound, want 1", s.udp.Len())
	}
}

// TestListenPorts: port 0 chooses a free one; what is listened on is passed over.
func TestListenPorts(t *testing.T) {
	s := New(Config{})
	seen := map[uint16]bool{}
	for range 10 {
		l, err := s.ListenTCP(netip.AddrPort{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		l.User = 1
		if p := l.LocalAddr().Port(); p < ephemeralFirst || seen[p] || l.UserData() != 1 {
			t.Errorf("port %d was chosen twice or is none of the ephemeral ones", p)
		}
		seen[l.LocalAddr().Port()] = true
		l.Close(0)
		l.Close(0)
	}
	for port := range uint16(ListenersMax) {
		at := netip.AddrPortFrom(netip.IPv6Unspecified(), 1+port)
		if _, err := s.ListenTCP(at, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ListenTCP(netip.MustParseAddrPort("[::]:50000"), 0); err != ErrNoPorts {
		t.Errorf("one listener beyond ListenersMax: %v, want ErrNoPorts", err)
	}
}

// TestRouteWithdrawn: a connection without a way waits and goes on when there is one again; one
// that does not stand yet ends.
func TestRouteWithdrawn(t *testing.T) {
	p := newPair(1500, vnet.Settings{Delay: time.Millisecond})
	p.b.addAddress(0, p.b.ifaces[0], netip.MustParsePrefix("192.0.2.1/32"))
	via := []Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.0.0.2")}}
	p.a.SetRoutes(via)
	l, _ := p.b.ListenTCP(netip.MustParseAddrPort("192.0.2.1:80"), 0)
	c, err := p.a.DialTCP(0, netip.AddrPort{}, l.LocalAddr(), p.a.TCPOptions())
	if err != nil {
		t.Fatal(err)
	}
	p.run(p.now.Add(time.Second))
	p.a.SetRoutes(nil)
	var q buffer.Queue
	q.Append([]byte("hello"))
	c.Send(&q)
	p.a.Touch(c)
	p.run(p.now.Add(time.Second))
	if c.State() != tcp.Established || p.a.Stats().Dropped[DropNoRoute] == 0 {
		t.Errorf("without a route: %v, %v, want ESTABLISHED and drops", c, p.a.Stats())
	}
	p.a.SetRoutes(via)
	p.run(p.now.Add(10 * time.Second))
	d := l.Accept()
	if d == nil || d.Received() != 5 {
		t.Errorf("with the route again the bytes did not arrive")
	}
	c.User = 7
	if c.UserData() != 7 || !strings.Contains(c.String(), "→192.0.2.1:80 established") {
		t.Errorf("user data %v, %q", c.UserData(), c)
	}
	nobody := netip.MustParseAddrPort("192.0.2.9:80")
	e, err := p.a.DialTCP(p.now, netip.AddrPort{}, nobody, tcp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.a.SetRoutes(nil)
	p.run(p.now.Add(time.Millisecond))
	if e.State() != tcp.Closed || e.Err() != tcp.ErrNetUnreachable {
		t.Errorf("a dial without a route: %v %v, want CLOSED and ErrNetUnreachable", e, e.Err())
	}
}

// TestMisuse: what no peer can do but a caller should not.
func TestMisuse(t *testing.T) {
	for name, f := range map[string]func(*Stack){
		"a route to no interface": func(s *Stack) {
			s.AddRoute(Route{Dst: netip.MustParsePrefix("10.0.0.0/8"), Port: 7})
		},
		"a tiny MTU": func(s *Stack) { s.AddInterface(0, Interface{Name: "eth0", MTU: 40}) },
		"too many interfaces": func(s *Stack) {
			for range InterfacesMax + 1 {
				s.AddInterface(0, Interface{Name: "eth0", MTU: 1500})
			}
		},
		"too many routes": func(s *Stack) {
			s.AddInterface(0, Interface{Name: "eth0", MTU: 1500})
			for i := range 1 << 16 {
				a := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})
				s.AddRoute(Route{Dst: netip.PrefixFrom(a, 32)})
			}
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: want a panic", name)
				}
			}()
			f(New(Config{}))
		}()
	}
	s := New(Config{Name: "x"})
	s.Input(0, 3, vnet.NewFrame(10)) // a port that does not exist: dropped
	if s.Name() != "x" || s.Stats().Dropped[DropNotForUs] != 1 {
		t.Errorf("name %q, stats %v", s.Name(), s.Stats())
	}
	if DropMartian.String() != "martian" || dropCount.String() != "unknown" {
		t.Errorf("drops are called %v and %v", DropMartian, dropCount)
	}
}
