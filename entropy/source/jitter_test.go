package source

import (
	"math"
	"testing"
)

// minEntropy returns the min-entropy of the commonest of the symbols: an upper bound for what an
// attacker leaves, far from a proof, and enough to find a dead timer.
func minEntropy(symbols []byte) float64 {
	var counts [256]int
	top := 0
	for _, s := range symbols {
		counts[s]++
		top = max(top, counts[s])
	}
	return -math.Log2(float64(top) / float64(len(symbols)))
}

func TestJitterHasMoreThanItClaims(t *testing.T) {
	j := NewJitter()
	raw := make([]byte, 20_000)
	if n, err := j.Sample(t.Context(), raw); n != len(raw) || err != nil {
		t.Fatal(n, err)
	}
	got := minEntropy(raw)
	t.Logf("jitter: %.2f bits of the commonest symbol", got)
	if got < 2*jitterClaim/1000.0 {
		t.Errorf("jitter: %.2f bits, claims %.2f", got, jitterClaim/1000.0)
	}
	pairs := make([]byte, 0, len(raw))
	for i := 1; i < len(raw); i++ {
		pairs = append(pairs, raw[i]-raw[i-1])
	}
	if got := minEntropy(pairs); got < 2*jitterClaim/1000.0 {
		t.Errorf("differences of neighbours: %.2f bits, claims %.2f", got, jitterClaim/1000.0)
	}
}

// TestJitterRestarts starts a source over and over (SP 800-90B §3.1.4): the n-th symbol after a
// start must be as hard to guess as any, and no two starts may go alike.
func TestJitterRestarts(t *testing.T) {
	const restarts, symbols = 300, 64
	var matrix [restarts][symbols]byte
	j := NewJitter()
	for r := range matrix {
		if err := j.Restart(); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Sample(t.Context(), matrix[r][:]); err != nil {
			t.Fatal(err)
		}
		for earlier := range r {
			if matrix[earlier] == matrix[r] {
				t.Fatalf("starts %d and %d gave the same %d symbols", earlier, r, symbols)
			}
		}
	}
	// With 300 samples of a source at its claim, 2^-0.5 = 71 % of a column are equal on average.
	for column := range symbols {
		var values []byte
		for r := range matrix {
			values = append(values, matrix[r][column])
		}
		if got := minEntropy(values); got < jitterClaim/1000.0 {
			t.Errorf("symbol %d after a start: %.2f bits, claims %.2f", column, got, jitterClaim/1000.0)
		}
	}
}

func TestCounterCounts(t *testing.T) {
	last := counter()
	for range 1000 {
		now := counter()
		if now < last {
			t.Fatalf("the counter went from %d to %d", last, now)
		}
		last = now
	}
}

func BenchmarkJitter(b *testing.B) {
	j := NewJitter()
	for b.Loop() {
		j.Time()
	}
}
