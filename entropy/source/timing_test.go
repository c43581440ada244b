package source

import (
	"encoding/binary"
	"testing"

	"github.com/atoll-os/atoll/entropy"
)

func TestTimingPushesWhatHappens(t *testing.T) {
	var events []entropy.Event
	timing := NewTiming(func(e entropy.Event) { events = append(events, e) }, 3)
	for i := range uint64(5) {
		timing.Note(1000 + i)
	}
	for i, e := range events {
		if e.Source != 3 || e.N != 8 || binary.LittleEndian.Uint64(e.Data[:]) != 1000+uint64(i) {
			t.Errorf("event %d is %+v", i, e)
		}
		if i > 0 && e.Time <= events[i-1].Time {
			t.Errorf("event %d at %d, the one before at %d", i, e.Time, events[i-1].Time)
		}
	}
	if len(events) != 5 {
		t.Errorf("%d events, want 5", len(events))
	}
}

func BenchmarkNote(b *testing.B) {
	s, err := entropy.New(entropy.Config{Events: []string{"packets"}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	timing := NewTiming(s.Push, 0)
	b.ReportAllocs()
	for b.Loop() {
		timing.Note(1500)
	}
}
