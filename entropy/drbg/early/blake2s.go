package early

import "math/bits"

// Lengths of BLAKE2s in bytes (RFC 7693 §2.1).
const (
	HashBytesMax    = 32
	HashKeyBytesMax = 32
)

// Hash is BLAKE2s, RFC 7693. Call Init, then Write any number of times, then Sum once.
type Hash struct {
	h      [8]uint32
	length uint64 // bytes compressed
	block  [blockBytes]byte
	filled int // bytes of block
	size   int // of the result
}

// iv is what SHA-256 begins with (RFC 7693 §2.6).
var iv = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
	0x1f83d9ab, 0x5be0cd19}

// sigma says which word of the message each half round takes (RFC 7693 §2.7).
var sigma = [10][16]uint8{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}

// Init begins a hash of size bytes, 1 to HashBytesMax, with a key of at most HashKeyBytesMax. Other
// sizes are the caller's mistake and stop the program, as an index out of range does.
func (d *Hash) Init(size int, key []byte) {
	var sizes [HashBytesMax]struct{}
	var keys [HashKeyBytesMax + 1]struct{}
	_, _ = sizes[size-1], keys[len(key)]
	*d = Hash{h: iv, size: size}
	d.h[0] ^= 0x01010000 ^ uint32(len(key))<<8 ^ uint32(size) // RFC 7693 §2.5
	if len(key) > 0 {
		copy(d.block[:], key)
		d.filled = blockBytes
	}
}

// Write adds p to what is hashed.
func (d *Hash) Write(p []byte) {
	for len(p) > 0 {
		// The last block is compressed by Sum: a full one waits until more comes.
		if d.filled == blockBytes {
			d.length += blockBytes
			d.compress(0)
			d.filled = 0
		}
		n := copy(d.block[d.filled:], p)
		d.filled += n
		p = p[n:]
	}
}

// Sum writes the hash to the front of out, in the size that Init was given, and overwrites the
// state: the next use begins with Init.
func (d *Hash) Sum(out *[HashBytesMax]byte) {
	d.length += uint64(d.filled)
	clear(d.block[d.filled:])
	d.compress(^uint32(0))
	var all [HashBytesMax]byte
	for i, word := range d.h {
		store(all[4*i:], word)
	}
	copy(out[:d.size], all[:])
	clear(all[:])
	*d = Hash{}
}

// compress is F of RFC 7693 §3.2; final is all ones for the last block.
func (d *Hash) compress(final uint32) {
	var m [16]uint32
	for i := range m {
		m[i] = load(d.block[4*i:])
	}
	h := &d.h
	v0, v1, v2, v3, v4, v5, v6, v7 := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
	v8, v9, v10, v11 := iv[0], iv[1], iv[2], iv[3]
	v12, v13 := iv[4]^uint32(d.length), iv[5]^uint32(d.length>>32)
	v14, v15 := iv[6]^final, iv[7]
	for i := range sigma {
		s := &sigma[i]
		v0, v4, v8, v12 = mix(v0, v4, v8, v12, m[s[0]&15], m[s[1]&15])
		v1, v5, v9, v13 = mix(v1, v5, v9, v13, m[s[2]&15], m[s[3]&15])
		v2, v6, v10, v14 = mix(v2, v6, v10, v14, m[s[4]&15], m[s[5]&15])
		v3, v7, v11, v15 = mix(v3, v7, v11, v15, m[s[6]&15], m[s[7]&15])

		v0, v5, v10, v15 = mix(v0, v5, v10, v15, m[s[8]&15], m[s[9]&15])
		v1, v6, v11, v12 = mix(v1, v6, v11, v12, m[s[10]&15], m[s[11]&15])
		v2, v7, v8, v13 = mix(v2, v7, v8, v13, m[s[12]&15], m[s[13]&15])
		v3, v4, v9, v14 = mix(v3, v4, v9, v14, m[s[14]&15], m[s[15]&15])
	}
	h[0] ^= v0 ^ v8
	h[1] ^= v1 ^ v9
	h[2] ^= v2 ^ v10
	h[3] ^= v3 ^ v11
	h[4] ^= v4 ^ v12
	h[5] ^= v5 ^ v13
	h[6] ^= v6 ^ v14
	h[7] ^= v7 ^ v15
	clear(m[:])
}

// mix is G of RFC 7693 §3.1.
func mix(a, b, c, d, x, y uint32) (uint32, uint32, uint32, uint32) {
	a += b + x
	d = bits.RotateLeft32(d^a, -16)
	c += d
	b = bits.RotateLeft32(b^c, -12)
	a += b + y
	d = bits.RotateLeft32(d^a, -8)
	c += d
	b = bits.RotateLeft32(b^c, -7)
	return a, b, c, d
}
