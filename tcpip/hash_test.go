package tcpip

import "testing"

// TestSipHash checks the vectors of the paper's reference for messages of whole words.
func TestSipHash(t *testing.T) {
	k := sipKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	for _, c := range []struct {
		words []uint64
		want  uint64
	}{
		{nil, 0x726fdb47dd0e0e31},
		{[]uint64{0x0706050403020100}, 0x93f5f5799a932462},
		{[]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}, 0x3f2acc7f57c29bdb},
	} {
		if got := k.sum(c.words...); got != c.want {
			t.Errorf("SipHash-2-4 of %x = %016x, want %016x", c.words, got, c.want)
		}
	}
}
