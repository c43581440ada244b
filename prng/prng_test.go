package prng

import (
	"bytes"
	"testing"
)

func TestSameSeedSameValues(t *testing.T) {
	a, b := New(7), New(7)
	for i := range 100 {
		if x, y := a.Uint64(), b.Uint64(); x != y {
			t.Fatalf("draw %d of seed 7: %x and %x, want equal", i, x, y)
		}
	}
	if New(7).Uint64() == New(8).Uint64() {
		t.Error("seeds 7 and 8 begin alike")
	}
}

// The values are part of every replay line ever printed: a change of algorithm is a break.
func TestValuesStayForEver(t *testing.T) {
	if got, want := New(7).Split("link").Uint64(), uint64(0x4f1724140ed955cf); got != want {
		t.Errorf("first value of seed 7, stream link = %#x, want %#x", got, want)
	}
}

func TestSplitIgnoresPosition(t *testing.T) {
	a, b := New(7), New(7)
	a.Uint64()
	if x, y := a.Split("link").Uint64(), b.Split("link").Uint64(); x != y {
		t.Errorf("Split after a draw begins with %x, before with %x; want equal", x, y)
	}
	if a.Split("x").Uint64() == a.Split("y").Uint64() {
		t.Error("streams x and y begin alike")
	}
}

func TestRanges(t *testing.T) {
	s, hits := New(1), 0
	for range 10000 {
		if f := s.Float64(); f < 0 || f >= 1 {
			t.Fatalf("Float64 = %v, want [0, 1)", f)
		}
		if n := s.IntN(3); n < 0 || n > 2 {
			t.Fatalf("IntN(3) = %d", n)
		}
		if s.Chance(0.25) {
			hits++
		}
	}
	if hits < 2300 || hits > 2700 {
		t.Errorf("Chance(0.25) held %d of 10000 times, want about 2500", hits)
	}
	if s.Chance(0) {
		t.Error("Chance(0) held")
	}
}

func TestReadFillsOddLengths(t *testing.T) {
	a, b := make([]byte, 13), make([]byte, 13)
	New(3).Read(a)
	New(3).Read(b)
	if !bytes.Equal(a, b) || bytes.Equal(a, make([]byte, 13)) {
		t.Errorf("two reads of one seed: %x and %x, want equal and not zero", a, b)
	}
}

func TestIntNPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("IntN(0) returned, want a panic")
		}
	}()
	New(1).IntN(0)
}
