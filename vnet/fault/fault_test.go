package fault_test

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
	"github.com/atoll-os/atoll/wire"
)

// The script: parse (text) prints the values, what they make of a perfect link, and the faults; or
// the error and its hint.
func TestParse(t *testing.T) {
	datadriven.RunTest(t, "testdata/parse.txt", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd != "parse" {
			d.Fatalf(t, "no command %q", d.Cmd)
		}
		var out strings.Builder
		for line := range strings.Lines(d.Input) {
			line = strings.TrimSpace(line)
			values, err := fault.Parse(line)
			if err != nil {
				var e *units.Error
				if !errors.As(err, &e) {
					t.Fatalf("%q: error %v has no hint", line, err)
				}
				fmt.Fprintf(&out, "error: %s\n hint: %s\n", e, e.Hint)
				continue
			}
			s, faults := fault.Apply(vnet.Settings{}, values...)
			fmt.Fprintf(&out, "%s | settings: %s | faults: %v\n",
				fault.String(values...), s, faults)
		}
		return out.String()
	})
}

func TestConstructors(t *testing.T) {
	macs := []wire.MAC{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 1}}
	addrs := []netip.Addr{netip.MustParseAddr("fe80::1"), netip.MustParseAddr("10.0.0.1")}
	for want, v := range map[string]fault.Value{
		"delay 20ms 5ms":        fault.Delay(20*time.Millisecond, 5*time.Millisecond),
		"delay 20ms":            fault.Delay(20 * time.Millisecond),
		"delay 0s":              fault.Delay(0, 0),
		"delay 0s 5ms":          fault.Delay(0, 5*time.Millisecond),
		"jitter 5ms":            fault.Jitter(5 * time.Millisecond),
		"jitter 0s":             fault.Jitter(0),
		"rate 50Mbit":           fault.Rate(50 * fault.Mbit),
		"rate unlimited":        fault.Rate(0),
		"queue 64KiB":           fault.Queue(64 * fault.KiB),
		"queue unlimited":       fault.Queue(0),
		"queue 100frames":       fault.QueueFrames(100),
		"mtu 1400":              fault.MTU(1400),
		"mtu unlimited":         fault.MTU(0),
		"taildrop":              fault.TailDrop(),
		"red":                   fault.RED(vnet.RED{}),
		"red 15kB 45kB":         fault.RED(vnet.RED{MinBytes: 15_000, MaxBytes: 45_000}),
		"codel":                 fault.CoDel(vnet.CoDel{}),
		"loss 0.5%":             fault.Loss(0.005),
		"burst 1% 30%":          fault.Burst(0.01, 0.3),
		"burst 1% 30% 0.1% 90%": fault.Burst(0.01, 0.3, 0.001, 0.9),
		"duplicate 1%":          fault.Duplicate(0.01),
		"reorder 5% 10ms":       fault.Reorder(0.05, 10*time.Millisecond),
		"corrupt 100%":          fault.Corrupt(1),
		"drop 1,3,7":            fault.Nth(7, 1, 3, 3),

		"partition 02:00:00:00:00:01,10.0.0.1,fe80::1": fault.Partition(macs, addrs),
	} {
		if got := v.String(); got != want {
			t.Errorf("String is %q, want %q", got, want)
		}
		back, err := fault.Parse(want)
		if err != nil || fault.String(back...) != want {
			t.Errorf("%q parses to %v, %v", want, back, err)
			continue
		}
		before := vnet.Settings{Delay: 1, Jitter: 1, Rate: 1, QueueBytes: 1, MTU: 100}
		s, f := fault.Apply(before, v)
		s2, f2 := fault.Apply(before, back...)
		if s != s2 || len(f) != len(f2) || len(f) == 1 && f[0].String() != f2[0].String() {
			t.Errorf("%q does not do the same once it is parsed", want)
		}
	}
	if fault.Loss(0.01) != fault.Loss(0.01) ||
		fault.Rate(fault.Gbit) != fault.Rate(1000*fault.Mbit) {
		t.Error("the same values are equal")
	}
}

func TestMistakesPanic(t *testing.T) {
	type V = fault.Value
	tooMany := make([]wire.MAC, fault.PartitionMax+1)
	for _, c := range []struct {
		make func() V
		want string
	}{
		{func() V { return fault.Loss(5) }, "a probability is 0..1; 5 % is 0.05"},
		{func() V { return fault.Corrupt(1.5) }, "a probability is 0..1; 1.5 % is 0.015"},
		{func() V { return fault.Duplicate(-1) }, "a probability is 0..1, not -1"},
		{func() V { return fault.Loss(math.NaN()) }, "a probability is 0..1, not NaN"},
		{func() V { return fault.Loss(1000) }, "a probability is 0..1, not 1000"},
		{func() V { return fault.Delay(-1, 0) }, "a time is 0 to 1h0m0s, not -1ns"},
		{func() V { return fault.Delay(1, 2, 3) }, "Delay takes one jitter"},
		{func() V { return fault.Jitter(2 * time.Hour) }, "a time is 0 to 1h0m0s, not 2h0m0s"},
		{func() V { return fault.Rate(-1) }, "a rate is 0 to 1000Tbit, not -1bit"},
		{func() V { return fault.Queue(-1) }, "a queue is not negative"},
		{func() V { return fault.QueueFrames(-1) }, "a queue is not negative"},
		{func() V { return fault.MTU(67) }, "an MTU is 68 to 65535, not 67"},
		{func() V { return fault.Burst(0, 0, 0) }, "Burst takes two probabilities or four"},
		{func() V { return fault.Nth() }, "Nth takes 1 to 1000 ordinal numbers above 0"},
		{func() V { return fault.Nth(1, 0) }, "Nth takes 1 to 1000 ordinal numbers above 0"},
		{func() V { return fault.Partition(tooMany, nil) },
			"Partition takes at most 10000 addresses"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != "fault: "+c.want {
					t.Errorf("panic %q, want %q", got, "fault: "+c.want)
				}
			}()
			c.make()
		}()
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "loss 0.5%", "delay 20ms 5ms rate 50Mbit queue 64KiB loss 1%",
		"burst 1% 30% 0% 100%", "queue 100frames codel 5ms 100ms", "mtu 1400 red 15KB 45KB 10%",
		"drop 1,3 partition 10.0.0.1,02:00:00:00:00:01", "rate unlimited mtu unlimited taildrop",
		"reorder 5% 10ms corrupt 0.1% duplicate 1% jitter 2ms", "loss loss", "drop 1,", "mtu 0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := fault.Parse(text)
		if err != nil {
			var e *units.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: error %v without a hint", text, err)
			}
			return
		}
		printed := fault.String(values...)
		again, err := fault.Parse(printed)
		if err != nil || fault.String(again...) != printed {
			t.Fatalf("%q is printed as %q, which reads as %v, %v", text, printed, again, err)
		}
		if s, _ := fault.Apply(vnet.Settings{}, values...); s.Validate() != nil {
			t.Fatalf("%q makes settings that make no sense: %v", text, s.Validate())
		}
	})
}
