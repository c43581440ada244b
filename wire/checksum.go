package wire

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Checksum adds b to a sum of 16-bit words with end-around carry (RFC 1071). It returns the folded
// sum, not its complement: a header's field is ^Checksum(header, 0), and a header with the right
// field sums up to 0xffff. A last odd byte counts as the high half of a word, so only the last of
// several pieces may be of odd length.
func Checksum(b []byte, initial uint16) uint16 {
	// RFC 1071 §2 (B): the sum does not depend on byte order, so words are loaded as the machine
	// likes them, and the result is swapped once.
	sum, carry := uint64(bits.ReverseBytes16(initial)), uint64(0)
	for len(b) >= 64 {
		c := uint64(0)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[0:8]), carry)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[8:16]), c)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[16:24]), c)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[24:32]), c)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[32:40]), c)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[40:48]), c)
		sum, c = bits.Add64(sum, binary.LittleEndian.Uint64(b[48:56]), c)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[56:64]), c)
		b = b[64:]
	}
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b), carry)
		b = b[8:]
	}
	if len(b) >= 4 {
		sum, carry = bits.Add64(sum, uint64(binary.LittleEndian.Uint32(b)), carry)
		b = b[4:]
	}
	if len(b) >= 2 {
		sum, carry = bits.Add64(sum, uint64(binary.LittleEndian.Uint16(b)), carry)
		b = b[2:]
	}
	if len(b) == 1 {
		sum, carry = bits.Add64(sum, uint64(b[0]), carry)
	}
	return bits.ReverseBytes16(fold(sum, carry))
}

// fold adds up the four words of sum and the carry.
func fold(sum, carry uint64) uint16 {
	n := sum>>32 + sum&0xffffffff + carry
	n = n>>16 + n&0xffff
	n = n>>16 + n&0xffff
	n = n>>16 + n&0xffff
	return uint16(n)
}

// PseudoHeader returns the sum of the pseudo header of RFC 9293 §3.1 or RFC 8200 §8.1, to begin the
// sum of a transport segment of length bytes with. Both addresses are of one family.
func PseudoHeader(src, dst netip.Addr, p Protocol, length int) uint16 {
	tail := uint64(p) + uint64(length)
	if src.Is4() {
		s, d := src.As4(), dst.As4()
		return fold(tail+uint64(binary.BigEndian.Uint32(s[:]))+
			uint64(binary.BigEndian.Uint32(d[:])), 0)
	}
	s, d := src.As16(), dst.As16()
	sum, c := bits.Add64(binary.BigEndian.Uint64(s[:8]), binary.BigEndian.Uint64(s[8:]), 0)
	sum, c = bits.Add64(sum, binary.BigEndian.Uint64(d[:8]), c)
	sum, c = bits.Add64(sum, binary.BigEndian.Uint64(d[8:]), c)
	sum, c = bits.Add64(sum, tail, c)
	return fold(sum, c)
}
