package neigh

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// datadriven has the flag -rewrite.
func rewriting() bool { return flag.Lookup("rewrite").Value.String() == "true" }

var (
	target   = netip.MustParseAddr("fe80::2")
	oldMAC   = wire.MAC{2, 0, 0, 0, 0, 1}
	newMAC   = wire.MAC{2, 0, 0, 0, 0, 2}
	anything = Config{Seed: 7}
)

// inState returns a cache with one entry in a state, as the events of its life bring it there.
func inState(t *testing.T, s State) (*Cache, *entry, clock.Instant) {
	c, now := New(anything), clock.Instant(time.Second)
	switch s {
	case None:
		return c, c.create(target), now
	case Incomplete:
		c.Queue(now, target, frame(1))
		c.Poll(now)
	case Permanent:
		c.Pin(now, target, oldMAC)
	default:
		c.Learn(now, target, oldMAC, Request)
		if s == Stale {
			break
		}
		if s == Reachable {
			c.Confirm(now, target)
			break
		}
		c.Lookup(now, target)
		if s == Probe {
			now = now.Add(5 * time.Second)
			c.Poll(now)
		}
	}
	e := c.entries[target]
	if e.state != s {
		t.Fatalf("entry is %v, want it brought to %v", e.state, s)
	}
	return c, e, now
}

// TestPairs walks every pair of state and event, through the one door, and compares with a table.
func TestPairs(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What each event makes of an entry in each state: " +
		"the state after it, the MAC if it\n" +
		"# is another, and when the timer expires. RFC 4861 appendix C.\n")
	for s := None; s <= Permanent; s++ {
		fmt.Fprintf(&b, "\n%s\n", s)
		for ev := event(0); ev < eventCount; ev++ {
			c, e, now := inState(t, s)
			c.apply(now, e, ev, newMAC)
			fmt.Fprintf(&b, "  %-16s %s", ev, e.state)
			if e.mac == newMAC {
				b.WriteString(", takes the MAC")
			}
			if e.timer != clock.Never {
				fmt.Fprintf(&b, ", timer %v", e.timer.Sub(now))
			}
			if e.state == Reachable {
				b.WriteString(", ends within 15s to 45s")
				if d := e.until.Sub(now); d < 15*time.Second || d > 45*time.Second {
					t.Errorf("%v, %v: reachable for %v", s, ev, d)
				}
			}
			b.WriteByte('\n')
			if _, there := c.entries[target]; there != (e.state != None) && s != None {
				t.Errorf("%v, %v: the entry is in the table: %v", s, ev, there)
			}
		}
	}
	const path = "testdata/pairs.txt"
	if rewriting() {
		if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table is\n%s\nwant that of %s; -rewrite writes it", b.String(), path)
	}
}

// TestClassify has every combination of flags and addresses: RFC 4861 §7.2.5.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		state State
		mac   wire.MAC
		how   How
		want  event
	}{
		{Stale, oldMAC, 0, eventSame},
		{Stale, wire.MAC{}, Override, eventSame},
		{Stale, oldMAC, Solicited, eventSolicitedSame},
		{Stale, wire.MAC{}, Solicited, eventSolicitedSame},
		{Stale, newMAC, 0, eventConflict},
		{Stale, newMAC, Solicited, eventConflict},
		{Stale, newMAC, Override, eventOther},
		{Stale, newMAC, Reply, eventSolicitedOther},
		{Stale, newMAC, Request, eventOther},
		// "Override" says nothing to an entry that has no address yet.
		{Incomplete, newMAC, 0, eventOther},
		{Incomplete, newMAC, Solicited, eventSolicitedOther},
		{Incomplete, wire.MAC{}, Reply, eventSolicitedSame},
		{None, newMAC, Create, eventOther},
	} {
		e := &entry{state: c.state}
		if c.state == Stale {
			e.mac = oldMAC
		}
		if got := e.classify(c.mac, c.how); got != c.want {
			t.Errorf("%v with flags %03b is %q for %v, want %q", c.mac, c.how, got, c.state, c.want)
		}
	}
}
