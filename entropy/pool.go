package entropy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// seedBytes is the length of what the pool gives: the output of SHA-256.
const seedBytes = sha256.Size

// pool conditions raw symbols: SHA-256 over all that came in since the last extraction, behind a
// key that the extraction before left. SHA-256 is a vetted conditioning function (SP 800-90B
// §3.1.5.1.1), and with SHA instructions the cheapest one.
type pool struct {
	hash  hash.Hash
	bytes uint64 // of symbols, since the last extraction
	head  [8]byte
}

func newPool() *pool {
	p := &pool{hash: sha256.New()}
	p.hash.Write([]byte("atoll entropy pool"))
	return p
}

// mix adds what a source delivered. Source and length stand before it, so that two sources cannot
// pass for one.
func (p *pool) mix(source int, data []byte) {
	binary.LittleEndian.PutUint32(p.head[:4], uint32(source))
	binary.LittleEndian.PutUint32(p.head[4:], uint32(len(data)))
	p.hash.Write(p.head[:])
	p.hash.Write(data)
	p.bytes += uint64(len(data))
}

// extract puts into seed what the pool holds and begins anew, keyed with it. Who sees the pool
// later learns nothing about the seed, and the other way round.
func (p *pool) extract(seed *[seedBytes]byte) {
	var digest, next [seedBytes]byte
	p.hash.Sum(digest[:0])
	expand(&digest, "seed", seed)
	expand(&digest, "next", &next)
	p.hash.Reset()
	p.hash.Write(next[:])
	p.bytes = 0
	clear(digest[:])
	clear(next[:])
}

// expand derives a secret for one purpose (HMAC as a pseudo-random function, RFC 2104).
func expand(key *[seedBytes]byte, purpose string, out *[seedBytes]byte) {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(purpose))
	mac.Sum(out[:0])
}
