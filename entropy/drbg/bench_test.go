package drbg

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/atoll-os/atoll/entropy/drbg/early"
	"golang.org/x/crypto/chacha20"
)

var sizes = []struct {
	name  string
	bytes int
}{{"32B", 32}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}}

// BenchmarkRandom compares the child generator with the operating system's, through Go.
func BenchmarkRandom(b *testing.B) {
	for _, size := range sizes {
		p := make([]byte, size.bytes)
		b.Run(size.name+"/atoll", func(b *testing.B) {
			g := NewGenerator(&[SeedBytes]byte{1}, 0)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				g.Read(p, 0)
			}
		})
		b.Run(size.name+"/cryptorand", func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				rand.Read(p)
			}
		})
	}
}

// BenchmarkKeystream is the choice of the stream below Generator: filling its buffer, with the
// set-up of a new key.
func BenchmarkKeystream(b *testing.B) {
	var key [32]byte
	buffer := make([]byte, BufferBytes)
	run := func(name string, fill func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(buffer)))
			b.ReportAllocs()
			for b.Loop() {
				fill()
			}
		})
	}
	run("AES-256-CTR", func() {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			b.Fatal(err)
		}
		cipher.NewCTR(block, zeroIV[:]).XORKeyStream(buffer, buffer)
	})
	run("ChaCha20", func() {
		c, err := chacha20.NewUnauthenticatedCipher(key[:], make([]byte, chacha20.NonceSize))
		if err != nil {
			b.Fatal(err)
		}
		c.XORKeyStream(buffer, buffer)
	})
	run("early", func() { early.KeyStream(buffer, &key, 0, &[12]byte{}) })
}

// BenchmarkBuffer is the choice of the buffer's size: cost of 32 bytes, the key's set-up shared.
func BenchmarkBuffer(b *testing.B) {
	for _, bytes := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%dKiB", bytes>>10), func(b *testing.B) {
			var s generatorState
			buffer, p := make([]byte, bytes), make([]byte, 32)
			next := len(buffer)
			for b.Loop() {
				if next == len(buffer) {
					s.fill(buffer)
					next = 0
				}
				n := copy(p, buffer[next:])
				clear(buffer[next : next+n])
				next += n
			}
		})
	}
}

func BenchmarkMechanism(b *testing.B) {
	all := mechanisms(b, [96]byte{})
	for _, name := range []string{"CTR", "HMAC"} {
		d := all[name]
		for _, size := range sizes {
			p := make([]byte, size.bytes)
			b.Run(name+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(len(p)))
				for b.Loop() {
					if err := d.Generate(p, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("Reseed", func(b *testing.B) {
		g, seed := NewGenerator(&[SeedBytes]byte{}, 0), [sha256.Size]byte{}
		b.ReportAllocs()
		for b.Loop() {
			g.Reseed(&seed, 0)
		}
	})
}
