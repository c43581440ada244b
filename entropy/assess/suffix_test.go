package assess

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The order and the shared lengths are those of sorting the suffixes one by one, over alphabets so
// small that texts repeat.
func TestSuffixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.IntRange(1, 4).Draw(t, "kinds")
		symbol := rapid.ByteRange(0, byte(kinds-1))
		piece := rapid.SliceOfN(symbol, 1, 40).Draw(t, "piece")
		s := bytes.Repeat(piece, rapid.IntRange(1, 5).Draw(t, "times"))
		s = append(s, rapid.SliceOfN(symbol, 0, 20).Draw(t, "rest")...)
		checkSuffixes(t, s, kinds)
	})
}

func FuzzSuffixes(f *testing.F) {
	for _, s := range []string{"a", "banana", "mississippi", "abababab", "zyx", "aabaabaaab"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		if len(s) > 0 && len(s) < 1000 {
			checkSuffixes(t, s, 256)
		}
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

func checkSuffixes(t failer, s []byte, kinds int) {
	want := make([]int32, len(s))
	for i := range want {
		want[i] = int32(i)
	}
	slices.SortFunc(want, func(a, b int32) int { return bytes.Compare(s[a:], s[b:]) })
	got := suffixes(s, kinds)
	if !slices.Equal(got, want) {
		t.Fatalf("suffixes of %v: %v, want %v", s, got, want)
	}
	lengths := shared(s, got)
	for k := range want {
		n := int32(0)
		if k > 0 {
			for a, b := s[want[k-1]:], s[want[k]:]; int(n) < min(len(a), len(b)) && a[n] == b[n]; n++ {
			}
		}
		if lengths[k] != n {
			t.Fatalf("%v: suffix %d shares %d with the one before, want %d", s, k, lengths[k], n)
		}
	}
}

// Where windows answers, it says what the suffix array says.
func TestWindows(t *testing.T) {
	answered := 0
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 8).Draw(t, "width")
		s := rapid.SliceOfN(rapid.ByteRange(0, byte(1<<width-1)), 64, 300).Draw(t, "s")
		var got []int32
		if windows(s, width, func(length int32) { got = append(got, length) }) {
			answered++
			if want := shared(s, suffixes(s, 1<<width)); !slices.Equal(got, want) {
				t.Fatalf("windows of %v: %v, want %v", s, got, want)
			}
		} else if got != nil {
			t.Fatalf("windows called add and then gave up")
		}
	})
	if answered == 0 {
		t.Error("windows never answered")
	}
	if windows(make([]byte, 1000), 1, nil) {
		t.Error("windows answered for a constant, want false")
	}
}

func BenchmarkSuffixes(b *testing.B) {
	s := make([]byte, 8_000_000)
	x := uint64(1)
	for i := range s {
		x = x*6364136223846793005 + 1442695040888963407
		s[i] = byte(x >> 63)
	}
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			suffixes(s, 2)
		}
	})
	b.Run("windows", func(b *testing.B) {
		for b.Loop() {
			if !windows(s, 1, func(int32) {}) {
				b.Fatal("no answer")
			}
		}
	})
	b.Run("shared", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			order := suffixes(s, 2)
			b.StartTimer()
			shared(s, order)
		}
	})
}
