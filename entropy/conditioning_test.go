package entropy

import (
	"math"
	"testing"
)

// The values are those of NIST's tool ea_conditioning, and SP 800-90B's own bounds.
func TestConditioned(t *testing.T) {
	for _, c := range []struct{ hIn, nIn, nOut, nw, want float64 }{
		{320, 512, 256, 256, 256},     // our gate: full entropy but for 2^-64
		{256, 256, 256, 256, 251.69},  // no margin: four bits are lost to collisions
		{512, 8192, 384, 384, 384},    // more input bits than a float's exponent has
		{320, 1 << 20, 256, 256, 256}, // a pool full of symbols that are worth little
		{160, 1 << 20, 256, 256, 160}, // half of what is needed stays half
		{10, 8, 256, 256, 8},          // no more than came in as bits
		{0, 4096, 256, 256, 0},
		{-1, 4096, 256, 256, 0},
	} {
		if c.hIn > c.nIn {
			c.hIn = c.nIn
		}
		got := conditioned(c.hIn, c.nIn, c.nOut, c.nw)
		if math.Abs(got-c.want) > 0.005 {
			t.Errorf("conditioned(h_in %v, n_in %v, n_out %v, nw %v) = %v, want %v", c.hIn, c.nIn,
				c.nOut, c.nw, got, c.want)
		}
	}
}
