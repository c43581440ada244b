package buffer

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRangesModel compares Ranges with a plain slice of booleans, around the wrap of 2^32.
func TestRangesModel(t *testing.T) {
	const span = 200
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]uint32{0, 1000, 0xffffff9c, 0x7fffff9c}).Draw(t, "base")
		var r Ranges
		var model [span]bool
		pos := rapid.IntRange(0, span-1)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				a, n := pos.Draw(t, "left"), rapid.IntRange(0, 30).Draw(t, "n")
				b := min(a+n, span)
				for i := a; i < b; i++ {
					model[i] = true
				}
				i := r.Add(base+uint32(a), base+uint32(b))
				if (i < 0) != (a == b) {
					t.Fatalf("add [%d,%d) = %d, want an index unless it is empty", a, b, i)
				}
				if i >= 0 && (r.At(i).Left-base > uint32(a) || r.At(i).Right-base < uint32(b)) {
					t.Fatalf("add [%d,%d) = %d, which is %v", a, b, i, r.At(i))
				}
			},
			"remove": func(t *rapid.T) {
				a := pos.Draw(t, "before")
				r.RemoveBefore(base + uint32(a))
				clear(model[:a])
			},
			"overlaps": func(t *rapid.T) {
				a := pos.Draw(t, "left")
				b := rapid.IntRange(a, span).Draw(t, "right")
				want := false
				for i := a; i < b; i++ {
					want = want || model[i]
				}
				if got := r.Overlaps(base+uint32(a), base+uint32(b)); got != want {
					t.Fatalf("overlaps [%d,%d) = %v, want %v in %v", a, b, got, want, &r)
				}
			},
			"": func(t *rapid.T) {
				for i := range model {
					x, ok := r.Covering(base + uint32(i))
					if ok != model[i] || ok && uint32(i)-(x.Left-base) >= x.Len() {
						t.Fatalf("covering %d = %v %v, want %v in %v", i, x, ok, model[i], &r)
					}
				}
				for i := 1; i < r.Len(); i++ {
					if !before(r.At(i-1).Right, r.At(i).Left) {
						t.Fatalf("not ordered and apart: %v", &r)
					}
				}
			},
		})
	})
}

func TestRangesLimit(t *testing.T) {
	var r Ranges
	for i := range uint32(RangesMax) {
		if r.Add(i*4, i*4+2) < 0 {
			t.Fatalf("range %d was refused below the limit", i)
		}
	}
	if r.Add(RangesMax*4, RangesMax*4+2) >= 0 || r.Len() != RangesMax {
		t.Errorf("a range past the limit was taken, len %d", r.Len())
	}
	if i := r.Add(1, 5); i != 0 || r.At(0) != (Range{0, 6}) || r.Len() != RangesMax-1 {
		t.Errorf("at the limit a range that closes a gap gave index %d, want 0 and one range less", i)
	}
	r.Clear()
	if r.Len() != 0 || r.list == nil {
		t.Error("Clear must empty the set and keep the array")
	}
	r.Release()
	if r.list != nil {
		t.Error("Release must let the array go")
	}
}

func TestRangesString(t *testing.T) {
	var r Ranges
	r.Add(100, 200)
	r.Add(300, 400)
	if got, want := r.String(), "[100,200) [300,400)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func BenchmarkRangesAdd(b *testing.B) {
	var r Ranges
	b.ReportAllocs()
	for i := uint32(0); b.Loop(); i++ {
		r.Add(i*2, i*2+1)
		if r.Len() == 64 {
			r.RemoveBefore(i * 2)
		}
	}
}
