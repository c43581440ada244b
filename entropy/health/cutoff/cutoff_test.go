package cutoff

import (
	"math/big"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
)

// TestRepetition is the left half of the table of SP 800-90B cutoffs: 1 + ceil(e/H).
func TestRepetition(t *testing.T) {
	for _, row := range []struct {
		claim health.Claim
		want  [3]int // at 2^-20, 2^-30, 2^-60
	}{
		{100, [3]int{201, 301, 601}},
		{200, [3]int{101, 151, 301}},
		{250, [3]int{81, 121, 241}},
		{333, [3]int{62, 92, 182}},
		{500, [3]int{41, 61, 121}},
		{750, [3]int{28, 41, 81}},
		{1000, [3]int{21, 31, 61}},
		{2000, [3]int{11, 16, 31}},
		{3000, [3]int{8, 11, 21}},
		{4000, [3]int{6, 9, 16}},
		{6000, [3]int{5, 6, 11}},
		{8000, [3]int{4, 5, 9}},
		{32000, [3]int{2, 2, 3}},
		{1, [3]int{20001, 30001, 60001}},
		{0, [3]int{health.Never, health.Never, health.Never}},
		{-1, [3]int{health.Never, health.Never, health.Never}},
	} {
		for i, e := range []int{20, 30, 60} {
			if got := health.RepetitionCutoff(row.claim, e); got != row.want[i] {
				t.Errorf("claim %d/1000 at 2^-%d: %d, want %d", row.claim, e, got, row.want[i])
			}
		}
	}
}

// TestProportion is the right half: what SP 800-90B prints, which Go's and BoringSSL's static
// cutoffs equal, and the corrected form that we use, which jitterentropy's equal.
func TestProportion(t *testing.T) {
	type pair struct{ printed, corrected int }
	for _, row := range []struct {
		numerator, denominator int64 // of the claim in bits
		window                 int
		at20, at30             pair // printed 0: not in the table
	}{
		{1, 10, 512, pair{502, 502}, pair{507, 507}},
		{1, 5, 512, pair{480, 480}, pair{487, 488}},
		{1, 4, 512, pair{468, 468}, pair{477, 477}},
		{1, 3, 512, pair{449, 449}, pair{458, 459}},
		{333, 1000, 512, pair{449, 449}, pair{459, 459}}, // not quite 1/3
		{1, 2, 512, pair{410, 411}, pair{422, 422}},
		{3, 4, 512, pair{357, 358}, pair{371, 371}},
		{1, 1, 512, pair{311, 311}, pair{325, 325}},
		{2, 1, 512, pair{177, 178}, pair{190, 191}},
		{3, 1, 512, pair{103, 104}, pair{114, 115}},
		{4, 1, 512, pair{62, 63}, pair{71, 71}},
		{6, 1, 512, pair{25, 26}, pair{31, 32}},
		{8, 1, 512, pair{13, 14}, pair{16, 17}},
		{1, 10, 1024, pair{991, 0}, pair{999, 0}},
		{1, 5, 1024, pair{941, 0}, pair{952, 0}},
		{1, 4, 1024, pair{915, 0}, pair{928, 0}},
		{1, 3, 1024, pair{873, 0}, pair{888, 0}},
		{1, 2, 1024, pair{793, 0}, pair{810, 0}},
		{3, 4, 1024, pair{684, 0}, pair{703, 0}},
		{1, 1, 1024, pair{589, 590}, pair{609, 0}},
	} {
		p := power(row.numerator, row.denominator)
		for e, want := range map[int]pair{20: row.at20, 30: row.at30} {
			printed := 1 + quantile(row.window, p, e)
			corrected := 2 + quantile(row.window-1, p, e)
			if printed != want.printed || want.corrected != 0 && corrected != want.corrected {
				t.Errorf("claim %d/%d, window %d at 2^-%d: %d/%d, want %d/%d", row.numerator,
					row.denominator, row.window, e, printed, corrected, want.printed, want.corrected)
			}
		}
	}
	for claim, want := range map[health.Claim]int{1000: 325, 500: 422, 333: 459, 250: 477} {
		if got := Proportion(claim, 512, 30); got != want {
			t.Errorf("Proportion(%d, 512, 30) = %d, want %d", claim, got, want)
		}
	}
}

// TestFreeBSD: FreeBSD's table for H = 1 to 8 at 2^-34 is one below the form of UL's comment 10b.
func TestFreeBSD(t *testing.T) {
	for i, theirs := range []int{329, 195, 118, 73, 48, 33, 23, 17} {
		if got := Proportion(health.Claim(i+1)*1000, 512, 34); got != theirs+1 {
			t.Errorf("H = %d: %d, want %d", i+1, got, theirs+1)
		}
	}
}

// TestQuantileIsExact compares with rational arithmetic where 2^-H is a rational number.
func TestQuantileIsExact(t *testing.T) {
	for _, h := range []int{1, 2, 3, 4, 6, 8, 16, 32} {
		for _, n := range []int{1, 2, 511} {
			for _, e := range []int{20, 30, 60} {
				got := quantile(n, power(int64(h), 1), e)
				if want := exact(n, h, e); got != want {
					t.Errorf("quantile(%d, 2^-%d, %d) = %d, want %d", n, h, e, got, want)
				}
			}
		}
	}
}

// exact is the quantile in integers: all terms of the distribution are multiples of 2^-hn.
func exact(n, h, exponent int) int {
	q := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(h)), big.NewInt(1))
	tail := new(big.Int)
	for k := n; k > 0; k-- {
		term := new(big.Int).Exp(q, big.NewInt(int64(n-k)), nil)
		tail.Add(tail, term.Mul(term, new(big.Int).Binomial(int64(n), int64(k))))
		alpha := new(big.Int)
		if n*h >= exponent {
			alpha.Lsh(big.NewInt(1), uint(n*h-exponent))
		}
		if tail.Cmp(alpha) > 0 {
			return k
		}
	}
	return 0
}

func TestPower(t *testing.T) {
	// 2^-(n/d) to the power d is 2^-n.
	for _, f := range [][2]int64{{1, 1000}, {333, 1000}, {999, 1000}, {1, 1}, {64000, 1000}, {1, 3}} {
		p, product := power(f[0], f[1]), number(1)
		for range f[1] {
			product.Mul(product, p)
		}
		want := new(big.Float).SetMantExp(number(1), -int(f[0]))
		ratio := number(1)
		if ratio.Quo(product, want).Sub(ratio, number(1)); ratio.Sign() != 0 &&
			ratio.MantExp(nil) > -Precision+15 {
			t.Errorf("2^-(%d/%d) is wrong by a factor 1 + %.3g", f[0], f[1], ratio)
		}
	}
}

func TestFor(t *testing.T) {
	got, err := For(1000, 8)
	want := health.Cutoffs{Claim: 1000, SymbolBits: 8, Window: 512,
		Startup:    health.Limits{Repetition: 21, Proportion: 311},
		Continuous: health.Limits{Repetition: 31, Proportion: 325},
		Permanent:  health.Limits{Repetition: 61, Proportion: 355}}
	if got != want || err != nil {
		t.Errorf("For(1000, 8) = %+v, %v; want %+v", got, err, want)
	}
	if got, err := For(1, 1); err != nil || got.Continuous.Proportion <= got.Window {
		t.Errorf("For(1, 1) = %+v, %v; want a proportion out of reach", got, err)
	}
	if got, err := For(64000, 64); err != nil || got.Permanent.Repetition != 2 {
		t.Errorf("For(64000, 64) = %+v, %v; want 2 equal symbols to be evidence", got, err)
	}
}

// TestForErrors: the caller wrote a claim that cannot be true, or asked for no claim.
func TestForErrors(t *testing.T) {
	for _, bad := range []struct {
		claim health.Claim
		bits  int
	}{{0, 8}, {-1, 8}, {8001, 8}, {1001, 1}, {1000, 0}, {1000, 65}, {1000, -8}} {
		if c, err := For(bad.claim, bad.bits); err == nil {
			t.Errorf("For(%d, %d) = %+v; want an error", bad.claim, bad.bits, c)
		}
	}
}

// TestCutoffsFall: a higher claim never makes a test more patient.
func TestCutoffsFall(t *testing.T) {
	for _, window := range []int{512, 1024} {
		last := window + 2
		for claim := health.Claim(1); claim <= 9000; claim += 137 {
			got := Proportion(claim, window, health.ContinuousExponent)
			if got > last || got < 2 {
				t.Errorf("claim %d: %d after %d", claim, got, last)
			}
			last = got
		}
	}
}

func BenchmarkFor(b *testing.B) {
	for b.Loop() {
		if _, err := For(333, 8); err != nil {
			b.Fatal(err)
		}
	}
}
