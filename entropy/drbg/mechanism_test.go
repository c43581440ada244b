package drbg

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mechanisms are instantiated from the same input, cut to size.
func mechanisms(t rapid.TB, input [96]byte) map[string]mechanism {
	ctr, err := NewCTR(input[:48], nil)
	if err != nil {
		t.Fatal(err)
	}
	hmac, err := NewHMAC(input[:48], input[48:64], input[64:])
	if err != nil {
		t.Fatal(err)
	}
	return map[string]mechanism{"CTR": ctr, "HMAC": hmac}
}

func generate(t rapid.TB, d mechanism, n int, additional []byte) []byte {
	out := bytes.Repeat([]byte{0xa5}, n)
	if err := d.Generate(out, additional); err != nil {
		t.Fatal(err)
	}
	return out
}

func drawInput(t *rapid.T) (input [96]byte) {
	copy(input[:], rapid.SliceOfN(rapid.Byte(), 96, 96).Draw(t, "input"))
	return input
}

// blocks counts those of 16 bytes that were seen before and remembers the others.
type blocks map[[16]byte]bool

func (seen blocks) repeated(p []byte) (n int) {
	for ; len(p) >= 16; p = p[16:] {
		if b := [16]byte(p); seen[b] {
			n++
		} else {
			seen[b] = true
		}
	}
	return n
}

// TestMechanismProperties: equal inputs give equal output; the state evolves; no block comes
// twice; a reseed and additional input change what follows.
func TestMechanismProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := drawInput(t)
		lengths := rapid.SliceOfN(rapid.IntRange(0, 200), 1, 12).Draw(t, "lengths")
		one, two := mechanisms(t, input), mechanisms(t, input)
		for _, name := range []string{"CTR", "HMAC"} {
			seen := blocks{}
			for _, n := range lengths {
				a, b := generate(t, one[name], n, nil), generate(t, two[name], n, nil)
				if !bytes.Equal(a, b) {
					t.Fatalf("%s: equal states made %x and %x", name, a, b)
				}
				if again := seen.repeated(a); again > 0 {
					t.Fatalf("%s: %d blocks came again", name, again)
				}
			}
			if err := one[name].Reseed(input[:48], nil); err != nil {
				t.Fatal(err)
			}
			a, b := generate(t, one[name], 64, nil), generate(t, two[name], 64, input[:1])
			if bytes.Equal(a, b) || seen.repeated(a)+seen.repeated(b) > 0 {
				t.Fatalf("%s: %x after a reseed, %x with additional input", name, a, b)
			}
		}
	})
}

// TestMechanismChecks: what a caller must not ask for is refused and leaves the output alone.
func TestMechanismChecks(t *testing.T) {
	for name, d := range mechanisms(t, [96]byte{}) {
		long := make([]byte, RequestBytesMax+1)
		long[0] = 7
		if err := d.Generate(long, nil); err == nil || long[0] != 7 {
			t.Errorf("%s: request of %d bytes: %v", name, len(long), err)
		}
		if err := d.Generate(long[1:], nil); err != nil {
			t.Errorf("%s: request of %d bytes: %v", name, RequestBytesMax, err)
		}
		long = make([]byte, HMACInputBytesMax+1)
		out := []byte{7}
		if err := d.Generate(out, long); err == nil || out[0] != 7 {
			t.Errorf("%s: additional input of %d bytes: %v", name, len(long), err)
		}
		if err := d.Reseed(make([]byte, 48), long); err == nil {
			t.Errorf("%s: reseed with additional input of %d bytes: no error", name, len(long))
		}
		if err := d.Reseed(make([]byte, 31), nil); err == nil {
			t.Errorf("%s: reseed with 31 bytes: no error", name)
		}
	}
	for _, n := range []int{0, 47, 49} {
		if _, err := NewCTR(make([]byte, n), nil); err == nil {
			t.Errorf("NewCTR with %d bytes of entropy: no error", n)
		}
	}
	if _, err := NewCTR(make([]byte, 48), make([]byte, 49)); err == nil {
		t.Error("NewCTR with 49 bytes of personalization: no error")
	}
	if _, err := NewHMAC(make([]byte, 32), make([]byte, 15), nil); err == nil {
		t.Error("NewHMAC with 15 bytes of nonce: no error")
	}
	if _, err := NewHMAC(make([]byte, 31), make([]byte, 16), nil); err == nil {
		t.Error("NewHMAC with 31 bytes of entropy: no error")
	}
}

// TestReseedRequired: after 2^48 requests (SP 800-90A table 2), set here, not made.
func TestReseedRequired(t *testing.T) {
	all := mechanisms(t, [96]byte{1})
	all["CTR"].(*CTR).state.get().requests = RequestsMax
	all["HMAC"].(*HMAC).state.get().requests = RequestsMax
	for name, d := range all {
		out := make([]byte, 16)
		if err := d.Generate(out, nil); err != nil {
			t.Errorf("%s: request 2^48: %v", name, err)
		}
		before := bytes.Clone(out)
		if err := d.Generate(out, nil); !errors.Is(err, ErrReseedRequired) || !bytes.Equal(out, before) {
			t.Errorf("%s: request 2^48 + 1: %v; want ErrReseedRequired", name, err)
		}
		if err := d.Reseed(make([]byte, 48), nil); err != nil {
			t.Errorf("%s: reseed: %v", name, err)
		}
		if err := d.Generate(out, nil); err != nil || bytes.Equal(out, before) {
			t.Errorf("%s: after the reseed: %v", name, err)
		}
	}
}

// TestWipe: nothing of a state is left, and nothing comes out of what has none.
func TestWipe(t *testing.T) {
	all := mechanisms(t, [96]byte{1})
	for _, d := range all {
		d.Wipe()
	}
	ctr, hmac := all["CTR"].(*CTR), all["HMAC"].(*HMAC)
	if *ctr.state.get() != (ctrState{}) || *hmac.state.get() != (hmacState{}) {
		t.Error("a wiped state is not zero")
	}
	for _, d := range []mechanism{ctr, hmac, new(CTR), new(HMAC)} {
		out := []byte{7}
		if err := d.Generate(out, nil); err == nil || out[0] != 7 {
			t.Errorf("%T: generates without a state: %v", d, err)
		}
		if err := d.Reseed(make([]byte, 48), nil); err == nil {
			t.Errorf("%T: reseeds without a state", d)
		}
		d.Wipe()
	}
}

// TestCounter: V is one number of 128 bits, SP 800-90A §10.2.1.2.
func TestCounter(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"00000000000000000000000000000000", 0, "00000000000000000000000000000000"},
		{"000000000000000000000000000000ff", 1, "00000000000000000000000000000100"},
		{"0000000000000000ffffffffffffffff", 1, "00000000000000010000000000000000"},
		{"0000000000000000fffffffffffffff0", 4096, "00000000000000010000000000000ff0"},
		{"ffffffffffffffffffffffffffffffff", 1, "00000000000000000000000000000000"},
	} {
		b, err := hex.DecodeString(c.from)
		if err != nil {
			t.Fatal(err)
		}
		v := [aes.BlockSize]byte(b)
		if add(&v, c.n); fmt.Sprintf("%x", v) != c.want {
			t.Errorf("%s + %d = %x, want %s", c.from, c.n, v, c.want)
		}
	}
}

// TestCTRIsBlockByBlock compares the keystream with the standard's loop over single blocks.
func TestCTRIsBlockByBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ctrState{}
		copy(s.key[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		copy(s.v[:], rapid.SampledFrom([]string{"", strings.Repeat("\xff", 16),
			"12345678" + strings.Repeat("\xff", 8)}).Draw(t, "v"))
		v, got := s.v, make([]byte, rapid.IntRange(0, 99).Draw(t, "bytes"))
		s.keystream(got)
		block, err := aes.NewCipher(s.key[:])
		if err != nil {
			t.Fatal(err)
		}
		var want []byte
		for len(want) < len(got) {
			var out [16]byte
			add(&v, 1)
			block.Encrypt(out[:], v[:])
			want = append(want, out[:]...)
		}
		if !bytes.Equal(got, want[:len(got)]) || s.v != v {
			t.Fatalf("keystream %x, v %x; want %x, %x", got, s.v, want, v)
		}
	})
}
