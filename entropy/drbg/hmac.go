package drbg

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Lengths of HMAC_DRBG's inputs in bytes, for its full strength of 256 bits (SP 800-90A §10.1).
const (
	HMACEntropyBytesMin = 32
	HMACNonceBytesMin   = 16
	HMACInputBytesMax   = 1 << 16 // of any input; the standard allows 2^32
)

// HMAC is HMAC_DRBG with SHA-256, SP 800-90A Rev. 1 §10.1.2. It is slow (240 MB/s), and its
// strength rests on a hash function alone: the second opinion beside [CTR]. The zero value is not
// instantiated: it generates nothing.
type HMAC struct{ state hidden[hmacState] }

// hmacState is the internal state of §10.1.2.1.
type hmacState struct {
	key      [sha256.Size]byte
	v        [sha256.Size]byte
	requests uint64 // reseed_counter: from 1; 0 is not instantiated
}

// NewHMAC instantiates, §10.1.2.3. Personalization may be nil.
func NewHMAC(entropy, nonce, personalization []byte) (*HMAC, error) {
	if len(nonce) < HMACNonceBytesMin {
		return nil, fmt.Errorf("drbg: check nonce: %d bytes, at least %d", len(nonce),
			HMACNonceBytesMin)
	}
	if err := checkHMACInputs(entropy, nonce, personalization); err != nil {
		return nil, err
	}
	s := &hmacState{requests: 1}
	for i := range s.v {
		s.v[i] = 1
	}
	s.update(entropy, nonce, personalization)
	return &HMAC{hide(s)}, nil
}

// Reseed mixes new entropy in, §10.1.2.4. Additional input may be nil.
func (d *HMAC) Reseed(entropy, additional []byte) error {
	s := d.state.get()
	if s == nil || s.requests == 0 {
		return errWiped
	}
	if err := checkHMACInputs(entropy, additional, nil); err != nil {
		return err
	}
	s.update(entropy, additional, nil)
	s.requests = 1
	return nil
}

// Generate fills out, at most RequestBytesMax, §10.1.2.5. Additional input may be nil. The two do
// not overlap. On error, out is as it was. Prediction resistance is as with [CTR.Generate].
func (d *HMAC) Generate(out, additional []byte) error {
	s := d.state.get()
	if s == nil {
		return errWiped
	}
	if err := checkRequest(len(out), s.requests); err != nil {
		return err
	}
	if len(additional) > HMACInputBytesMax {
		return fmt.Errorf("drbg: check additional input: %d bytes, at most %d", len(additional),
			HMACInputBytesMax)
	}
	if len(additional) > 0 {
		s.update(additional, nil, nil)
	}
	mac := hmac.New(sha256.New, s.key[:])
	for len(out) > 0 {
		mac.Reset()
		mac.Write(s.v[:])
		mac.Sum(s.v[:0])
		out = out[copy(out, s.v[:]):]
	}
	s.update(additional, nil, nil)
	s.requests++
	return nil
}

// Wipe overwrites the state. The generator is of no use afterwards.
func (d *HMAC) Wipe() {
	if s := d.state.get(); s != nil {
		*s = hmacState{}
	}
}

// checkHMACInputs checks the lengths of entropy and two other inputs.
func checkHMACInputs(entropy, a, b []byte) error {
	if len(entropy) < HMACEntropyBytesMin {
		return fmt.Errorf("drbg: check entropy: %d bytes, at least %d", len(entropy),
			HMACEntropyBytesMin)
	}
	if n := max(len(entropy), len(a), len(b)); n > HMACInputBytesMax {
		return fmt.Errorf("drbg: check inputs: %d bytes, at most %d", n, HMACInputBytesMax)
	}
	return nil
}

// update is HMAC_DRBG_Update, §10.1.2.2, with the concatenation of a, b and c as provided data.
func (s *hmacState) update(a, b, c []byte) {
	for _, round := range []byte{0, 1} {
		mac := hmac.New(sha256.New, s.key[:])
		mac.Write(s.v[:])
		mac.Write([]byte{round})
		mac.Write(a)
		mac.Write(b)
		mac.Write(c)
		mac.Sum(s.key[:0])
		mac = hmac.New(sha256.New, s.key[:])
		mac.Write(s.v[:])
		mac.Sum(s.v[:0])
		if len(a)+len(b)+len(c) == 0 {
			return
		}
	}
}
