package drbg

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
)

// SeedBytes is the length of a [Generator]'s seed.
const SeedBytes = 32

// Sizes of a [Generator].
const (
	BufferBytes    = 16 << 10        // keystream made at once
	DirectBytesMin = BufferBytes / 2 // a read of so many bytes passes the buffer by
	KeyBytesMax    = 64 << 10        // output of one key at most

	wordBytes     = 16 // what a processor moves at once
	shortBytesMax = 4 * wordBytes
)

// Generator is a child generator: AES-256 in counter mode with fast key erasure. Each key makes
// first the next key and then output, once, and is overwritten before the output is given away;
// what was given away is overwritten in the buffer. Whoever takes the state finds no earlier
// output in it.
//
//	key n ── AES-256-CTR, IV 0 ──┬── 32 bytes: key n+1
//	                             └── 16 KiB: the buffer, or up to 64 KiB directly for the reader
//
// AES because of what it costs (BenchmarkKeystream): of the streams that Go code can make, it is
// eight times as fast as the next, ChaCha20. A re-key is two allocations of the standard library.
//
// The zero value, and one that was wiped, reads nothing.
type Generator struct{ state hidden[generatorState] }

type generatorState struct {
	generation uint64
	seeded     bool
	next       int               // of the buffer; BufferBytes: it is empty
	key        [keyBytes]byte    // has made no output yet
	buffer     [BufferBytes]byte // zeros before next
}

// zeroIV is the counter that each key begins with. No key is used twice.
var zeroIV [aes.BlockSize]byte

// NewGenerator returns a generator of that seed, which must have full entropy and belong to no
// other generator. Generation is the number that Read must be given; the caller wipes the seed.
func NewGenerator(seed *[SeedBytes]byte, generation uint64) *Generator {
	g := new(Generator)
	g.Reseed(seed, generation)
	return g
}

// Reseed mixes a new seed into the key and empties the buffer: no byte made before it is given
// away after it. From now on Read wants the generation given here. A zero or wiped generator comes
// to life.
func (g *Generator) Reseed(seed *[SeedBytes]byte, generation uint64) {
	s := g.state.get()
	if s == nil {
		s = &generatorState{next: BufferBytes}
		g.state = hide(s)
	}
	s.empty()
	const label = "atoll drbg reseed"
	var input [len(label) + keyBytes + SeedBytes]byte
	copy(input[:], label)
	copy(input[len(label):], s.key[:])
	copy(input[len(label)+keyBytes:], seed[:])
	s.key = sha256.Sum256(input[:])
	clear(input[:])
	s.generation, s.seeded = generation, true
}

// Read fills p and reports true, or, if generation is not that of the last seed, empties the
// buffer, leaves p as it was and reports false: the machine or process has been copied, or the
// root says so, and only a new seed tells the copies apart. The check costs a comparison, so that
// a caller can make it at every read.
//
// Up to half a buffer it allocates nothing but, every 16 KiB, for the next key. Larger reads go
// direct, in pieces of at most KeyBytesMax, each with a key of its own.
func (g *Generator) Read(p []byte, generation uint64) bool {
	s := g.state.get()
	if s == nil {
		return false
	}
	if !s.seeded || s.generation != generation {
		// The generation of before, if it came again, would not help.
		s.empty()
		s.seeded = false
		return false
	}
	if end := s.next + len(p); len(p) <= shortBytesMax && end <= BufferBytes {
		from := s.buffer[s.next:end]
		s.next = end
		// By words: for keys and nonces the calls of copy and clear would cost more.
		for len(p) >= wordBytes && len(from) >= wordBytes {
			*(*[wordBytes]byte)(p) = [wordBytes]byte(from)
			*(*[wordBytes]byte)(from) = [wordBytes]byte{}
			p, from = p[wordBytes:], from[wordBytes:]
		}
		if len(p) > 0 {
			copy(p, from)
			clear(from)
		}
		return true
	}
	if len(p) >= DirectBytesMin {
		s.direct(p)
		return true
	}
	n := s.take(p)
	if n < len(p) {
		s.fill(s.buffer[:])
		s.next = 0
		s.take(p[n:])
	}
	return true
}

// Wipe overwrites the state. Until a Reseed, the generator reads nothing.
func (g *Generator) Wipe() {
	if s := g.state.get(); s != nil {
		*s = generatorState{next: BufferBytes}
	}
}

// take moves bytes of the buffer to p, as far as they go, and returns how many.
func (s *generatorState) take(p []byte) int {
	from := s.buffer[s.next:]
	n := copy(p, from)
	clear(from[:n])
	s.next += n
	return n
}

// empty overwrites what is left in the buffer.
func (s *generatorState) empty() {
	clear(s.buffer[s.next:])
	s.next = BufferBytes
}

// direct fills p with keys of its own.
func (s *generatorState) direct(p []byte) {
	for len(p) > 0 {
		n := min(len(p), KeyBytesMax)
		clear(p[:n])
		s.fill(p[:n])
		p = p[n:]
	}
}

// fill replaces the key and xors the keystream that follows it into p.
func (s *generatorState) fill(p []byte) {
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		panic("drbg: BUG: " + err.Error())
	}
	stream := cipher.NewCTR(block, zeroIV[:])
	clear(s.key[:])
	stream.XORKeyStream(s.key[:], s.key[:])
	stream.XORKeyStream(p, p)
}
