package health_test

import (
	"encoding/binary"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/prng"
	"pgregory.net/rapid"
)

// TestFeedIsAdd: feeding raw bytes tests the symbols that Add tests, whatever the cuts.
func TestFeedIsAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(1, health.SymbolBitsMax).Draw(t, "bits")
		size := health.SymbolBytes(bits)
		cutoffs, ok := health.Tabulated(1000, bits)
		if !ok {
			t.Fatal("no cutoffs for a claim of one bit")
		}
		fed, added := health.New(cutoffs), health.New(cutoffs)
		s := prng.New(rapid.Uint64().Draw(t, "seed"))
		credited, counted := 0, 0
		for range rapid.IntRange(1, 8).Draw(t, "readings") {
			raw := make([]byte, size*rapid.IntRange(0, 700).Draw(t, "symbols"))
			s.Read(raw)
			credited += fed.Feed(raw)
			for i := 0; i < len(raw); i += size {
				var word [8]byte
				copy(word[:], raw[i:i+size])
				if added.Add(binary.LittleEndian.Uint64(word[:])) {
					counted++
				}
			}
		}
		if fed != added || credited != counted {
			t.Fatalf("fed %+v, %d creditable; added %+v, %d", fed, credited, added, counted)
		}
	})
}

// TestFeedWithAlarm: a reading in which a symbol alarms counts for nothing, before and after it.
func TestFeedWithAlarm(t *testing.T) {
	m, s := monitor(t, 8000, 8), prng.New(1)
	start(t, m, s)
	raw := make([]byte, 3000)
	s.Read(raw)
	if got := m.Feed(raw[:2000]); got != 2000 {
		t.Fatalf("%d creditable of 2000", got)
	}
	copy(raw[2500:], make([]byte, 6))
	if got := m.Feed(raw[2000:]); got != 0 || m.State() != health.Intermittent {
		t.Errorf("%d creditable, state %v; want none, intermittent", got, m.State())
	}
	if got := m.Counts(); got.Creditable != 2000 {
		t.Errorf("%d creditable in all; want 2000", got.Creditable)
	}
}

// TestFeedStuck: a source that stays stuck is condemned within one reading.
func TestFeedStuck(t *testing.T) {
	m := monitor(t, 100, 8)
	if got := m.Feed(make([]byte, 4096)); got != 0 || m.State() != health.Failed {
		t.Errorf("%d creditable, state %v; want none, failed", got, m.State())
	}
	if got := m.Counts().Symbols; got != 601 {
		t.Errorf("looked at %d symbols; want 601, the cutoff at 2^-60", got)
	}
}

// TestFeedRest: bytes that make no symbol are left alone.
func TestFeedRest(t *testing.T) {
	for _, bits := range []int{9, 17, 33} {
		m := monitor(t, 1000, bits)
		size := health.SymbolBytes(bits)
		if m.Feed(make([]byte, 3*size-1)); m.Counts().Symbols != 2 {
			t.Errorf("%d bits: %d symbols in %d bytes; want 2", bits, m.Counts().Symbols, 3*size-1)
		}
	}
}

// FuzzFeed: no raw bytes and no order of calls break the monitor's invariants.
func FuzzFeed(f *testing.F) {
	f.Add(uint16(1000), uint8(8), []byte("stuck stuck stuck"), uint8(0))
	f.Add(uint16(8000), uint8(1), []byte{0, 1, 0, 1, 1, 1}, uint8(7))
	f.Add(uint16(100), uint8(64), make([]byte, 320), uint8(2))
	f.Fuzz(func(t *testing.T, claim uint16, bits uint8, raw []byte, calls uint8) {
		cutoffs, ok := health.Tabulated(health.Claim(claim), int(bits))
		if !ok {
			return
		}
		m := health.New(cutoffs)
		for i := range 4 {
			failed := m.State() == health.Failed
			before := m.Counts()
			credit := m.Feed(raw)
			after := m.Counts()
			if credit < 0 || uint64(credit) != after.Creditable-before.Creditable ||
				uint64(credit) > after.Symbols-before.Symbols {
				t.Fatalf("%d creditable of %+v after %+v", credit, after, before)
			}
			if failed && (m.State() != health.Failed || before != after) {
				t.Fatalf("a failed source went on: %+v", after)
			}
			switch calls >> (2 * i) & 3 {
			case 1:
				m.Restart()
			case 2:
				m.Retest()
			case 3:
				m.Reset()
			}
		}
	})
}

func TestFeedAllocatesNothing(t *testing.T) {
	m, raw := monitor(t, 500, 8), make([]byte, 4096)
	s := prng.New(9)
	if got := testing.AllocsPerRun(10, func() { s.Read(raw); m.Feed(raw) }); got != 0 {
		t.Errorf("%v allocations; want 0", got)
	}
}

func BenchmarkFeed(b *testing.B) {
	m, raw := monitor(b, 7000, 8), make([]byte, 4096)
	prng.New(9).Read(raw)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		m.Feed(raw)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(raw)), "ns/symbol")
}
