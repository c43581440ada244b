package assess

import (
	"testing"

	"github.com/atoll-os/atoll/prng"
)

// noise returns n symbols of that width from a generator: perfect, as far as statistics see.
func noise(seed uint64, n, width int) []byte {
	s := make([]byte, n)
	prng.New(seed).Read(s)
	for i := range s {
		s[i] >>= 8 - width
	}
	return s
}

func sequence(t testing.TB, samples []byte, width int) *Sequence {
	t.Helper()
	q, err := NewSequence(samples, width)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// BenchmarkAssess is the whole assessment, all ten estimators over the symbols and the bits of
// them, on one goroutine.
func BenchmarkAssess(b *testing.B) {
	for _, c := range []struct {
		name  string
		width int
	}{{"1000000bits", 1}, {"1000000bytes", 8}} {
		b.Run(c.name, func(b *testing.B) {
			q := sequence(b, noise(1, 1_000_000, c.width), c.width)
			for b.Loop() {
				Assess(q, Options{})
			}
		})
	}
}

// BenchmarkEstimators is each piece of work on its own, over a million bytes.
func BenchmarkEstimators(b *testing.B) {
	q := sequence(b, noise(1, 1_000_000, 8), 8)
	runs := runsOf(q)
	bits, bytes := runs[0].text, runs[1].text
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"bits/common", func() { mostCommon(bits) }},
		{"bits/collision", func() { collision(bits) }},
		{"bits/markov", func() { markov(bits) }},
		{"bits/compression", func() { compression(bits, dictionaryBlocks) }},
		{"bits/repeats", func() { countRepeats(bits, 2) }},
		{"bits/mcw", func() { multiMCWBits(bits) }},
		{"bits/lag", func() { lagBits(bits) }},
		{"bits/mmc", func() { multiMMCBits(bits) }},
		{"bits/lz78y", func() { lz78yBits(bits) }},
		{"bytes/repeats", func() { countRepeats(bytes, 256) }},
		{"bytes/mcw", func() { multiMCW(bytes, 256, commonWindows) }},
		{"bytes/lag", func() { lag(bytes, 256, lags) }},
		{"bytes/mmc", func() { multiMMC(bytes, 256, mmcDepth) }},
		{"bytes/lz78y", func() { lz78y(bytes, 256, lzDepth) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
		})
	}
}
