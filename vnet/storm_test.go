package vnet

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
)

// shouter sends one broadcast.
type shouter struct{ done bool }

func (s *shouter) Input(_ clock.Instant, _ int, f *Frame) { f.Release() }

func (s *shouter) Poll(_ clock.Instant, out []*Frame) ([]*Frame, clock.Instant) {
	if !s.done {
		s.done = true
		f := NewFrame(100)
		f.Data = append(f.Data, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5"...)
		out = append(out, f)
	}
	return out, clock.Never
}

// A network in which something goes round in a circle without a delay stops, and names the place.
func TestStorm(t *testing.T) {
	n := New(prng.New(1))
	sw, other := NewSwitch(n, "sw"), NewSwitch(n, "other")
	for range 2 {
		n.Connect(sw.AddPort("p"), other.AddPort("p"), Settings{})
	}
	a := n.Attach("a", &shouter{})
	n.Connect(a.AddPort("eth0"), sw.AddPort("a"), Settings{})
	a.Touch()
	n.steps = EventsPerInstantMax - 1000 // as if this instant had been a long one already
	if next := n.Run(0); next != clock.Never {
		t.Errorf("the network stopped, but wants to go on at %v", next)
	}
	var storm *StormError
	if !errors.As(n.Err(), &storm) || storm.At != 0 || storm.Where == "" {
		t.Fatalf("error %v, want a StormError at 0 with a place", n.Err())
	}
	if !strings.Contains(storm.Error(), storm.Where) {
		t.Errorf("the text %q does not name %q", storm, storm.Where)
	}
	if n.Step(1) || n.Next(1) != clock.Never {
		t.Error("a stopped network does nothing more")
	}
}

// To come to rest with the very last step that is allowed is no storm.
func TestLastStep(t *testing.T) {
	n := New(prng.New(1))
	a := n.Attach("a", &shouter{})
	a.AddPort("eth0")
	a.Touch()
	n.steps = EventsPerInstantMax - 1
	if next := n.Run(0); next != clock.Never || n.Err() != nil {
		t.Errorf("next %v, error %v; want rest", next, n.Err())
	}
}
