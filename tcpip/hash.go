package tcpip

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/atoll-os/atoll/wire"
)

// sipKey is the key of a SipHash-2-4 (Aumasson and Bernstein, 2012), a hash that nobody can aim at
// without the key. It names sockets, places them in tables, and makes what RFC 6528 and RFC 6056
// want from a pseudorandom function.
type sipKey struct{ k0, k1 uint64 }

// deriveKey returns the key of one purpose, so that no purpose tells anything about another.
func deriveKey(secret [32]byte, purpose string) sipKey {
	sum := sha256.Sum256(append(secret[:], purpose...))
	return sipKey{binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])}
}

// sum hashes the words as a message of 8 bytes each.
func (k sipKey) sum(words ...uint64) uint64 {
	v0, v1 := k.k0^0x736f6d6570736575, k.k1^0x646f72616e646f6d
	v2, v3 := k.k0^0x6c7967656e657261, k.k1^0x7465646279746573
	for _, m := range words {
		v3 ^= m
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= m
	}
	last := uint64(len(words)*8) << 56
	v3 ^= last
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	for range 4 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v2 += v3
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v1
	v0 += v3
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}

// tuple hashes what names a socket. Two interfaces may have the same link-local addresses; scope is
// 1 + the interface's index for those, 0 for all others.
func (k sipKey) tuple(p wire.Protocol, local, remote netip.AddrPort, scope int) uint64 {
	ports := uint64(local.Port())<<48 | uint64(remote.Port())<<32 | uint64(scope)<<8 | uint64(p)
	a, b := local.Addr(), remote.Addr()
	if a.Is4() && (b.Is4() || !b.IsValid()) {
		x := a.As4()
		var y [4]byte
		if b.IsValid() {
			y = b.As4()
		}
		return k.sum(uint64(binary.BigEndian.Uint32(x[:]))<<32|
			uint64(binary.BigEndian.Uint32(y[:])), ports)
	}
	x, y := as16(a), as16(b)
	return k.sum(binary.BigEndian.Uint64(x[:8]), binary.BigEndian.Uint64(x[8:]),
		binary.BigEndian.Uint64(y[:8]), binary.BigEndian.Uint64(y[8:]), ports)
}

// as16 is Addr.As16 that takes no address for the unspecified one.
func as16(a netip.Addr) (b [16]byte) {
	if a.IsValid() {
		b = a.As16()
	}
	return b
}
