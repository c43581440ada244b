package entropy

import (
	"math"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
)

// TestSeedHasFullEntropy does the arithmetic behind [ReadyBits]: 64 bits more go into the pool than
// come out, whatever else is in it.
func TestSeedHasFullEntropy(t *testing.T) {
	for _, c := range []struct {
		credited, bytes float64
		want            float64
	}{
		{320, 40, 256},
		{320, 4096, 256},
		{320, 1 << 24, 256}, // more than the arithmetic takes: it is cut, and nothing is gained
		{1e9, 1 << 24, 256},
		{256, 32, 251.69}, // without the margin, four bits are lost
		{160, 4096, 160},
		{0, 4096, 0},
		{0, 0, 0},
	} {
		s := &System{ledger: newLedger([]Spec{noise("a", "")}, nil), pool: newPool()}
		s.ledger.accounts[0].fresh = int64(c.credited * health.Thousandths)
		s.pool.bytes = uint64(c.bytes)
		if got := s.conditioned(); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%v bits in %v bytes give a seed of %v bits, want %v", c.credited, c.bytes, got,
				c.want)
		}
	}
}
