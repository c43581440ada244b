package vnet_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// coin is a fault that draws, and drops half of the frames.
type coin struct{}

func (coin) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if m.Rand.Chance(0.5) {
		v.Drop = vnet.Lost
	}
	return v
}
func (coin) String() string { return "coin" }

func (p *pair) fate() string {
	var s []byte
	for _, e := range p.events {
		switch e.Kind {
		case vnet.Dropped:
			s = append(s, 'x')
		case vnet.Delivered:
			s = append(s, '.')
		}
	}
	return string(s)
}

func fateOf(seed uint64, faults ...vnet.Fault) string {
	p := newPair(seed, vnet.Settings{})
	for _, f := range faults {
		p.link.Directions[0].Add(f)
	}
	for range 200 {
		p.sendFrames(1)
		p.net.Run(0)
	}
	return p.fate()
}

// Each fault draws from a stream of its own: the same one twice drops a half and then a quarter,
// and one more behind the first changes nothing that the first does.
func TestStreams(t *testing.T) {
	one, again := fateOf(1, coin{}), fateOf(1, coin{})
	if one != again {
		t.Error("the same seed drops other frames")
	}
	if fateOf(2, coin{}) == one {
		t.Error("another seed drops the same frames")
	}
	two := fateOf(1, coin{}, coin{})
	delivered := 0
	for i := range two {
		if one[i] == 'x' && two[i] != 'x' {
			t.Fatalf("frame %d is dropped by one coin and not by two", i)
		}
		if two[i] == '.' {
			delivered++
		}
	}
	if delivered < 30 || delivered > 70 {
		t.Errorf("two coins let %d of 200 frames pass, want about 50", delivered)
	}
}

func TestUndo(t *testing.T) {
	p := newPair(1, vnet.Settings{})
	d := p.link.Directions[0]
	lose := scripted{"lose", vnet.Verdict{Drop: vnet.Lost}}
	undo1, undo2 := d.Add(coin{}), d.Add(lose)
	if got := fmt.Sprint(d.Faults()); got != "[coin lose]" {
		t.Errorf("faults %s, want [coin lose]", got)
	}
	undo1()
	undo1() // does no harm
	if got := fmt.Sprint(d.Faults()); got != "[lose]" {
		t.Errorf("faults %s, want [lose]", got)
	}
	undo2()
	p.sendFrames(1)
	p.finish()
	if p.b.got != 1 {
		t.Error("a fault that was taken away still acts")
	}
}

func TestHeldMax(t *testing.T) {
	p := newPair(1, vnet.Settings{})
	p.link.Directions[0].Add(scripted{"hold", vnet.Verdict{Delay: time.Second}})
	p.sendFrames(vnet.HeldMax + 3)
	p.net.Run(0)
	c := p.link.Directions[0].From().Counters()
	if c.Held != vnet.HeldMax || c.Dropped[vnet.HeldTooMany] != 3 || c.DroppedTotal() != 3 {
		t.Errorf("held %d, dropped %v; want %d held, 3 too many", c.Held, c.Dropped, vnet.HeldMax)
	}
	p.finish()
	if p.b.got != vnet.HeldMax {
		t.Errorf("%d frames arrived, want %d", p.b.got, vnet.HeldMax)
	}
}

// Copies of copies are bounded.
func TestCopiesMax(t *testing.T) {
	p := newPair(1, vnet.Settings{})
	for range 10 {
		p.link.Directions[0].Add(scripted{"copy", vnet.Verdict{Copies: 3}})
	}
	p.sendFrames(1)
	p.finish()
	if p.b.got != 1+vnet.CopiesMax {
		t.Errorf("%d frames arrived, want the one and %d copies", p.b.got, vnet.CopiesMax)
	}
}

// superSegment is a TCP segment with a payload of so many bytes and no checksum.
func superSegment(payload int) *vnet.Frame {
	f := vnet.NewFrame(payload + 100)
	e := wire.Ethernet{Dst: wire.MAC{2, 5: 2}, Src: wire.MAC{2, 5: 1}, Type: wire.TypeIPv4}
	f.Data = e.Append(f.Data)
	tcp := wire.TCP{SrcPort: 1, DstPort: 2, Flags: wire.ACK}
	ip := wire.IPv4{TTL: 64, Protocol: wire.ProtoTCP, Src: netip.MustParseAddr("10.0.0.1"),
		Dst: netip.MustParseAddr("10.0.0.2")}
	f.Data = ip.Append(f.Data, tcp.Size()+payload)
	f.Data = tcp.Append(f.Data)
	f.Data = append(f.Data, make([]byte, payload)...)
	f.SegmentSize, f.Unsummed = 1460, true
	return f
}

// A super-segment passes a perfect link whole, and is cut where a frame's size matters.
func TestSuperSegments(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   vnet.Settings
		fault vnet.Fault
		sizes []int
	}{
		{"perfect", vnet.Settings{Delay: time.Millisecond}, nil, []int{4054}},
		{"mtu", vnet.Settings{MTU: 1500}, nil, []int{1514, 1514, 1134}},
		{"mtu too small", vnet.Settings{MTU: 1400}, nil, []int{1134}},
		{"rate", vnet.Settings{Rate: 1e9}, nil, []int{1514, 1514, 1134}},
		{"fault", vnet.Settings{}, scripted{}, []int{1514, 1514, 1134}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(1, c.set)
			if c.fault != nil {
				p.link.Directions[0].Add(c.fault)
			}
			var sizes []int
			p.net.Observe(func(e vnet.Event) {
				if e.Kind == vnet.Delivered {
					sizes = append(sizes, len(e.Frame.Data))
				}
				if e.Frame.SegmentSize == 0 && e.Frame.Unsummed {
					t.Error("a segment that was cut off lacks its checksum")
				}
			})
			p.a.send(superSegment(4000))
			p.finish()
			if !slices.Equal(sizes, c.sizes) {
				t.Errorf("frames of %d bytes arrived, want %d", sizes, c.sizes)
			}
		})
	}
}

// What says that it is a super-segment and is no TCP is sent as it is.
func TestSuperSegmentOfNothing(t *testing.T) {
	p := newPair(1, vnet.Settings{MTU: 1500})
	f := newFrame(2, 1, 4000, 1)
	f.SegmentSize = 1460
	p.a.send(f)
	p.finish()
	if c := p.link.Directions[0].From().Counters(); c.Dropped[vnet.TooBig] != 1 {
		t.Errorf("counters %+v, want one frame too big", c)
	}
}

// A flipped bit comes to light: the checksum is filled in before.
func TestFlipUnsummed(t *testing.T) {
	for _, flip := range []int{0, 8 * 1000} {
		p := newPair(1, vnet.Settings{})
		if flip > 0 {
			p.link.Directions[0].Add(scripted{"flip", vnet.Verdict{Flip: flip + 1}})
		}
		var right, unsummed bool
		p.net.Observe(func(e vnet.Event) {
			right = wire.VerifyChecksum(wire.ProtoTCP, netip.MustParseAddr("10.0.0.1"),
				netip.MustParseAddr("10.0.0.2"), e.Frame.Data[34:])
			unsummed = e.Frame.Unsummed
		})
		f := superSegment(1000)
		f.SegmentSize = 0
		p.a.send(f)
		p.finish()
		if unsummed != (flip == 0) || right {
			t.Errorf("flip of bit %d: Unsummed %v, checksum right %v; want it left out if there "+
				"is no fault, and else a wrong one", flip, unsummed, right)
		}
	}
}
