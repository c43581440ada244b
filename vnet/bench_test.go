package vnet_test

import (
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// pump sends a few frames every so often.
type pump struct {
	dst, src    byte
	batch, left int
	every       time.Duration
	next        clock.Instant
}

func (p *pump) Input(_ clock.Instant, _ int, f *vnet.Frame) { f.Release() }

func (p *pump) Poll(now clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	if now < p.next {
		return out, p.next
	}
	p.next = now.Add(p.every)
	for range min(p.batch, p.left) {
		f := vnet.NewFrame(1514)
		f.Data = f.Data[:1514]
		copy(f.Data, []byte{2, 0, 0, 0, 0, p.dst, 2, 0, 0, 0, 0, p.src, 0x88, 0xb5})
		out = append(out, f)
		p.left--
	}
	if p.left == 0 {
		p.next = clock.Never
	}
	return out, p.next
}

// BenchmarkForward sends frames from host to host through a switch, in both directions at once. An
// operation is one frame over one link, with all that the network does for it: event queue, delay,
// rate, address table, and no host's stack.
func BenchmarkForward(b *testing.B) {
	for _, c := range []struct {
		name  string
		hosts int
		set   vnet.Settings
	}{
		{"delay", 2, vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500}},
		{"rate", 2, vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500, Rate: 10e9,
			QueueBytes: 1 << 20}},
		{"codel", 2, vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500, Rate: 10e9,
			Discipline: vnet.DisciplineCoDel}},
		{"delay-200hosts", 200, vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500}},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := vnet.New(prng.New(1))
			sw := vnet.NewSwitch(n, "sw")
			var all []*vnet.Attachment
			for i := range c.hosts {
				// i and i^1 are pairs. Different periods keep the events of the pairs apart.
				p := &pump{dst: byte(i^1) + 1, src: byte(i) + 1, batch: 4,
					left: b.N/(2*c.hosts) + 1, every: 10*time.Microsecond + time.Duration(i)}
				a := n.Attach("host", p)
				n.Connect(a.AddPort("eth0"), sw.AddPort("p"), c.set)
				all = append(all, a)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, a := range all {
				a.Touch()
			}
			for now := n.Run(0); now != clock.Never; now = n.Run(now) {
			}
			b.ReportMetric(float64(n.Frames())/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
