package assess

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/prng"
)

// Cutoffs of NIST's ea_restart, which finds them by drawing five million times.
func TestRestartCutoff(t *testing.T) {
	alpha := -math.Expm1(math.Log1p(-restartAlarm) / 2000)
	for _, c := range []struct {
		h    float64
		want int
	}{{0.1, 965}, {0.5, 769}, {0.9, 605}, {3.5, 135}, {7.2, 25}} {
		if got := cutoff(c.h, 1000, alpha); got != c.want {
			t.Errorf("cutoff for %v bits: %d, want %d", c.h, got, c.want)
		}
	}
}

// The chance that computes the cutoff is the one seen in draws.
func TestChanceAtMost(t *testing.T) {
	const draws, rounds = 60, 20_000
	r := prng.New(1)
	for _, p := range []float64{0.5, 0.3, 0.25, 0.11, 1.0 / 64} {
		var hits [draws + 1]int // by the greatest count
		for range rounds {
			var counts [256]int
			most := 0
			for range draws {
				v := int(r.Float64() / p)
				counts[v]++
				most = max(most, counts[v])
			}
			hits[most]++
		}
		seen := 0
		for x, h := range hits {
			seen += h
			want := float64(seen) / rounds
			if got := chanceAtMost(x, draws, p); math.Abs(got-want) > 0.015 {
				t.Errorf("p = %v: at most %d with chance %.4f, seen %.4f", p, x, got, want)
			}
		}
	}
}

// matrix makes restarts of a source that draws from start(restart), then goes on.
func matrix(restarts, each int, sample func(restart, i int) byte) [][]byte {
	rows := make([][]byte, restarts)
	for i := range rows {
		rows[i] = make([]byte, each)
		for j := range rows[i] {
			rows[i][j] = sample(i, j)
		}
	}
	return rows
}

func TestRestart(t *testing.T) {
	r := prng.New(1)
	random := func(int, int) byte { return byte(r.Uint64() >> 60) }
	var fixed [100]byte // samples that are the same after every restart
	prng.New(2).Read(fixed[:])
	for _, c := range []struct {
		name    string
		sample  func(restart, i int) byte
		initial float64
		passed  bool
		verdict string
	}{
		{"noise", random, 3, true, "Restarts differ"},
		{"no state", func(_, i int) byte { return fixed[i] >> 4 }, 3, false, "a symbol occurs 100 times"},
		{"a constant", func(int, int) byte { return 5 }, 3, false, "a symbol occurs 100 times"},
		// Half of the samples are those of the restart before: no symbol is too frequent, but the
		// columns can be predicted.
		{"a seed that counts", func(restart, i int) byte {
			return byte(restart*7+i*i) & 15
		}, 3, false, "below half of"},
	} {
		got, err := Restart(matrix(100, 100, c.sample), 4, c.initial, Options{})
		if err != nil || got.Passed != c.passed || !strings.Contains(got.Verdict, c.verdict) {
			t.Errorf("%s: %+v, %v; want %v, %q", c.name, got, err, c.passed, c.verdict)
			continue
		}
		if got.Passed != (got.MinEntropy > 0) || len(got.Notes) != 1 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// Columns are read as columns: of restarts that each hold one symbol, the columns see noise and the
// rows do not.
func TestRestartOrders(t *testing.T) {
	var symbols [64]byte
	prng.New(3).Read(symbols[:])
	rows := matrix(64, 200, func(i, _ int) byte { return symbols[i] & 1 })
	got, err := Restart(rows, 1, 1, Options{})
	if err != nil || got.Greatest != 200 {
		t.Fatalf("%+v, %v; want 200 alike", got, err)
	}
	if rows, columns := got.Rows[2], got.Columns[2]; rows.Name != Markov || rows.Bits > 0.1 ||
		columns.Bits < 0.5 {
		t.Errorf("by rows %v, by columns %v; want the columns much better", rows, columns)
	}
}

func TestRestartRefuses(t *testing.T) {
	zero := func(int, int) byte { return 0 }
	ragged := matrix(3, 3, zero)
	ragged[2] = ragged[2][:2]
	for _, c := range []struct {
		rows    [][]byte
		width   int
		initial float64
		want    error
	}{
		{nil, 1, 1, ErrRestartShape}, {matrix(1, 9, zero), 1, 1, ErrRestartShape},
		{matrix(9, 1, zero), 1, 1, ErrRestartShape}, {ragged, 1, 1, ErrRestartShape},
		{matrix(RestartsMax+1, 2, zero), 1, 1, ErrRestartShape},
		{matrix(2, RestartsMax+1, zero), 1, 1, ErrRestartShape},
		{matrix(3, 3, zero), 9, 1, ErrSymbolBits}, {matrix(3, 3, zero), 1, 1.5, ErrRestartClaim},
		{matrix(3, 3, zero), 1, 0, ErrRestartClaim},
		{matrix(3, 3, zero), 1, math.NaN(), ErrRestartClaim},
	} {
		if _, err := Restart(c.rows, c.width, c.initial, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%d rows, %d bits, %v: %v, want %v", len(c.rows), c.width, c.initial, err, c.want)
		}
	}
}
