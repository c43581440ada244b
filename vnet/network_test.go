package vnet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// pair is two stations with a link between them, and what happened to their frames.
type pair struct {
	net    *vnet.Network
	a, b   *station
	link   *vnet.Link
	events []vnet.Event // without frames
}

func newPair(seed uint64, s vnet.Settings) *pair {
	p := &pair{net: vnet.New(prng.New(seed)), a: &station{}, b: &station{}}
	p.net.Observe(func(e vnet.Event) {
		e.Frame = nil
		p.events = append(p.events, e)
	})
	p.a.at, p.b.at = p.net.Attach("a", p.a), p.net.Attach("b", p.b)
	p.link = p.net.Connect(p.a.at.AddPort("eth0"), p.b.at.AddPort("eth0"), s)
	return p
}

func (p *pair) sendFrames(n int) {
	for i := range n {
		p.a.send(newFrame(2, 1, 100, uint32(i)))
	}
}

func (p *pair) finish() {
	for now := p.net.Run(0); now != clock.Never; now = p.net.Run(now) {
	}
}

func TestNames(t *testing.T) {
	p := newPair(1, vnet.Settings{})
	d := p.link.Directions[0]
	if got := d.From().Name() + " " + d.To().Name(); got != "a.eth0 b.eth0" {
		t.Errorf("the first direction is from and to %q, want a.eth0 b.eth0", got)
	}
	port := d.From()
	if port.Peer() != d.To() || port.Out() != d || port.Node() != p.a.at || port.Index() != 0 {
		t.Error("a port does not know its own link and node")
	}
	free := p.a.at.AddPort("eth1")
	if free.Peer() != nil || free.Out() != nil || free.Index() != 1 || len(p.a.at.Ports()) != 2 {
		t.Error("a port without a link has no peer; it is the node's second")
	}
	if port.OfSwitch() || !vnet.NewSwitch(p.net, "sw").AddPort("p0").OfSwitch() {
		t.Error("OfSwitch tells switches from others")
	}
	for k := vnet.Sent; k <= vnet.Held; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	for r := vnet.NoReason; r < vnet.ReasonCount; r++ {
		if r.String() == "" {
			t.Errorf("reason %d has no name", r)
		}
	}
}

func TestConnectRefuses(t *testing.T) {
	n := vnet.New(prng.New(1))
	a, b := n.Attach("a", &station{}), n.Attach("b", &station{})
	one, two := a.AddPort("eth0"), b.AddPort("eth0")
	for name, connect := range map[string]func(){
		"a port to itself":  func() { n.Connect(one, one, vnet.Settings{}) },
		"negative settings": func() { n.Connect(one, two, vnet.Settings{Delay: -1}) },
		"a port in use": func() {
			n.Connect(one, two, vnet.Settings{})
			n.Connect(one, two, vnet.Settings{})
		},
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "vnet: ") {
					t.Errorf("%s: recovered %q, want a panic with the reason", name, text)
				}
			}()
			connect()
		}()
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		set  vnet.Settings
		want string // of the error; "" for none
	}{
		{vnet.Settings{}, ""},
		{vnet.Settings{Delay: time.Hour, Jitter: time.Hour, Rate: 1e15, MTU: 65535}, ""},
		{vnet.Settings{Delay: -1}, "the delay of a link is negative"},
		{vnet.Settings{Jitter: -1}, "the delay of a link is negative"},
		{vnet.Settings{Delay: time.Hour + 1}, "the delay of a link is above 1h"},
		{vnet.Settings{Rate: -1}, "the rate of a link is not in 0 to 1000Tbit"},
		{vnet.Settings{Rate: 1e15 + 1}, "the rate of a link is not in 0 to 1000Tbit"},
		{vnet.Settings{QueueBytes: -1}, "the queue of a link is negative"},
		{vnet.Settings{QueueFrames: -1}, "the queue of a link is negative"},
		{vnet.Settings{MTU: -1}, "the MTU of a link is below 68"},
		{vnet.Settings{MTU: 67}, "the MTU of a link is below 68"},
		{vnet.Settings{MTU: 65536}, "the MTU of a link is above 65535"},
		{vnet.Settings{Discipline: 3}, "there is no such queue discipline"},
		{vnet.Settings{Discipline: vnet.DisciplineRED}, ""},
		{vnet.Settings{RED: vnet.RED{MinBytes: 1, MaxBytes: 2}}, ""},
		{vnet.Settings{RED: vnet.RED{MinBytes: 2, MaxBytes: 2}}, "RED's lower threshold"},
		{vnet.Settings{RED: vnet.RED{MinBytes: 2}}, "RED's lower threshold is not below"},
		{vnet.Settings{RED: vnet.RED{MaxProbability: 1.5}}, "RED's probability is not in 0 to 1"},
		{vnet.Settings{RED: vnet.RED{Weight: -1}}, "RED's weight is not in 0 to 1"},
		{vnet.Settings{CoDel: vnet.CoDel{Target: time.Second}}, "CoDel's target is not below"},
		{vnet.Settings{CoDel: vnet.CoDel{Target: -1}}, "CoDel's target is not below"},
	} {
		err := c.set.Validate()
		if c.want == "" && err == nil {
			continue
		}
		var e *units.Error
		if !errors.As(err, &e) || c.want == "" || !strings.HasPrefix(e.Error(), c.want) ||
			e.Hint == "" {
			t.Errorf("%+v: error %v, want %q and a hint", c.set, err, c.want)
		}
	}
}

func TestRequireDelay(t *testing.T) {
	n := vnet.New(prng.New(1))
	n.RequireDelay(vnet.DelayMin)
	err := n.Check(vnet.Settings{Delay: vnet.DelayMin - 1})
	if err == nil || err.Error() != "the delay of a link is below 1µs" {
		t.Errorf("a delay of 999 ns: %v, want an error", err)
	}
	if err := n.Check(vnet.Settings{Delay: vnet.DelayMin}); err != nil {
		t.Errorf("a delay of 1 µs: %v, want it allowed", err)
	}
}

func TestSettingsString(t *testing.T) {
	s := vnet.Settings{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Rate: 50e6,
		QueueBytes: 64 << 10, QueueFrames: 100, MTU: 1500, Discipline: vnet.DisciplineRED,
		RED: vnet.RED{MinBytes: 5000, MaxBytes: 15000, MaxProbability: 0.1}}
	want := "delay 20ms 5ms rate 50Mbit queue 64KiB queue 100frames mtu 1500 red 5kB 15kB 10%"
	if got := s.String(); !strings.EqualFold(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s = vnet.Settings{Jitter: time.Millisecond, Discipline: vnet.DisciplineCoDel,
		CoDel: vnet.CoDel{Target: time.Millisecond}}
	if got, want := s.String(), "jitter 1ms codel 1ms 100ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Things set for one instant happen in the order in which they were set.
func TestAt(t *testing.T) {
	p := newPair(1, vnet.Settings{Delay: time.Millisecond})
	var got []string
	for _, name := range []string{"first", "second"} {
		p.net.At(1e6, func(now clock.Instant) { got = append(got, fmt.Sprint(name, " ", now)) })
	}
	p.net.At(-5, func(now clock.Instant) { got = append(got, fmt.Sprint("past ", now)) })
	p.sendFrames(1)
	p.net.At(1e6, func(clock.Instant) { got = append(got, fmt.Sprint("third, got ", p.b.got)) })
	p.finish()
	want := "past 0.000, first 0.001, second 0.001, third, got 0"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("happened: %s; want %s: the frame arrives at that instant, but was sent later",
			s, want)
	}
	if p.b.got != 1 {
		t.Error("the frame was not delivered")
	}
}

func TestTouchOnce(t *testing.T) {
	p := newPair(1, vnet.Settings{})
	if p.net.Next(5) != clock.Never {
		t.Error("nothing is to be done in a new network")
	}
	p.a.at.Touch()
	p.a.at.Touch()
	if next := p.net.Next(5); next != 5 {
		t.Errorf("a touched node is to be polled at %v, want now", next)
	}
	if !p.net.Step(5) || p.net.Step(5) {
		t.Error("a node touched twice is polled once")
	}
}

func TestFrames(t *testing.T) {
	for _, size := range []int{0, 128, 129, 2048, 9728, 66 << 10, 66<<10 + 1} {
		f := vnet.NewFrame(size)
		if len(f.Data) != 0 || cap(f.Data) < size {
			t.Errorf("a frame for %d bytes has length %d, room %d", size, len(f.Data), cap(f.Data))
		}
		f.Data = append(f.Data, make([]byte, size)...)
		f.SegmentSize, f.Unsummed = 1460, true
		c := f.Clone()
		if len(c.Data) != size || c.SegmentSize != 1460 || !c.Unsummed {
			t.Errorf("the clone of a frame of %d bytes differs", size)
		}
		c.Release()
		f.Release()
	}
	own := &vnet.Frame{Data: []byte("not from a pool")}
	own.Release()
	if f := vnet.NewFrame(10); cap(f.Data) < 10 {
		t.Error("a frame that came from no pool went into one")
	}
	defer func() {
		if recover() == nil {
			t.Error("to release a frame twice is a mistake that panics")
		}
	}()
	own.Release()
}
