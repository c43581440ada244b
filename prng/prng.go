// Package prng is seeded randomness for the parts of a run that must repeat.
//
// A [Stream] yields the same values for the same seed, on every machine and Go release. Split
// derives a stream from a name, not from the position, so a new consumer moves no other stream.
// Nothing here is fit for secrets.
package prng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream is a seeded source of random values. It is not safe for concurrent use.
type Stream struct {
	key [32]byte
	pcg rand.PCG
}

// New returns the stream of a seed.
func New(seed uint64) *Stream {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], seed)
	return derive(b[:], "atoll")
}

func derive(key []byte, name string) *Stream {
	s := &Stream{key: sha256.Sum256(append(append([]byte(nil), key...), name...))}
	s.pcg.Seed(binary.BigEndian.Uint64(s.key[:8]), binary.BigEndian.Uint64(s.key[8:16]))
	return s
}

// Split returns the stream of that name below s. It depends on s's origin and the name alone, not
// on what was drawn from s before.
func (s *Stream) Split(name string) *Stream { return derive(s.key[:], name) }

// Uint64 returns 64 random bits.
func (s *Stream) Uint64() uint64 { return s.pcg.Uint64() }

// Uint32 returns 32 random bits.
func (s *Stream) Uint32() uint32 { return uint32(s.pcg.Uint64() >> 32) }

// Float64 returns a number in [0, 1) with 53 random bits.
func (s *Stream) Float64() float64 { return float64(s.pcg.Uint64()>>11) / (1 << 53) }

// IntN returns a number in [0, n). It panics if n <= 0. The bias is below n / 2^64.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("prng: IntN needs n > 0")
	}
	return int(s.pcg.Uint64() % uint64(n))
}

// Chance reports true with probability p; p at or below 0 never draws.
func (s *Stream) Chance(p float64) bool { return p > 0 && s.Float64() < p }

// Read fills p with random bytes. It never fails: Stream is an io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	var b [8]byte
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(b[:], s.pcg.Uint64())
		copy(p[i:], b[:])
	}
	return len(p), nil
}
