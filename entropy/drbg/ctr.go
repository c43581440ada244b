package drbg

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// CTRSeedBytes is seedlen of CTR_DRBG with AES-256: key and block. Without derivation function,
// entropy input has exactly this length and full entropy.
const CTRSeedBytes = keyBytes + aes.BlockSize

const keyBytes = 32

// CTR is CTR_DRBG with AES-256 and without derivation function, SP 800-90A Rev. 1 §10.2.1. The
// zero value is not instantiated: it generates nothing.
type CTR struct{ state hidden[ctrState] }

// ctrState is the internal state of §10.2.1.1.
type ctrState struct {
	key      [keyBytes]byte
	v        [aes.BlockSize]byte
	requests uint64 // reseed_counter: from 1; 0 is not instantiated
}

// NewCTR instantiates, §10.2.1.3.1. Entropy is CTRSeedBytes long, personalization at most that.
func NewCTR(entropy, personalization []byte) (*CTR, error) {
	seed, err := ctrSeed(entropy, personalization)
	if err != nil {
		return nil, err
	}
	s := &ctrState{requests: 1}
	s.update(&seed)
	clear(seed[:])
	return &CTR{hide(s)}, nil
}

// Reseed mixes new entropy of CTRSeedBytes in, §10.2.1.4.1, with at most as much additional input.
func (d *CTR) Reseed(entropy, additional []byte) error {
	s := d.state.get()
	if s == nil || s.requests == 0 {
		return errWiped
	}
	seed, err := ctrSeed(entropy, additional)
	if err != nil {
		return err
	}
	s.update(&seed)
	s.requests = 1
	clear(seed[:])
	return nil
}

// Generate fills out, at most RequestBytesMax, §10.2.1.5.1. Additional input may be nil; it is at
// most CTRSeedBytes long. The two do not overlap. On error, out is as it was.
//
// Prediction resistance (§9.3.1 step 7) is the caller's: Reseed with the additional input, then
// Generate without.
func (d *CTR) Generate(out, additional []byte) error {
	s := d.state.get()
	if s == nil {
		return errWiped
	}
	if err := checkRequest(len(out), s.requests); err != nil {
		return err
	}
	if len(additional) > CTRSeedBytes {
		return fmt.Errorf("drbg: check additional input: %d bytes, at most %d", len(additional),
			CTRSeedBytes)
	}
	var input [CTRSeedBytes]byte // step 2: padded with zeros
	if copy(input[:], additional); len(additional) > 0 {
		s.update(&input)
	}
	clear(out)
	s.keystream(out)
	s.update(&input)
	s.requests++
	return nil
}

// Wipe overwrites the state. The generator is of no use afterwards.
func (d *CTR) Wipe() {
	if s := d.state.get(); s != nil {
		*s = ctrState{}
	}
}

// ctrSeed is seed_material: entropy xor the other input, padded with zeros.
func ctrSeed(entropy, other []byte) (seed [CTRSeedBytes]byte, err error) {
	if len(entropy) != CTRSeedBytes || len(other) > CTRSeedBytes {
		return seed, fmt.Errorf("drbg: check seed: %d bytes of entropy, %d of other input; "+
			"want %d and at most as many", len(entropy), len(other), CTRSeedBytes)
	}
	copy(seed[:], other)
	subtle.XORBytes(seed[:], seed[:], entropy)
	return seed, nil
}

// update is CTR_DRBG_Update, §10.2.1.2.
func (s *ctrState) update(provided *[CTRSeedBytes]byte) {
	temp := *provided
	s.keystream(temp[:])
	copy(s.key[:], temp[:keyBytes])
	copy(s.v[:], temp[keyBytes:])
	clear(temp[:])
}

// keystream xors the blocks E(key, v+1), E(key, v+2), … into p and leaves the last counter in v.
func (s *ctrState) keystream(p []byte) {
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		panic("drbg: BUG: " + err.Error())
	}
	first := s.v
	add(&first, 1)
	cipher.NewCTR(block, first[:]).XORKeyStream(p, p)
	clear(first[:])
	add(&s.v, (len(p)+aes.BlockSize-1)/aes.BlockSize)
}

// add adds to a counter, modulo 2^128.
func add(v *[aes.BlockSize]byte, n int) {
	low, carry := bits.Add64(binary.BigEndian.Uint64(v[8:]), uint64(n), 0)
	binary.BigEndian.PutUint64(v[8:], low)
	binary.BigEndian.PutUint64(v[:8], binary.BigEndian.Uint64(v[:8])+carry)
}
