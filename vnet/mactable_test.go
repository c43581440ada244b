package vnet

import (
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
)

func second(n int) clock.Instant { return clock.Instant(n) * clock.Instant(time.Second) }

func TestMACTable(t *testing.T) {
	var table macTable
	for i := range MACTableMax {
		table.learn(second(0), mac(i), i%7)
	}
	for i := range MACTableMax {
		if got := table.lookup(second(1), mac(i)); got != i%7 {
			t.Fatalf("address %d is at port %d, want %d", i, got, i%7)
		}
	}
	table.learn(second(1), MACTableMax, 3)
	if got := table.lookup(second(1), MACTableMax); got != unknownPort {
		t.Errorf("a full table of fresh addresses learned one more, at port %d", got)
	}
	// Address 0 is seen again, so that 1 is the one seen longest ago.
	table.learn(second(2), 0, 5)
	table.learn(second(300), MACTableMax, 3)
	for m, want := range map[mac]int{0: 5, 1: unknownPort, MACTableMax: 3} {
		if got := table.lookup(second(300), m); got != want {
			t.Errorf("after ageing, address %d is at port %d, want %d", m, got, want)
		}
	}
	if len(table.index) != MACTableMax || len(table.entries) != MACTableMax {
		t.Errorf("the table has %d addresses in %d entries, want %d", len(table.index),
			len(table.entries), MACTableMax)
	}
}

// The list of entries is in the order in which they were last seen, and whole.
func TestMACTableOrder(t *testing.T) {
	var table macTable
	for i, m := range []mac{1, 2, 3, 1, 3, 3, 2, 4} {
		table.learn(second(i), m, i)
	}
	want := []mac{1, 3, 2, 4}
	var got []mac
	for link := table.ends.next; link != 0; link = table.at(link).next {
		got = append(got, table.at(link).mac)
	}
	var back []mac
	for link := table.ends.prev; link != 0; link = table.at(link).prev {
		back = append([]mac{table.at(link).mac}, back...)
	}
	for i := range want {
		if len(got) != 4 || len(back) != 4 || got[i] != want[i] || back[i] != want[i] {
			t.Fatalf("forward %v, backward %v; want %v", got, back, want)
		}
	}
}

func TestSwitchDropsShortFrames(t *testing.T) {
	n := New(nil)
	s := NewSwitch(n, "sw")
	s.AddPort("p0")
	f := NewFrame(13)
	f.Data = append(f.Data, make([]byte, 13)...)
	s.Input(0, 0, f)
	if c := s.Ports()[0].Counters(); c.Dropped[Unforwarded] != 1 {
		t.Errorf("a frame of 13 bytes: %+v, want it dropped", c)
	}
}
