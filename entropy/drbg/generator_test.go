package drbg

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"pgregory.net/rapid"
)

func read(t rapid.TB, g *Generator, n int, generation uint64) []byte {
	out := bytes.Repeat([]byte{0xa5}, n)
	if !g.Read(out, generation) {
		t.Fatalf("read of %d bytes refused in generation %d", n, generation)
	}
	return out
}

// TestGeneratorIsAES: what comes out is the keystream of the key behind its first 32 bytes, and
// these are the next key.
func TestGeneratorIsAES(t *testing.T) {
	g := NewGenerator(&[SeedBytes]byte{1}, 0)
	key := g.state.get().key
	for round := range 3 {
		got := read(t, g, BufferBytes/4, 0)
		for range 3 {
			got = append(got, read(t, g, BufferBytes/4, 0)...)
		}
		want := make([]byte, keyBytes+BufferBytes)
		block, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(want, want)
		if !bytes.Equal(got, want[keyBytes:]) {
			t.Fatalf("round %d: output is not the keystream of its key", round)
		}
		key = [keyBytes]byte(want)
		if g.state.get().key != key {
			t.Fatalf("round %d: the next key is not the keystream's beginning", round)
		}
	}
}

// TestGeneratorErases: the state holds nothing that was given away, and not the key that made it.
func TestGeneratorErases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewGenerator(&[SeedBytes]byte{9}, 3)
		for _, n := range rapid.SliceOfN(rapid.IntRange(16, 3*DirectBytesMin), 1, 9).Draw(t, "reads") {
			s := g.state.get()
			key := s.key
			refilled := n >= DirectBytesMin || n > BufferBytes-s.next
			out := read(t, g, n, 3)
			if refilled == (s.key == key) {
				t.Fatalf("read of %d: key changed %v, want %v", n, !refilled, refilled)
			}
			buffer := s.buffer[:]
			if bytes.Contains(buffer, out[n-16:]) || bytes.Contains(buffer, out[:16]) ||
				bytes.Contains(buffer, key[:]) {
				t.Fatalf("read of %d: the buffer holds what was given away", n)
			}
			if used := buffer[:s.next]; !bytes.Equal(used, make([]byte, len(used))) {
				t.Fatalf("read of %d: what was read of the buffer is not erased", n)
			}
		}
	})
}

// TestGeneratorCuts: below half a buffer, output does not depend on how reads cut it.
func TestGeneratorCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := [SeedBytes]byte{rapid.Byte().Draw(t, "seed")}
		whole, cut := NewGenerator(&seed, 0), NewGenerator(&seed, 0)
		var want, got []byte
		for range 12 {
			want = append(want, read(t, whole, DirectBytesMin-1, 0)...)
		}
		for len(got) < len(want) {
			n := rapid.IntRange(0, DirectBytesMin-1).Draw(t, "bytes")
			got = append(got, read(t, cut, min(n, len(want)-len(got)), 0)...)
		}
		if !bytes.Equal(got, want) {
			t.Fatal("cut reads differ from whole ones")
		}
	})
}

// TestGeneratorProperties: equal histories give equal output, and no block of 16 bytes comes
// twice, whatever is read, reseeded and refused between.
func TestGeneratorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two := NewGenerator(&[SeedBytes]byte{1}, 0), NewGenerator(&[SeedBytes]byte{1}, 0)
		seen, generation := blocks{}, uint64(0)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				seed := [SeedBytes]byte{rapid.Byte().Draw(t, "seed")}
				one.Reseed(&seed, generation)
				two.Reseed(&seed, generation)
			case 1:
				generation++
				p := []byte{7}
				if one.Read(p, generation) || two.Read(p, generation) || p[0] != 7 {
					t.Fatal("a read in another generation is not refused")
				}
				if one.Read(p, generation-1) || p[0] != 7 {
					t.Fatal("a refused generator goes on in the old generation")
				}
				one.Reseed(&[SeedBytes]byte{2}, generation)
				two.Reseed(&[SeedBytes]byte{2}, generation)
			default:
				n := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(0, 150_000)).Draw(t, "bytes")
				a, b := read(t, one, n, generation), read(t, two, n, generation)
				if !bytes.Equal(a, b) {
					t.Fatal("equal histories, different output")
				}
				if again := seen.repeated(a); again > 0 {
					t.Fatalf("%d blocks of %d bytes came again", again, n)
				}
			}
		}
	})
}

// TestReseedEmptiesTheBuffer: no byte made before a reseed is given away after it, not even with
// the same seed.
func TestReseedEmptiesTheBuffer(t *testing.T) {
	seed := [SeedBytes]byte{5}
	one, two := NewGenerator(&seed, 0), NewGenerator(&seed, 0)
	if a, b := read(t, one, 32, 0), read(t, two, 32, 0); !bytes.Equal(a, b) {
		t.Fatal("equal seeds, different output")
	}
	one.Reseed(&seed, 0)
	if one.state.get().buffer != [BufferBytes]byte{} {
		t.Error("the buffer is not empty after a reseed")
	}
	seen := blocks{}
	seen.repeated(read(t, two, BufferBytes-32, 0)[:])
	if again := seen.repeated(read(t, one, BufferBytes, 0)); again > 0 {
		t.Errorf("%d blocks from before the reseed", again)
	}
}

// TestNewGenerationEmptiesTheBuffer: two copies of one state go separate ways only after a new
// seed, and until then give nothing.
func TestNewGenerationEmptiesTheBuffer(t *testing.T) {
	g := NewGenerator(&[SeedBytes]byte{5}, 1)
	read(t, g, 100, 1)
	state := *g.state.get()
	clone := &Generator{hide(&state)}
	for _, c := range []*Generator{g, clone} {
		if c.Read(make([]byte, 16), 2) {
			t.Error("a copy reads on in a new generation")
		}
		if c.state.get().buffer != [BufferBytes]byte{} {
			t.Error("a new generation leaves the buffer full")
		}
	}
	g.Reseed(&[SeedBytes]byte{6}, 2)
	clone.Reseed(&[SeedBytes]byte{7}, 2)
	seen := blocks{}
	if seen.repeated(read(t, g, 40_000, 2))+seen.repeated(read(t, clone, 40_000, 2)) > 0 {
		t.Error("the copies share a block")
	}
}

// TestSeedMatters: each byte of the seed does, and so does the key from before a reseed.
func TestSeedMatters(t *testing.T) {
	first := map[[16]byte]int{}
	for i := range SeedBytes {
		seed := [SeedBytes]byte{}
		seed[i] = 1
		first[[16]byte(read(t, NewGenerator(&seed, 0), 16, 0))] = i
	}
	for i := range 3 {
		g := NewGenerator(&[SeedBytes]byte{byte(i + 100)}, 0)
		g.Reseed(&[SeedBytes]byte{}, 0)
		first[[16]byte(read(t, g, 16, 0))] = SeedBytes + i
	}
	if len(first) != SeedBytes+3 {
		t.Errorf("%d different outputs of %d seeds", len(first), SeedBytes+3)
	}
}

// TestGeneratorWipe: a wiped generator holds nothing and gives nothing, until a seed comes.
func TestGeneratorWipe(t *testing.T) {
	g := NewGenerator(&[SeedBytes]byte{1}, 7)
	read(t, g, 10, 7)
	g.Wipe()
	if *g.state.get() != (generatorState{next: BufferBytes}) {
		t.Error("a wiped state is not zero")
	}
	zero := new(Generator)
	zero.Wipe()
	for name, g := range map[string]*Generator{"wiped": g, "zero": zero} {
		for _, generation := range []uint64{0, 7} {
			if p := []byte{3}; g.Read(p, generation) || p[0] != 3 {
				t.Errorf("a %s generator reads", name)
			}
		}
		g.Reseed(&[SeedBytes]byte{1}, 8)
		read(t, g, 10, 8)
	}
}

// TestGeneratorAllocations: none up to 1 KiB but two a re-key, which is one read in 16 at least;
// two for each 64 KiB above.
func TestGeneratorAllocations(t *testing.T) {
	g := NewGenerator(&[SeedBytes]byte{1}, 0)
	for _, c := range []struct{ bytes, reads, most int }{
		{1, BufferBytes, 2}, {32, BufferBytes / 32, 2}, {1 << 10, 16, 2},
		{DirectBytesMin, 1, 2}, {KeyBytesMax, 1, 2}, {4 * KeyBytesMax, 1, 8},
	} {
		p := make([]byte, c.bytes)
		got := testing.AllocsPerRun(10, func() {
			for range c.reads {
				g.Read(p, 0)
			}
		})
		if got > float64(c.most) {
			t.Errorf("%d reads of %d bytes: %v allocations, at most %d", c.reads, c.bytes, got, c.most)
		}
	}
}
