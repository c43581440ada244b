package wire

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// referenceSum is RFC 1071 §4.1 word by word.
func referenceSum(b []byte, initial uint16) uint16 {
	sum := uint32(initial)
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		sum += word
		for sum > 0xffff {
			sum = sum&0xffff + sum>>16
		}
	}
	return uint16(sum)
}

func TestChecksum(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 70_000)).Draw(r, "length")
		skip := rapid.IntRange(0, 9).Draw(r, "alignment")
		fill := rapid.SampledFrom([]string{"ones", "zeros", "mixed"}).Draw(r, "fill")
		x := rapid.Uint64().Draw(r, "bytes")
		initial := rapid.Uint16().Draw(r, "initial")
		b := make([]byte, skip+n)[skip:]
		for i := range b {
			x = x*6364136223846793005 + 1442695040888963407
			switch fill {
			case "ones":
				b[i] = 0xff
			case "mixed":
				b[i] = byte(x >> 56)
			}
		}
		if got, want := Checksum(b, initial), referenceSum(b, initial); got != want {
			r.Errorf("sum %#x, the reference has %#x", got, want)
		}
		cut := rapid.IntRange(0, n/2).Draw(r, "cut") * 2
		whole := Checksum(b, initial)
		if got := Checksum(b[cut:], Checksum(b[:cut], initial)); got != whole {
			r.Errorf("in two pieces the sum is %#x, in one %#x", got, whole)
		}
	})
}

// TestChecksumExample is the worked example of RFC 1071 §3.
func TestChecksumExample(t *testing.T) {
	b := []byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}
	if got := Checksum(b, 0); got != 0xddf2 {
		t.Errorf("sum %#x, RFC 1071 §3 has ddf2", got)
	}
}

func TestPseudoHeader(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := Protocol(rapid.Uint8().Draw(r, "protocol"))
		length := rapid.IntRange(0, 70_000).Draw(r, "length")
		s := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "src"))
		d := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "dst"))
		// RFC 8200 §8.1: addresses, length in four bytes, three zeros, next header.
		b := append(append([]byte{}, s[:]...), d[:]...)
		b = append(b, 0, byte(length>>16), byte(length>>8), byte(length), 0, 0, 0, byte(p))
		got := PseudoHeader(netip.AddrFrom16(s), netip.AddrFrom16(d), p, length)
		if want := referenceSum(b, 0); got != want {
			r.Errorf("IPv6: sum %#x, the reference has %#x", got, want)
		}
		// RFC 9293 §3.1: addresses, zero, protocol, length in two bytes.
		length &= 0xffff
		b = append(append([]byte{}, s[:4]...), d[:4]...)
		b = append(b, 0, byte(p), byte(length>>8), byte(length))
		src, dst := netip.AddrFrom4([4]byte(s[:])), netip.AddrFrom4([4]byte(d[:]))
		got = PseudoHeader(src, dst, p, length)
		if want := referenceSum(b, 0); got != want {
			r.Errorf("IPv4: sum %#x, the reference has %#x", got, want)
		}
	})
}

// TestTransportChecksum: what SetChecksum writes, VerifyChecksum accepts, and not after any bit has
// flipped.
func TestTransportChecksum(t *testing.T) {
	v6 := netip.MustParseAddr("2001:db8::1")
	protocols := []Protocol{ProtoTCP, ProtoUDP, ProtoICMP, ProtoICMPv6}
	rapid.Check(t, func(r *rapid.T) {
		p := rapid.SampledFrom(protocols).Draw(r, "protocol")
		src, dst := benchSrc, benchDst
		if rapid.Bool().Draw(r, "IPv6") {
			src, dst = v6, netip.MustParseAddr("2001:db8::2")
		}
		b := rapid.SliceOfN(rapid.Byte(), 20, 100).Draw(r, "segment")
		if p == ProtoUDP {
			b[4], b[5] = 0, byte(len(b))
		}
		SetChecksum(p, src, dst, b)
		if !VerifyChecksum(p, src, dst, b) {
			r.Fatalf("%v: the checksum just set is refused: %x", p, b)
		}
		if p == ProtoUDP && b[6] == 0 && b[7] == 0 {
			r.Fatalf("udp: a checksum of 0 means none, RFC 768 has ffff instead: %x", b)
		}
		bit := rapid.IntRange(0, len(b)*8-1).Draw(r, "bit")
		if p == ProtoUDP && bit/8 >= 4 && bit/8 < 6 {
			return // another length is another datagram
		}
		b[bit/8] ^= 0x80 >> (bit % 8)
		absent := p == ProtoUDP && src.Is4() && b[6] == 0 && b[7] == 0
		if VerifyChecksum(p, src, dst, b) && !absent {
			r.Errorf("%v: bit %d flipped and nobody noticed: %x", p, bit, b)
		}
	})
}

func TestTransportChecksumEdges(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5}
	SetChecksum(ProtoTCP, benchSrc, benchDst, b)
	SetChecksum(99, benchSrc, benchDst, b)
	if string(b) != "\x01\x02\x03\x04\x05" {
		t.Errorf("a segment without the field was written to: %x", b)
	}
	if VerifyChecksum(ProtoTCP, benchSrc, benchDst, b) {
		t.Error("a TCP segment of 5 bytes has no checksum that could be right")
	}
	if !VerifyChecksum(99, benchSrc, benchDst, b) {
		t.Error("a protocol without a checksum that we know cannot be wrong")
	}
	short := []byte{0, 1, 0, 2, 0, 9, 0}
	if VerifyChecksum(ProtoUDP, benchSrc, benchDst, short) {
		t.Error("a UDP segment of 7 bytes has no checksum that could be right")
	}
}
