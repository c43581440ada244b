package assess

import (
	"math"
	"strings"
	"testing"
)

// The chances are those of tables: median, 5 % and 0.1 % points of chi-square.
func TestChiSquareChance(t *testing.T) {
	for _, c := range []struct {
		x    float64
		df   int
		want float64
	}{
		{0, 3, 1}, {5, 0, 1}, {5, -2, 1},
		{3.841458820694124, 1, 0.05}, {10.827566170662733, 1, 0.001},
		{18.307038053275146, 10, 0.05}, {9.341817765591968, 10, 0.5},
		{124.34211340400407, 100, 0.05}, {1074.679449, 1000, 0.05},
		{2, 2, math.Exp(-1)}, {2000, 2, math.Exp(-1000)}, {65025, 65025, 0.4992625},
	} {
		got := chiSquareChance(c.x, c.df)
		if math.Abs(got-c.want) > 1e-6*c.want {
			t.Errorf("chance of %v with %d degrees of freedom: %.9g, want %.9g", c.x, c.df, got, c.want)
		}
	}
}

func iid(t *testing.T, s []byte, width int, run Executor) *IIDResult {
	t.Helper()
	r, err := IID(sequence(t, s, width), IIDOptions{Seed: 1, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Noise and biased noise pass; samples that depend on those before fail, and so does noise that
// changes over time.
func TestIID(t *testing.T) {
	for _, c := range []struct {
		name    string
		samples []byte
		width   int
		failed  string // part of the verdict; empty if it passes
	}{
		{"noise", noise(1, 5000, 4), 4, ""},
		{"bits", noise(2, 5000, 1), 1, ""},
		{"biased bits", (&sources[1]).sample(1, 5000), 1, ""},
		{"noise or a constant", (&sources[6]).sample(2, 5000), 4, ""},
		{"sticky bits", (&sources[2]).sample(1, 5000), 1, "chi square independence"},
		{"two halves", append(noise(1, 2500, 4), noise(1, 2500, 3)...), 4, "chi square fit"},
		{"repeated", append(noise(1, 2500, 4), noise(1, 2500, 4)...), 4, "longest repeat"},
	} {
		r := iid(t, c.samples, c.width, nil)
		if r.IID != (c.failed == "") || !strings.Contains(r.Verdict, c.failed) {
			t.Errorf("%s: %s; want that to have %q", c.name, r.Verdict, c.failed)
		}
		if r.IID != (r.MinEntropy > 0) {
			t.Errorf("%s: %v, and a min-entropy of %v", c.name, r.IID, r.MinEntropy)
		}
		if r.IID != (len(r.Permutations) == len(statisticNames)) {
			t.Errorf("%s: %d permutation tests", c.name, len(r.Permutations))
		}
	}
}

// A sequence that passes the tests of §5.2 and that the permutation tests catch: within each 16
// samples the values rise.
func TestPermutationsCatchOrder(t *testing.T) {
	s := noise(3, 600, 8)
	for i := 0; i+1 < len(s); i += 32 { // too few swaps for the tests of pairs
		s[i], s[i+1] = min(s[i], s[i+1]), max(s[i], s[i+1])
	}
	for i := range s { // a slow wave, of which every tenth of the sequence has one
		s[i] = byte(float64(s[i])*0.6 + 40*(1+math.Sin(float64(i)*2*math.Pi/60)))
	}
	r := iid(t, s, 8, nil)
	if r.IID || len(r.Permutations) != atCompression || !strings.Contains(r.Verdict, "covariance") {
		t.Errorf("%s (%d permutation tests); want one failed, and no compression", r.Verdict,
			len(r.Permutations))
	}
}

// backwards runs tasks in the wrong order: results must not depend on it.
func backwards(tasks []func()) {
	for i := len(tasks) - 1; i >= 0; i-- {
		tasks[i]()
	}
}

func TestIIDDoesNotDependOnExecutor(t *testing.T) {
	s := noise(4, 3000, 6)
	a, b := iid(t, s, 6, nil), iid(t, s, 6, backwards)
	for i := range a.Permutations {
		if a.Permutations[i] != b.Permutations[i] {
			t.Errorf("in order %+v, backwards %+v", a.Permutations[i], b.Permutations[i])
		}
	}
}

func TestIIDNeedsSamples(t *testing.T) {
	for _, s := range [][]byte{noise(1, statisticSamplesMin-1, 8), make([]byte, 1000)} {
		if _, err := IID(sequence(t, s, 8), IIDOptions{}); err != ErrFewForIID {
			t.Errorf("%d samples: %v, want ErrFewForIID", len(s), err)
		}
	}
	if _, err := IID(sequence(t, noise(1, statisticSamplesMin, 1), 1), IIDOptions{}); err != nil {
		t.Errorf("as many as are needed: %v", err)
	}
}

func TestIIDProgress(t *testing.T) {
	var last int
	_, err := IID(sequence(t, noise(1, 1000, 8), 8), IIDOptions{Progress: func(done, total int) {
		if done < 0 || done > total || total != Permutations {
			t.Errorf("progress %d of %d", done, total)
		}
		last = done
	}})
	if err != nil || last != Permutations {
		t.Errorf("ended at %d, %v; want %d", last, err, Permutations)
	}
}

// Of independent sequences about one in fifty fails; of thirty, hardly more than three.
func TestFalseAlarms(t *testing.T) {
	failed := 0
	for seed := range fewer(20) {
		if r := iid(t, noise(uint64(100+seed), 800, 4), 4, nil); !r.IID {
			failed++
			t.Logf("seed %d: %s", seed, r.Verdict)
		}
	}
	if failed > 2 {
		t.Errorf("%d of 20 sequences of noise fail, want 2 at most", failed)
	}
}
