package early_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/atoll-os/atoll/entropy/drbg/early"
	"golang.org/x/crypto/chacha20"
	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKeyStream: RFC 8439 §2.3.2 and appendix A.1.
func TestKeyStream(t *testing.T) {
	var counted [32]byte
	for i := range counted {
		counted[i] = byte(i)
	}
	for _, v := range []struct {
		name    string
		key     [32]byte
		counter uint32
		nonce   [12]byte
		want    string
	}{
		{"2.3.2", counted, 1, [12]byte{3: 9, 7: 0x4a},
			"10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
				"d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"},
		{"A.1 #1", [32]byte{}, 0, [12]byte{},
			"76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
				"da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
		{"A.1 #2", [32]byte{}, 1, [12]byte{},
			"9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
				"29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
		{"A.1 #3", [32]byte{31: 1}, 1, [12]byte{},
			"3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a" +
				"8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
		{"A.1 #4", [32]byte{1: 0xff}, 2, [12]byte{},
			"72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca" +
				"13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
		{"A.1 #5", [32]byte{}, 0, [12]byte{11: 2},
			"c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7" +
				"8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d"},
	} {
		got := bytes.Repeat([]byte{0xa5}, 64)
		if early.KeyStream(got, &v.key, v.counter, &v.nonce); hex.EncodeToString(got) != v.want {
			t.Errorf("%s: %x, want %s", v.name, got, v.want)
		}
	}
}

// TestEncryption: RFC 8439 §2.4.2, two blocks, the second one cut.
func TestEncryption(t *testing.T) {
	const plain = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for " +
		"the future, sunscreen would be it."
	want := unhex(t, "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"+
		"f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"+
		"07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"+
		"5af90bbf74a35be6b40b8eedf2785e42874d")
	var key [32]byte
	for i := range key {
		key[i] = byte(i)
	}
	got := make([]byte, len(plain))
	early.KeyStream(got, &key, 1, &[12]byte{7: 0x4a})
	for i := range got {
		got[i] ^= plain[i]
	}
	if !bytes.Equal(got, want) {
		t.Errorf("encrypted to %x, want %x", got, want)
	}
}

// TestKeyStreamIsChaCha20 compares with golang.org/x/crypto.
func TestKeyStreamIsChaCha20(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		nonce := [12]byte(rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "nonce"))
		counter := rapid.Uint32Max(1<<32-10).Draw(t, "counter")
		got := make([]byte, rapid.IntRange(0, 300).Draw(t, "bytes"))
		want := make([]byte, len(got))
		c, err := chacha20.NewUnauthenticatedCipher(key[:], nonce[:])
		if err != nil {
			t.Fatal(err)
		}
		c.SetCounter(counter)
		c.XORKeyStream(want, want)
		if early.KeyStream(got, &key, counter, &nonce); !bytes.Equal(got, want) {
			t.Fatalf("keystream %x, want %x", got, want)
		}
	})
}

func BenchmarkKeyStream(b *testing.B) {
	var key [32]byte
	p := make([]byte, 16<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		early.KeyStream(p, &key, 0, &[12]byte{})
	}
}
