package early

// ReadyBits is how many credited bits make a key: 64 more than the 256 that the hash gives, so that
// these have full entropy (SP 800-90C §3.2.2.2).
const ReadyBits = 320

// KeyBytesMax is the longest output of one key.
const KeyBytesMax = 64 << 10

// Generator gathers entropy and gives random bytes, once it has enough. The zero value is ready to
// gather. It prints as "redacted" by %v, %+v, %#v and %s: a courtesy to tests, since a kernel has
// no package fmt; as an unexported field of another struct it cannot.
type Generator struct {
	pool     Hash
	key      [32]byte // has made no output yet
	begun    bool     // the pool
	ready    bool
	credited int // bits since New or Distrust; at most creditedMax
}

const creditedMax = 1 << 30

// Absorb mixes p into the pool and credits it with that many bits, 0 for what is merely different
// everywhere or always. Only the bits of a noise source that passes its health tests, times its
// claim, are worth crediting. The call that completes [ReadyBits] makes the generator ready;
// after that, what was absorbed waits for Reseed.
func (g *Generator) Absorb(p []byte, creditBits int) {
	if !g.begun {
		g.pool.Init(HashBytesMax, nil)
		g.begun = true
	}
	// Each piece is preceded by its length: so pieces cut in another way are another input.
	n := uint64(len(p))
	length := [8]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), byte(n >> 32),
		byte(n >> 40), byte(n >> 48), byte(n >> 56)}
	g.pool.Write(length[:])
	g.pool.Write(p)
	if creditBits > 0 {
		g.credited += min(creditBits, creditedMax-g.credited)
	}
	if !g.ready && g.credited >= ReadyBits {
		g.extract()
		g.ready = true
	}
}

// Credited returns the credited bits since the beginning or the last Distrust.
func (g *Generator) Credited() int { return g.credited }

// Ready tells whether Read gives random bytes.
func (g *Generator) Ready() bool { return g.ready }

// Reseed mixes the pool into the key, and reports true, if the generator is ready. Before that it
// does nothing: a key that learns of few bits at a time can be guessed step by step.
func (g *Generator) Reseed() bool {
	if g.ready {
		g.extract()
	}
	return g.ready
}

// Distrust says that somebody else may have this state: the machine was copied. The generator
// keeps what it knows, gives nothing, and is ready when [ReadyBits] new bits were credited.
func (g *Generator) Distrust() { g.ready, g.credited = false, 0 }

// Read fills p with random bytes and reports true, or leaves it as it was and reports false if the
// generator is not ready. The key that made them is gone before they are seen.
func (g *Generator) Read(p []byte) bool {
	if !g.ready {
		return false
	}
	var nonce [12]byte // no key is used twice
	var block [blockBytes]byte
	for first := true; first || len(p) > 0; first = false {
		n := min(len(p), KeyBytesMax)
		old := g.key
		// Half of block 0 is the next key, the other half the first output.
		chachaBlock(&block, &old, 0, &nonce)
		copy(g.key[:], block[:32])
		used := copy(p[:n], block[32:])
		KeyStream(p[used:n], &old, 1, &nonce)
		clear(old[:])
		p = p[n:]
	}
	clear(block[:])
	return true
}

// Wipe overwrites the state: the generator is as new.
func (g *Generator) Wipe() { *g = Generator{} }

// extract hashes the pool to a seed, and the seed to the next key and the next pool, which do not
// tell of each other.
func (g *Generator) extract() {
	var seed, next [32]byte
	var h Hash
	g.pool.Sum(&seed)

	h.Init(HashBytesMax, seed[:])
	h.Write([]byte("key"))
	h.Write(g.key[:])
	h.Sum(&g.key)

	h.Init(HashBytesMax, seed[:])
	h.Write([]byte("pool"))
	h.Sum(&next)
	g.pool.Init(HashBytesMax, next[:])
	clear(seed[:])
	clear(next[:])
}

func (Generator) String() string { return "early.Generator(redacted)" }

// GoString is String for %#v.
func (Generator) GoString() string { return "early.Generator(redacted)" }

func (Hash) String() string { return "early.Hash(redacted)" }

// GoString is String for %#v.
func (Hash) GoString() string { return "early.Hash(redacted)" }
