package tcpip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
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

// BenchmarkStream is one flow through two stacks and a link, in one goroutine: bytes are appended to
// a send queue at one end and discarded from a receive queue at the other.
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
