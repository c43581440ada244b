package early_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/atoll-os/atoll/entropy/drbg/early"
	"golang.org/x/crypto/blake2s"
	"pgregory.net/rapid"
)

// sum hashes p in pieces of at most cut bytes.
func sum(size int, key, p []byte, cut int) []byte {
	var d early.Hash
	var out [early.HashBytesMax]byte
	d.Init(size, key)
	for len(p) > cut {
		d.Write(p[:cut])
		p = p[cut:]
	}
	d.Write(p)
	d.Sum(&out)
	return out[:size]
}

// TestABC: RFC 7693 appendix B.
func TestABC(t *testing.T) {
	const want = "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"
	if got := hex.EncodeToString(sum(32, nil, []byte("abc"), 99)); got != want {
		t.Errorf(`hash of "abc" is %s, want %s`, got, want)
	}
}

// TestSelfTest: RFC 7693 appendix E, a hash over hashes of four sizes, with and without key.
func TestSelfTest(t *testing.T) {
	sequence := func(length int, seed uint32) []byte {
		out := make([]byte, length)
		a, b := 0xdead4bad*seed, uint32(1)
		for i := range out {
			a, b = b, a+b
			out[i] = byte(b >> 24)
		}
		return out
	}
	var all []byte
	for _, size := range []int{16, 20, 28, 32} {
		for _, length := range []int{0, 3, 64, 65, 255, 1024} {
			in := sequence(length, uint32(length))
			all = append(all, sum(size, nil, in, 64)...)
			all = append(all, sum(size, sequence(size, uint32(size)), in, 1000)...)
		}
	}
	const want = "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"
	if got := hex.EncodeToString(sum(32, nil, all, 13)); got != want {
		t.Errorf("the hash over all is %s, want %s", got, want)
	}
}

// TestHashIsBLAKE2s compares with golang.org/x/crypto, however the input is cut.
func TestHashIsBLAKE2s(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "key")
		p := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "input")
		cut := rapid.IntRange(1, 130).Draw(t, "cut")
		want, err := blake2s.New256(key)
		if err != nil {
			t.Fatal(err)
		}
		want.Write(p)
		if got := sum(32, key, p, cut); !bytes.Equal(got, want.Sum(nil)) {
			t.Fatalf("hash %x, want %x", got, want.Sum(nil))
		}
		if len(key) == 0 {
			return
		}
		if want, err = blake2s.New128(key); err != nil {
			t.Fatal(err)
		}
		want.Write(p)
		if got := sum(16, key, p, cut); !bytes.Equal(got, want.Sum(nil)) {
			t.Fatalf("hash of 16 bytes %x, want %x", got, want.Sum(nil))
		}
	})
}

// FuzzHash compares with golang.org/x/crypto.
func FuzzHash(f *testing.F) {
	f.Add([]byte{}, []byte{}, uint8(1))
	f.Add(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 128), uint8(64))
	f.Add([]byte("key"), []byte("abc"), uint8(2))
	f.Fuzz(func(t *testing.T, key, p []byte, cut uint8) {
		if len(key) > early.HashKeyBytesMax || cut == 0 {
			return
		}
		want, err := blake2s.New256(key)
		if err != nil {
			t.Fatal(err)
		}
		want.Write(p)
		if got := sum(32, key, p, int(cut)); !bytes.Equal(got, want.Sum(nil)) {
			t.Errorf("hash %x, want %x", got, want.Sum(nil))
		}
	})
}

// TestHashSizes: impossible sizes stop the program.
func TestHashSizes(t *testing.T) {
	for _, size := range []int{-1, 0, 33} {
		stops(t, func() { new(early.Hash).Init(size, nil) })
	}
	stops(t, func() { new(early.Hash).Init(32, make([]byte, 33)) })
}

func stops(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

// TestSumOverwrites: nothing of what was hashed stays.
func TestSumOverwrites(t *testing.T) {
	var d early.Hash
	d.Init(32, []byte("secret"))
	d.Write([]byte("secret"))
	if d.Sum(new([32]byte)); d != (early.Hash{}) {
		t.Error("the state is not zero after Sum")
	}
}

func BenchmarkHash64B(b *testing.B) {
	var d early.Hash
	p := make([]byte, 64)
	d.Init(32, nil)
	b.SetBytes(64)
	for b.Loop() {
		d.Write(p)
	}
}
