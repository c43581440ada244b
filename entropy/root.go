package entropy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/atoll-os/atoll/entropy/drbg"
)

// root is the generator that seeds all streams: HMAC_DRBG with SHA-256, which takes entropy of any
// form and gives each child a key that nobody can compute from a later state of the root (SP
// 800-90C RBG2; the streams are the RBGC of its chain).
type root struct {
	generator *drbg.HMAC
	still     *[seedBytes]byte // of a still system; nil otherwise
}

// seed instantiates the root, or reseeds it. More is mixed in beside it and not counted on.
func (r *root) seed(seed *[seedBytes]byte, more []byte) {
	var err error
	if r.generator == nil {
		// SP 800-90A §8.6.7 wants a nonce that repeats no more often than a random one of 128 bits
		// does: it is derived from the seed, as the entropy input is.
		var nonce, entropy [seedBytes]byte
		expand(seed, "nonce", &nonce)
		expand(seed, "entropy", &entropy)
		r.generator, err = drbg.NewHMAC(entropy[:], nonce[:], append([]byte("atoll root"), more...))
		clear(nonce[:])
		clear(entropy[:])
	} else {
		err = r.generator.Reseed(seed[:], more)
	}
	if err != nil {
		panic("entropy: BUG: " + err.Error())
	}
}

// stir mixes in what is not counted on, without claiming a reseed.
func (r *root) stir(more []byte) {
	var drop [1]byte
	if err := r.generator.Generate(drop[:], more); err != nil {
		panic("entropy: BUG: " + err.Error())
	}
}

// child makes the key of a stream's generator. The root never gives the same key twice. In a still
// system the key follows from the names alone, so that the order of calls cannot matter.
func (r *root) child(label string, ordinal, stripe, generation uint64, key *[seedBytes]byte) {
	name := make([]byte, 0, 128)
	name = append(name, "stream"...)
	name = binary.LittleEndian.AppendUint64(name, ordinal)
	name = binary.LittleEndian.AppendUint64(name, stripe)
	name = binary.LittleEndian.AppendUint64(name, generation)
	name = append(name, label...)
	if r.still != nil {
		mac := hmac.New(sha256.New, r.still[:])
		mac.Write(name)
		mac.Sum(key[:0])
		return
	}
	if err := r.generator.Generate(key[:], name); err != nil {
		panic("entropy: BUG: " + err.Error())
	}
}

// Format keeps a root out of whatever is printed.
func (root) Format(f fmt.State, _ rune) { fmt.Fprint(f, "entropy.root(redacted)") }
