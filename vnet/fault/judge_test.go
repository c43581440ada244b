package fault_test

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
	"github.com/atoll-os/atoll/wire"
)

// judge asks a fault about n frames and returns its verdicts.
func judge(t testing.TB, v fault.Value, n int) []vnet.Verdict {
	_, faults := fault.Apply(vnet.Settings{}, v)
	if len(faults) != 1 {
		t.Fatalf("%v is %d faults, want one", v, len(faults))
	}
	m := vnet.Memory{Rand: prng.New(7)}
	f := &vnet.Frame{Data: make([]byte, 100)}
	verdicts := make([]vnet.Verdict, n)
	for i := range verdicts {
		verdicts[i] = faults[0].Judge(0, f, &m)
		m.Frames++
	}
	return verdicts
}

// near reports whether got of n independent trials is within four standard deviations of n times p:
// 1 in 16,000 seeds lies outside, and this seed does not.
func near(got, n int, p float64) bool {
	return math.Abs(float64(got)-float64(n)*p) <= 4*math.Sqrt(float64(n)*p*(1-p))
}

func TestRates(t *testing.T) {
	const n = 200_000
	drop := func(v vnet.Verdict) bool { return v.Drop == vnet.Lost }
	for _, c := range []struct {
		value fault.Value
		hit   func(vnet.Verdict) bool
		p     float64
	}{
		{fault.Loss(0), drop, 0},
		{fault.Loss(0.001), drop, 0.001},
		{fault.Loss(0.3), drop, 0.3},
		{fault.Loss(1), drop, 1},
		{fault.Duplicate(0.1), func(v vnet.Verdict) bool { return v.Copies == 1 }, 0.1},
		{fault.Reorder(0.05, 9), func(v vnet.Verdict) bool { return v.Delay == 9 }, 0.05},
		{fault.Corrupt(0.02), func(v vnet.Verdict) bool { return v.Flip > 0 }, 0.02},
		{fault.Corrupt(1), func(v vnet.Verdict) bool { return v.Flip > 0 && v.Flip <= 800 }, 1},
		{fault.Corrupt(1), func(v vnet.Verdict) bool { return v.Flip <= 400 }, 0.5},
	} {
		hits := 0
		for _, v := range judge(t, c.value, n) {
			if c.hit(v) {
				hits++
			}
		}
		if !near(hits, n, c.p) {
			t.Errorf("%v: %d of %d frames, want about %.0f", c.value, hits, n, n*c.p)
		}
	}
}

// A chain that goes bad with 1 % and good again with 25 % is bad for 0.01 / 0.26 of the time, in
// bursts with a mean of 4 frames.
func TestBurst(t *testing.T) {
	const n = 400_000
	losses, bursts, before := 0, 0, false
	for _, v := range judge(t, fault.Burst(0.01, 0.25), n) {
		lost := v.Drop == vnet.Lost
		if lost {
			losses++
			if !before {
				bursts++
			}
		}
		before = lost
	}
	if share, want := float64(losses)/n, 0.01/0.26; math.Abs(share/want-1) > 0.05 {
		t.Errorf("%.3f %% lost, want %.3f %% within a twentieth", 100*share, 100*want)
	}
	if mean := float64(losses) / float64(bursts); math.Abs(mean-4) > 0.1 {
		t.Errorf("a burst has %.2f frames in the mean, want 4", mean)
	}

	// With losses of 1 % outside and 50 % inside of bursts: 0.01·25/26 + 0.5·1/26.
	losses = 0
	for _, v := range judge(t, fault.Burst(0.01, 0.25, 0.01, 0.5), n) {
		if v.Drop == vnet.Lost {
			losses++
		}
	}
	if share, want := float64(losses)/n, 0.01*25/26+0.5/26; math.Abs(share/want-1) > 0.05 {
		t.Errorf("%.3f %% lost, want %.3f %% within a twentieth", 100*share, 100*want)
	}
}

func TestNth(t *testing.T) {
	var got strings.Builder
	for _, v := range judge(t, fault.Nth(1, 2, 5), 8) {
		got.WriteByte(map[vnet.Reason]byte{vnet.NoReason: '.', vnet.Lost: 'x'}[v.Drop])
	}
	if got.String() != "xx..x..." {
		t.Errorf("drops %s, want the first, second and fifth", got.String())
	}
}

func TestPartition(t *testing.T) {
	ethernet := func(src byte, typ wire.EtherType) []byte {
		e := wire.Ethernet{Dst: wire.Broadcast, Src: wire.MAC{2, 0, 0, 0, 0, src}, Type: typ}
		return e.Append(nil)
	}
	v4 := func(src string) []byte {
		h := wire.IPv4{TTL: 1, Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr("10.0.0.9")}
		return h.Append(ethernet(9, wire.TypeIPv4), 0)
	}
	v6 := func(src string) []byte {
		h := wire.IPv6{Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr("fd00::9")}
		return h.Append(ethernet(9, wire.TypeIPv6), 0)
	}
	p := fault.Partition([]wire.MAC{{2, 0, 0, 0, 0, 1}},
		[]netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")})
	_, faults := fault.Apply(vnet.Settings{}, p)
	for name, c := range map[string]struct {
		frame []byte
		cut   bool
	}{
		"its MAC":               {ethernet(1, wire.TypeARP), true},
		"another MAC":           {ethernet(2, wire.TypeARP), false},
		"its IPv4 by a router":  {v4("10.0.0.1"), true},
		"another IPv4":          {v4("10.0.0.2"), false},
		"its IPv6 by a router":  {v6("fd00::1"), true},
		"another IPv6":          {v6("fd00::2"), false},
		"IPv4 without a header": {ethernet(9, wire.TypeIPv4), false},
		"IPv6 without a header": {ethernet(9, wire.TypeIPv6), false},
		"shorter than a header": {[]byte{1, 2, 3}, false},
		"empty":                 {nil, false},
	} {
		v := faults[0].Judge(0, &vnet.Frame{Data: c.frame}, &vnet.Memory{})
		if (v.Drop == vnet.Partitioned) != c.cut {
			t.Errorf("%s: verdict %v, want dropped: %v", name, v, c.cut)
		}
	}
}

// sink takes what it gets.
type sink struct{}

func (sink) Input(_ clock.Instant, _ int, f *vnet.Frame) { f.Release() }
func (sink) Poll(_ clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	return out, clock.Never
}

func TestChain(t *testing.T) {
	n := vnet.New(prng.New(1))
	a, b := n.Attach("a", sink{}), n.Attach("b", sink{})
	l := n.Connect(a.AddPort("eth0"), b.AddPort("eth0"),
		vnet.Settings{Delay: time.Millisecond, MTU: 1500})
	d := l.Directions[0]
	c := fault.On(d)
	want := func(settings, faults string) {
		t.Helper()
		var got []string
		for _, f := range d.Faults() {
			got = append(got, f.String())
		}
		if s := d.Settings().String(); s != settings || strings.Join(got, " ") != faults {
			t.Errorf("settings %q, faults %q; want %q and %q", s, got, settings, faults)
		}
	}
	add := func(v ...fault.Value) func() {
		t.Helper()
		undo, err := c.Add(v...)
		if err != nil {
			t.Fatal(err)
		}
		return undo
	}
	want("delay 1ms mtu 1500", "")
	slow := add(fault.Rate(fault.Mbit), fault.Loss(0.1), fault.CoDel(vnet.CoDel{}))
	want("delay 1ms rate 1Mbit mtu 1500 codel", "loss 10%")
	slower := add(fault.Rate(500*fault.Kbit), fault.Duplicate(0.5))
	want("delay 1ms rate 500kbit mtu 1500 codel", "loss 10% duplicate 50%")
	all := "rate 1Mbit loss 10% codel rate 500kbit duplicate 50%"
	if got := fault.String(c.Values()...); got != all {
		t.Errorf("values %q, want %q", got, all)
	}
	slow()
	want("delay 1ms rate 500kbit mtu 1500", "duplicate 50%")
	slow() // does no harm
	again := add(fault.Rate(fault.Gbit))
	slower()
	want("delay 1ms rate 1Gbit mtu 1500", "")
	again()
	want("delay 1ms mtu 1500", "")

	n.RequireDelay(vnet.DelayMin)
	if _, err := c.Add(fault.Loss(0.5), fault.Delay(0, 0)); err == nil {
		t.Error("a delay below the least one was taken")
	}
	want("delay 1ms mtu 1500", "")
	if len(c.Values()) != 0 {
		t.Errorf("values %v are left of an Add that failed", c.Values())
	}
}
