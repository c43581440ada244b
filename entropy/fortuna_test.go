package entropy

import (
	"encoding/binary"
	"testing"
	"time"
)

// TestFortunaDrainsPoolsByTheirTurn holds the schedule against the book's: reseed r drains the
// pools i with 2^i | r.
func TestFortunaDrainsPoolsByTheirTurn(t *testing.T) {
	f := newFortuna()
	now := time.Unix(0, 0)
	for r := uint64(1); r <= 64; r++ {
		for range fortunaPools {
			f.add(0, []byte("event"))
		}
		now = now.Add(time.Second)
		seed := f.drain(nil, now, r)
		var want uint32
		for i := range fortunaPools {
			if r%(1<<i) == 0 {
				want |= 1 << i
			}
		}
		d := f.log[len(f.log)-1]
		if d.Pools != want || d.Reseed != r || !d.Time.Equal(now) {
			t.Errorf("reseed %d drained pools %b at %v, want %b at %v", r, d.Pools, d.Time, want, now)
		}
		pools, events := 0, uint64(0)
		for i := range fortunaPools {
			if want&(1<<i) != 0 {
				pools++
				events += 1 << i // pool i has gathered for that many reseeds
			}
		}
		if len(seed) != 32*pools || d.Events != events {
			t.Errorf("reseed %d: %d bytes of seed of %d events, want %d of %d", r, len(seed), d.Events,
				32*pools, events)
		}
	}
	if len(f.log) != drainsMax {
		t.Errorf("the log has %d drains, want the last %d", len(f.log), drainsMax)
	}
	f.add(0, []byte("x"))
	for range fortunaPools {
		f.add(0, []byte("x"))
	}
	f.drain(nil, now, 65)
	if len(f.log) != drainsMax || f.log[drainsMax-1].Reseed != 65 || f.log[0].Reseed != 2 {
		t.Errorf("the log begins with reseed %d and ends with %d; want 2 and 65", f.log[0].Reseed,
			f.log[len(f.log)-1].Reseed)
	}
}

func TestFortunaSpreadsEachSource(t *testing.T) {
	f := newFortuna()
	// A loud source must not decide into which pools a quiet one's events go.
	for i := range 3 * fortunaPools {
		f.add(1, []byte("loud"))
		if i%3 == 0 {
			f.add(2, []byte("quiet"))
		}
	}
	for i := range fortunaPools {
		if f.events[i] != 4 {
			t.Errorf("pool %d has %d events, want 3 loud and 1 quiet", i, f.events[i])
		}
	}
	if now := time.Now(); f.bytes[0] < fortunaBytesMin && f.due(now) {
		t.Error("a reseed is due with too little in pool 0")
	}
	f.add(3, make([]byte, 10*fortunaDataMax)) // long data is several events
	if f.turn[3] != 10 {
		t.Errorf("long data took %d turns, want 10", f.turn[3])
	}
}

func TestFortunaIsDue(t *testing.T) {
	f := newFortuna()
	now := time.Unix(1000, 0)
	if seed := f.drain(nil, now, 1); len(seed) != 0 || f.number != 0 {
		t.Error("a drain without any event gave a seed, or counted")
	}
	f.add(0, make([]byte, fortunaDataMax))
	if f.due(now) {
		t.Error("due with 32 bytes in pool 0")
	}
	f.turn[0] = 0
	f.add(0, make([]byte, fortunaDataMax))
	if !f.due(now) {
		t.Error("not due with 64 bytes in pool 0")
	}
	f.drain(nil, now, 1)
	for range 2 {
		f.turn[0] = 0
		f.add(0, make([]byte, fortunaDataMax))
	}
	if f.due(now.Add(fortunaInterval - 1)) {
		t.Error("due again before the interval is over")
	}
	if !f.due(now.Add(fortunaInterval)) {
		t.Error("not due after the interval")
	}
}

func BenchmarkFortunaAdd(b *testing.B) {
	f := newFortuna()
	data := binary.LittleEndian.AppendUint64(make([]byte, 8), 1)
	b.ReportAllocs()
	for b.Loop() {
		f.add(0, data)
	}
}
