package tcp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
)

// joined is two connections back to back: what one sends the other has at once.
type joined struct {
	now  clock.Instant
	a, b *Conn
	seg  Segment
	buf  []byte
}

func benchConfig(mss, segmentMax int) (a, b Config) {
	x, y := netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:80")
	a = Config{Local: x, Remote: y, MSS: mss, SegmentMax: segmentMax, ISS: 1 << 31}
	a.NoDelay = true
	b = a
	b.Local, b.Remote = y, x
	return a, b
}

func newJoined(mss, segmentMax int) *joined {
	j := &joined{buf: make([]byte, 64<<10)}
	ca, cb := benchConfig(mss, segmentMax)
	j.connect(&ca, &cb)
	return j
}

func (j *joined) connect(ca, cb *Config) {
	j.a = Connect(j.now, ca)
	j.a.Poll(j.now, &j.seg)
	syn := j.seg.TCP
	j.b = Accept(j.now, cb, &syn)
	j.pass(j.b, j.a)
	j.pass(j.a, j.b)
}

// pass hands all that from sends to to, and returns how many segments carried data.
func (j *joined) pass(from, to *Conn) (data int) {
	for from.Poll(j.now, &j.seg) {
		p := j.buf[:j.seg.Len]
		if j.seg.Len > 0 {
			from.Copy(p, &j.seg)
			data++
		}
		to.Input(j.now, &j.seg.TCP, p)
	}
	return data
}

func benchmarkStream(b *testing.B, mss, segmentMax int) {
	j := newJoined(mss, segmentMax)
	var out, in buffer.Queue
	chunk := make([]byte, 64<<10)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	segments := 0
	for b.Loop() {
		out.Append(chunk)
		j.a.Send(&out)
		for j.a.Info().Unsent > 0 || j.a.una != j.a.nxt {
			j.now = j.now.Add(10 * time.Microsecond)
			segments += j.pass(j.a, j.b)
			n := j.b.Receive(&in)
			in.Discard(n)
			j.b.Consumed(n)
			if j.pass(j.b, j.a) == 0 && j.a.nxt == j.b.rcvNxt && j.a.una != j.a.nxt {
				j.now = max(j.now, j.b.Next()) // a delayed ACK
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(segments), "ns/segment")
}

// BenchmarkConnStream is the whole work of both ends for a stream without loss.
func BenchmarkConnStream(b *testing.B) {
	b.Run("mtu1500", func(b *testing.B) { benchmarkStream(b, 1460, 0) })
	b.Run("super", func(b *testing.B) { benchmarkStream(b, 1460, 64<<10) })
}

// BenchmarkConnect is connect, one byte, and close on both ends.
func BenchmarkConnect(b *testing.B) {
	b.ReportAllocs()
	j := &joined{buf: make([]byte, 64<<10)}
	ca, cb := benchConfig(1460, 0)
	var out, in buffer.Queue
	for b.Loop() {
		j.now = j.now.Add(time.Millisecond)
		j.connect(&ca, &cb)
		out.Append([]byte{1})
		j.a.Send(&out)
		j.a.CloseWrite(j.now)
		j.pass(j.a, j.b)
		j.b.Consumed(j.b.Receive(&in))
		in.Release()
		j.b.Close(j.now)
		j.pass(j.b, j.a)
		j.pass(j.a, j.b)
		if j.a.State() != TimeWait || j.b.State() != Closed {
			b.Fatalf("the ends are in %v and %v", j.a.State(), j.b.State())
		}
	}
}
