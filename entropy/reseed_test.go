package entropy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
)

// TestReseedSchedule watches ten virtual minutes: 1, 2, 4 ... seconds after the first seed, then
// every minute.
func TestReseedSchedule(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair()})
		begin := time.Now()
		var times []string
		last := uint64(0)
		for time.Since(begin) < 5*time.Minute {
			if st := s.Status(); st.Reseeds != last {
				last = st.Reseeds
				times = append(times, fmt.Sprint(st.LastReseed.Sub(begin).Round(time.Second)))
			}
			time.Sleep(500 * time.Millisecond)
		}
		const want = "0s 1s 3s 7s 15s 31s 1m3s 2m3s 3m3s 4m3s"
		if got := strings.Join(times, " "); got != want {
			t.Errorf("reseeds at %s; want %s", got, want)
		}
	})
}

// TestReseedTakesAWholeSeed has one of two sources die after the first seed: there is no reseed
// with what the other gives, and streams go on.
func TestReseedTakesAWholeSeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{
			Sources: []entropy.Source{good("a", 1), entropytest.Dying(good("b", 2), 2048)}})
		st := s.Stream("test")
		read(t, st, 100)
		time.Sleep(time.Hour)
		got := s.Status()
		if got.Reseeds != 1 || !got.Ready {
			t.Errorf("with one source left: %d reseeds, ready %v; want the first only, and ready",
				got.Reseeds, got.Ready)
		}
		read(t, st, 100000)
		b := status(t, s, "b")
		// Backing off from 100 ms to a minute: 10 tries in the first minute, then one a minute.
		if b.Failures < 50 || b.Failures > 80 {
			t.Errorf("a dead source was asked %d times in an hour, want about 70", b.Failures)
		}
		if b.LastFailure != entropytest.ErrDead.Error() {
			t.Errorf("last failure %q", b.LastFailure)
		}
	})
}

// TestStreamsTakeNewKeys shows that a reseed reaches streams: twins whose noise parts after the
// first seed part at the reseed.
func TestStreamsTakeNewKeys(t *testing.T) {
	bubble(t, func(t *testing.T) {
		noiseA, noiseB := entropytest.Twins(entropytest.Spec("noise", 8, 1000), 1, 2048)
		var streams []*entropy.Stream
		for _, noise := range []entropy.Source{noiseA, noiseB} {
			s := compose(t, entropy.Config{Sources: []entropy.Source{noise},
				Policy: entropy.Policy{Trust: []string{"noise"}}})
			streams = append(streams, s.Stream("test"))
		}
		if string(read(t, streams[0], 100)) != string(read(t, streams[1], 100)) {
			t.Fatal("systems with the same noise differ")
		}
		time.Sleep(2 * time.Second)
		if n := commonBlocks(read(t, streams[0], 4096), read(t, streams[1], 4096)); n != 0 {
			t.Errorf("after a reseed with different noise, %d blocks are the same", n)
		}
	})
}

// TestEventsAreMixedAndNeverCredited pushes packets: pools drain by their turn, once a second, and
// credit stays what it was.
func TestEventsAreMixedAndNeverCredited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair(), Events: []string{"packets", "keys"},
			ReseedInterval: 24 * time.Hour})
		read(t, s.Stream("test"), 1)
		time.Sleep(24 * time.Hour) // the schedule has reached its longest interval
		before := s.Status()
		for range 16 {
			for i := range 100 {
				s.Push(entropy.Event{Source: 0, N: 16, Time: uint64(i)})
			}
			time.Sleep(time.Second)
		}
		time.Sleep(1500 * time.Millisecond)
		s.Push(entropy.Event{Source: 2}) // nobody's
		after := s.Status()
		if after.CreditedBits != before.CreditedBits {
			t.Errorf("events were credited %d bits", after.CreditedBits-before.CreditedBits)
		}
		if got := status(t, s, "packets"); got.Symbols != 1600 || got.CreditedBits != 0 ||
			got.Kind != "ambient" || got.State != "pushed" {
			t.Errorf("packets: %+v; want 1600 events, ambient, no credit", got)
		}
		if after.DroppedEvents != before.DroppedEvents+1 {
			t.Errorf("%d events dropped, want that of nobody", after.DroppedEvents-before.DroppedEvents)
		}
		var pools []string
		for _, d := range after.Drains[len(before.Drains):] {
			pools = append(pools, fmt.Sprintf("%b", d.Pools))
		}
		const want = "1 11 1 111 1 11 1 1111"
		if got := strings.Join(pools, " "); !strings.HasPrefix(got, want) {
			t.Errorf("drained pools %s; want %s ...", got, want)
		}
		if after.Reseeds < before.Reseeds+8 {
			t.Errorf("%d reseeds by events, want at least 8", after.Reseeds-before.Reseeds)
		}
	})
}

// TestEventsChangeStreams shows that uncredited events reach the streams all the same.
func TestEventsChangeStreams(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got [2][]byte
		for i := range got {
			s := compose(t, entropy.Config{Sources: []entropy.Source{good("a", 1)},
				Events: []string{"packets"}, Policy: entropy.Policy{Trust: []string{"a"}}})
			read(t, s.Stream("test"), 1)
			for n := range 200 {
				s.Push(entropy.Event{N: 16, Time: uint64(n * (i + 1))})
			}
			time.Sleep(1500 * time.Millisecond)
			if len(s.Status().Drains) == 0 {
				t.Fatal("no pool was drained")
			}
			got[i] = read(t, s.Stream("later"), 64)
			s.Close()
		}
		if string(got[0]) == string(got[1]) {
			t.Error("systems that saw other events give the same bytes")
		}
	})
}

func TestFloodOfEventsIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair(), Events: []string{"packets"}})
		for range 10 * entropy.EventsMax {
			s.Push(entropy.Event{N: 200}) // N above what Data holds
		}
		time.Sleep(2 * time.Second)
		got := s.Status()
		if taken := status(t, s, "packets").Symbols; taken+got.DroppedEvents != 10*entropy.EventsMax ||
			taken < entropy.EventsMax {
			t.Errorf("%d taken, %d dropped of %d", taken, got.DroppedEvents, 10*entropy.EventsMax)
		}
		read(t, s.Stream("test"), 10)
	})
}

// TestAmbientSourcesArePulled has a source of kind ambient and one of kind identity.
func TestAmbientSourcesArePulled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ambient := of(good("counts", 3), func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Ambient, 0 })
		named := of(good("names", 4), func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Identity, 0 })
		s := compose(t, entropy.Config{Sources: append(pair(), ambient, named)})
		read(t, s.Stream("test"), 1)
		time.Sleep(time.Minute)
		for _, name := range []string{"counts", "names"} {
			if got := status(t, s, name); got.Symbols < 5*1024 || got.CreditedBits != 0 ||
				got.State != "mixed" {
				t.Errorf("%s: %+v; want a batch for each round, uncredited", name, got)
			}
		}
		if len(s.Status().Drains) == 0 {
			t.Error("no reseed drained the pools of a pulled ambient source")
		}
	})
}
