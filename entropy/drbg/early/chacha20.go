package early

import "math/bits"

// KeyStreamBytesMax is the longest keystream of one key and nonce: 2^32 blocks.
const KeyStreamBytesMax = blockBytes << 32

const blockBytes = 64

// KeyStream overwrites p with the ChaCha20 keystream (RFC 8439 §2.4) from the block with that
// number on. A counter that overflows begins again with 0, so p and the counter together must
// stay within [KeyStreamBytesMax].
func KeyStream(p []byte, key *[32]byte, counter uint32, nonce *[12]byte) {
	var block [blockBytes]byte
	for len(p) > 0 {
		chachaBlock(&block, key, counter, nonce)
		p = p[copy(p, block[:]):]
		counter++
	}
	clear(block[:])
}

// chachaBlock is the block function of RFC 8439 §2.3.
func chachaBlock(out *[blockBytes]byte, key *[32]byte, counter uint32, nonce *[12]byte) {
	const c0, c1, c2, c3 = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 // expand 32-byte k
	k0, k1, k2, k3 := load(key[0:]), load(key[4:]), load(key[8:]), load(key[12:])
	k4, k5, k6, k7 := load(key[16:]), load(key[20:]), load(key[24:]), load(key[28:])
	n0, n1, n2 := load(nonce[0:]), load(nonce[4:]), load(nonce[8:])

	x0, x1, x2, x3 := uint32(c0), uint32(c1), uint32(c2), uint32(c3)
	x4, x5, x6, x7 := k0, k1, k2, k3
	x8, x9, x10, x11 := k4, k5, k6, k7
	x12, x13, x14, x15 := counter, n0, n1, n2
	for range 10 {
		x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
		x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
		x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
		x3, x7, x11, x15 = quarter(x3, x7, x11, x15)

		x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
		x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
		x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
		x3, x4, x9, x14 = quarter(x3, x4, x9, x14)
	}
	store(out[0:], x0+c0)
	store(out[4:], x1+c1)
	store(out[8:], x2+c2)
	store(out[12:], x3+c3)
	store(out[16:], x4+k0)
	store(out[20:], x5+k1)
	store(out[24:], x6+k2)
	store(out[28:], x7+k3)
	store(out[32:], x8+k4)
	store(out[36:], x9+k5)
	store(out[40:], x10+k6)
	store(out[44:], x11+k7)
	store(out[48:], x12+counter)
	store(out[52:], x13+n0)
	store(out[56:], x14+n1)
	store(out[60:], x15+n2)
}

// quarter is the quarter round of RFC 8439 §2.1.
func quarter(a, b, c, d uint32) (uint32, uint32, uint32, uint32) {
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	return a, b, c, d
}

// load reads a little-endian word.
func load(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// store writes one.
func store(b []byte, x uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(x), byte(x>>8), byte(x>>16), byte(x>>24)
}
