package assess

import (
	"sync"
	"testing"

	"github.com/atoll-os/atoll/prng"
)

// fewer returns n, or a tenth of it under the race detector: this package starts no goroutine, so
// there is little to detect, and it makes the estimators ten times slower.
func fewer(n int) int {
	if raceEnabled {
		return n / 10
	}
	return n
}

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

// parallel is the executor of the package comment.
func parallel(workers int) Executor {
	return func(tasks []func()) {
		var wg sync.WaitGroup
		queue := make(chan func())
		for range workers {
			wg.Go(func() {
				for task := range queue {
					task()
				}
			})
		}
		for _, task := range tasks {
			queue <- task
		}
		close(queue)
		wg.Wait()
	}
}

// BenchmarkAssess is the whole assessment, all ten estimators over the symbols and the bits of
// them.
func BenchmarkAssess(b *testing.B) {
	for _, c := range []struct {
		name  string
		width int
		run   Executor
	}{{"1000000bits", 1, nil}, {"1000000bytes", 8, nil}, {"1000000bytes/2workers", 8, parallel(2)}} {
		b.Run(c.name, func(b *testing.B) {
			q := sequence(b, noise(1, 1_000_000, c.width), c.width)
			for b.Loop() {
				Assess(q, Options{Run: c.run})
			}
		})
	}
}

// BenchmarkIID is all tests for independence over a million bytes that pass them.
func BenchmarkIID(b *testing.B) {
	q := sequence(b, noise(1, 1_000_000, 8), 8)
	for b.Loop() {
		if r, err := IID(q, IIDOptions{Seed: 1}); err != nil || !r.IID {
			b.Fatal(r.Verdict, err)
		}
	}
}

// BenchmarkWorst is the assessment of what compresses best, where suffixes share the most.
func BenchmarkWorst(b *testing.B) {
	for _, c := range []struct {
		name string
		next func(i int) byte
	}{
		{"constant", func(int) byte { return 0 }},
		{"counter", func(i int) byte { return byte(i) }},
		{"ramp", func(i int) byte { return byte(i >> 12) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := make([]byte, 1_000_000)
			for i := range s {
				s[i] = c.next(i)
			}
			q := sequence(b, s, 8)
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
