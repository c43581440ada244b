package tcpip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// connect opens a connection from a to b and accepts it.
func (p *pair) connect(tb testing.TB, l *TCPListener, o tcp.Options) (c, d *TCPSocket) {
	tb.Helper()
	c, err := p.a.DialTCP(p.now, netip.AddrPort{}, netip.MustParseAddrPort("10.0.0.2:80"), o)
	if err != nil {
		tb.Fatal(err)
	}
	p.at[0].Touch()
	for d == nil {
		next := p.net.Run(p.now)
		if d = l.Accept(); d == nil {
			if next == clock.Never {
				tb.Fatal("the network is at rest before the connection stands")
			}
			p.now = next
		}
	}
	return c, d
}

// BenchmarkStream is one flow through two stacks and a link, in one goroutine: bytes are appended
// to a send queue at one end and discarded from a receive queue at the other.
func BenchmarkStream(b *testing.B) {
	for _, c := range []struct {
		name string
		mtu  int
	}{{"mtu1500", 1500}, {"super", 0}} {
		b.Run(c.name, func(b *testing.B) { benchmarkStream(b, c.mtu) })
	}
}

func benchmarkStream(b *testing.B, mtu int) {
	p := newPair(mtu, vnet.Settings{Delay: 10 * time.Microsecond, MTU: mtu})
	l, _ := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
	tx, rx := p.connect(b, l, tcp.Options{})
	const chunk = 64 << 10
	data := make([]byte, chunk)
	var out, in buffer.Queue
	received := 0
	step := func() {
		for tx.SendSpace() >= chunk {
			out.Append(data)
			tx.Send(&out)
			p.a.Touch(tx)
			p.at[0].Touch()
		}
		p.now = p.net.Run(p.now)
		if n := rx.Receive(&in); n > 0 {
			received += n
			in.Discard(n)
			rx.Consumed(n)
			p.b.Touch(rx)
			p.at[1].Touch()
		}
		p.a.Changed(func(Socket) {})
		p.b.Changed(func(Socket) {})
	}
	for received < 16<<20 {
		step()
	}
	b.SetBytes(chunk)
	b.ReportAllocs()
	frames, at, segments := p.net.Frames(), p.now, tx.Info().SegmentsSent
	total := received
	b.ResetTimer()
	for range b.N {
		for total += chunk; received < total; {
			step()
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(p.net.Frames()-frames)/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(float64(tx.Info().SegmentsSent-segments)/float64(b.N), "segments/op")
	b.ReportMetric(p.now.Sub(at).Seconds()/float64(b.N)*1e6, "virtual-µs/op")
}

// BenchmarkConnect is one connection after another: connect, one byte, close by both sides.
func BenchmarkConnect(b *testing.B) {
	p := newPair(1500, vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500})
	l, _ := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
	one := []byte{1}
	var q buffer.Queue
	b.ReportAllocs()
	for b.Loop() {
		c, d := p.connect(b, l, tcp.Options{})
		q.Append(one)
		c.Send(&q)
		c.CloseWrite(p.now)
		p.a.Touch(c)
		p.at[0].Touch()
		for !d.PeerClosed() {
			p.now = p.net.Run(p.now)
		}
		d.Receive(&q)
		d.Consumed(1)
		q.Discard(1)
		d.Close(p.now)
		p.b.Touch(d)
		p.at[1].Touch()
		for c.State() != tcp.TimeWait {
			p.now = p.net.Run(p.now)
		}
		c.Close(p.now)
		p.a.Touch(c)
		p.net.Run(p.now)
		p.a.Changed(func(Socket) {})
		p.b.Changed(func(Socket) {})
	}
}

// BenchmarkFrames is a flow at MTU 1500 through a router: every operation is one frame handed to a
// link.
func BenchmarkFrames(b *testing.B) {
	n := vnet.New(prng.New(1))
	a, r, c := New(Config{Name: "a"}), New(Config{Name: "r", Forwarding: true}), New(Config{Name: "c"})
	add := func(s *Stack, at *vnet.Attachment, addr string, last byte) *vnet.Port {
		s.AddInterface(0, Interface{Name: "eth", MAC: wire.MAC{2, 0, 0, 0, 0, last}, MTU: 1500,
			Offload: true, NoDAD: true, Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}})
		return at.AddPort("eth" + string('0'+last))
	}
	atA, atR, atC := n.Attach("a", a), n.Attach("r", r), n.Attach("c", c)
	set := vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500}
	n.Connect(add(a, atA, "10.0.1.1/24", 1), add(r, atR, "10.0.1.254/24", 2), set)
	n.Connect(add(r, atR, "10.0.2.254/24", 3), add(c, atC, "10.0.2.1/24", 4), set)
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	a.AddRoute(Route{Dst: everywhere, Via: netip.MustParseAddr("10.0.1.254")})
	c.AddRoute(Route{Dst: everywhere, Via: netip.MustParseAddr("10.0.2.254")})
	l, _ := c.ListenTCP(netip.MustParseAddrPort("10.0.2.1:80"), 0)
	tx, err := a.DialTCP(0, netip.AddrPort{}, l.LocalAddr(), tcp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var rx *TCPSocket
	var out, in buffer.Queue
	data := make([]byte, 64<<10)
	now := clock.Instant(0)
	step := func() {
		for tx.SendSpace() >= len(data) {
			out.Append(data)
			tx.Send(&out)
		}
		a.Touch(tx)
		atA.Touch()
		now = n.Run(now)
		if rx == nil {
			rx = l.Accept()
		} else if k := rx.Receive(&in); k > 0 {
			in.Discard(k)
			rx.Consumed(k)
			c.Touch(rx)
			atC.Touch()
		}
	}
	for n.Frames() < 100_000 {
		step()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for until := n.Frames() + uint64(b.N); n.Frames() < until; {
		step()
	}
}
