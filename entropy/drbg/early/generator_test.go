package early

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ready returns a generator that has absorbed the seed and is ready.
func ready(seed string) *Generator {
	g := new(Generator)
	g.Absorb([]byte(seed), ReadyBits)
	return g
}

func read(t rapid.TB, g *Generator, n int) []byte {
	p := bytes.Repeat([]byte{0xa5}, n)
	if !g.Read(p) {
		t.Fatalf("read of %d bytes refused, %d bits credited", n, g.Credited())
	}
	return p
}

// TestNothingBeforeReady: the 320th bit makes it ready, and not one before.
func TestNothingBeforeReady(t *testing.T) {
	var g Generator
	for bit := range ReadyBits {
		p := []byte{7}
		if g.Read(p) || g.Ready() || g.Reseed() || p[0] != 7 {
			t.Fatalf("gives something at %d bits", bit)
		}
		g.Absorb([]byte{1}, 1)
		g.Absorb([]byte("mere identity"), 0)
		g.Absorb([]byte("a mistake"), -5)
	}
	if !g.Ready() || g.Credited() != ReadyBits {
		t.Fatalf("not ready at %d bits", g.Credited())
	}
	read(t, &g, 1)
}

// TestSeedReachesTheKey: every byte absorbed, credited or not, changes the output; so does how it
// is cut into pieces.
func TestSeedReachesTheKey(t *testing.T) {
	seen := map[[32]byte]string{}
	add := func(how string, g *Generator) {
		out := [32]byte(read(t, g, 32))
		if before, ok := seen[out]; ok {
			t.Errorf("%s gives what %s gave", how, before)
		}
		seen[out] = how
	}
	add("nothing else", ready("seed"))
	add("another seed", ready("seee"))
	for i := range 8 {
		g, p := new(Generator), make([]byte, 8)
		p[i] = 1
		g.Absorb(p, 0)
		g.Absorb([]byte("seed"), ReadyBits)
		add(fmt.Sprintf("byte %d", i), g)
	}
	g := new(Generator)
	g.Absorb([]byte("se"), 0)
	g.Absorb([]byte("ed"), ReadyBits)
	add("two pieces", g)
	g = new(Generator)
	g.Absorb(nil, 0)
	g.Absorb([]byte("seed"), ReadyBits)
	add("an empty piece", g)
	g = ready("seed")
	g.Reseed()
	add("a reseed of nothing", g)
	g = ready("seed")
	g.Absorb([]byte("more"), 0)
	g.Reseed()
	add("a reseed", g)
	g = ready("seed")
	g.Absorb([]byte("less"), 0)
	g.Reseed()
	add("another reseed", g)
	g = ready("seed")
	g.Reseed()
	g.Reseed()
	add("two reseeds", g)
}

// TestLateEntropyWaits: after it is ready, what is absorbed does nothing until Reseed.
func TestLateEntropyWaits(t *testing.T) {
	a, b := ready("seed"), ready("seed")
	b.Absorb([]byte("late"), 8)
	if !bytes.Equal(read(t, a, 16), read(t, b, 16)) {
		t.Error("few bits reached the key one by one")
	}
}

// TestReadIsFastKeyErasure: RFC 8439 blocks of one key; the first half block is the next key.
func TestReadIsFastKeyErasure(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 96, 97, 4096, KeyBytesMax, KeyBytesMax + 1, 200_000} {
		g := ready("seed")
		key, nonce := g.key, [12]byte{}
		var want []byte
		for first := true; first || len(want) < n; first = false {
			stream := make([]byte, 32+min(n-len(want), KeyBytesMax))
			KeyStream(stream, &key, 0, &nonce)
			key = [32]byte(stream)
			want = append(want, stream[32:]...)
		}
		if got := read(t, g, n); !bytes.Equal(got, want) || g.key != key {
			t.Errorf("read of %d bytes is not the keystream behind the next key", n)
		}
	}
}

// TestGeneratorProperties: equal histories, equal output; no block of 16 bytes comes twice.
func TestGeneratorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two := ready("seed"), ready("seed")
		seen := map[[16]byte]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				p := rapid.SliceOf(rapid.Byte()).Draw(t, "absorbed")
				one.Absorb(p, 1)
				two.Absorb(p, 1)
			case 1:
				one.Reseed()
				two.Reseed()
			default:
				n := rapid.IntRange(0, 5000).Draw(t, "bytes")
				a, b := read(t, one, n), read(t, two, n)
				if !bytes.Equal(a, b) {
					t.Fatal("equal histories, different output")
				}
				for ; len(a) >= 16; a = a[16:] {
					if seen[[16]byte(a)] {
						t.Fatal("a block came again")
					}
					seen[[16]byte(a)] = true
				}
			}
		}
	})
}

// TestDistrust: a copied generator gives nothing until it has new entropy, and then copies differ.
func TestDistrust(t *testing.T) {
	g := ready("seed")
	read(t, g, 10)
	clone := *g
	g.Distrust()
	clone.Distrust()
	g.Absorb([]byte("here"), ReadyBits-1)
	clone.Absorb([]byte("there"), ReadyBits-1)
	if g.Read([]byte{0}) || clone.Read([]byte{0}) || g.Reseed() {
		t.Fatal("gives something after a copy, with 319 new bits")
	}
	g.Absorb([]byte("x"), 1)
	clone.Absorb([]byte("x"), 1)
	if bytes.Equal(read(t, g, 16), read(t, &clone, 16)) {
		t.Error("copies with different entropy give the same")
	}
}

// TestCreditSaturates: no amount of credit becomes little by overflow.
func TestCreditSaturates(t *testing.T) {
	var g Generator
	for range 5 {
		g.Absorb(nil, 1<<30)
	}
	if g.Credited() != creditedMax {
		t.Errorf("credited %d bits, want %d", g.Credited(), creditedMax)
	}
}

func TestWipe(t *testing.T) {
	g := ready("seed")
	read(t, g, 10)
	if g.Wipe(); *g != (Generator{}) || g.Read([]byte{0}) {
		t.Error("a wiped generator is not as new")
	}
}

func TestNothingAllocates(t *testing.T) {
	g, p := ready("seed"), make([]byte, 70_000)
	if got := testing.AllocsPerRun(5, func() {
		g.Absorb(p[:300], 8)
		g.Reseed()
		g.Read(p)
	}); got != 0 {
		t.Errorf("%v allocations; want 0", got)
	}
}

// TestSecretsAreNotPrinted by the verbs that people use; a kernel has none of them.
func TestSecretsAreNotPrinted(t *testing.T) {
	g := ready("seed")
	var h Hash
	h.Init(32, bytes.Repeat([]byte{0xd7}, 32))
	h.Write(bytes.Repeat([]byte{0xd7}, 64))
	for i := range g.key {
		g.key[i] = 0xd7
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{g, *g, &h, h, struct{ G Generator }{*g}, struct{ H *Hash }{&h}} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "215") || strings.Contains(text, "0xd7, 0xd7") {
				t.Errorf("%s of %T prints %.100s", verb, v, text)
			}
		}
	}
	if got := fmt.Sprintf("%v %#v %+v", g, *g, h); got !=
		"early.Generator(redacted) early.Generator(redacted) early.Hash(redacted)" {
		t.Errorf("printed %q", got)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{32, 1 << 10, 64 << 10} {
		g, p := ready("seed"), make([]byte, n)
		b.Run(fmt.Sprintf("%dB", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				g.Read(p)
			}
		})
	}
}
