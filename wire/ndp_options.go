package wire

import (
	"encoding/binary"
	"net/netip"
)

// NDPOptionsMax is how many options of one message are read. A packet of 1500 bytes has room for
// 180; no router sends that many.
const NDPOptionsMax = 64

// Option types of RFC 4861 §4.6 and RFC 8106 §5.1.
const (
	optionSourceMAC  = 1
	optionTargetMAC  = 2
	optionPrefix     = 3
	optionRedirected = 4
	optionMTU        = 5
	optionRDNSS      = 25
)

// ndpOptions are the options of one message. Of an option that stands there twice the last counts,
// except those that are lists.
type ndpOptions struct {
	sourceMAC, targetMAC MAC
	mtu                  uint32
	prefixes             []PrefixInformation
	dns                  []RecursiveDNS
	redirected           []byte
}

// read takes all options of a message. RFC 4861 §4.6: one of length 0 makes the whole message
// invalid; unknown ones are skipped.
func (o *ndpOptions) read(b []byte) error {
	for count := 0; len(b) > 0; count++ {
		if count == NDPOptionsMax {
			return fail(LayerNDP, TooMany)
		}
		if len(b) < 8 {
			return fail(LayerNDP, Truncated)
		}
		n := 8 * int(b[1])
		if n == 0 {
			return fail(LayerNDP, BadOption)
		}
		if n > len(b) {
			return fail(LayerNDP, Truncated)
		}
		if !o.readOne(b[0], b[:n]) {
			return fail(LayerNDP, BadOption)
		}
		b = b[n:]
	}
	return nil
}

// readOne takes one whole option, type and length byte included.
func (o *ndpOptions) readOne(kind byte, b []byte) bool {
	switch kind {
	case optionSourceMAC:
		o.sourceMAC = MAC(b[2:8])
		return len(b) == 8
	case optionTargetMAC:
		o.targetMAC = MAC(b[2:8])
		return len(b) == 8
	case optionMTU:
		o.mtu = binary.BigEndian.Uint32(b[4:8])
		return len(b) == 8
	case optionPrefix:
		if len(b) != 32 || b[2] > 128 {
			return false
		}
		// RFC 4861 §4.6.2: the bits behind the prefix MUST be ignored.
		prefix := netip.PrefixFrom(netip.AddrFrom16([16]byte(b[16:32])), int(b[2])).Masked()
		o.prefixes = append(o.prefixes, PrefixInformation{
			Prefix:            prefix,
			OnLink:            b[3]&0x80 != 0,
			Autonomous:        b[3]&0x40 != 0,
			ValidLifetime:     binary.BigEndian.Uint32(b[4:8]),
			PreferredLifetime: binary.BigEndian.Uint32(b[8:12]),
		})
	case optionRDNSS:
		if len(b) < 24 || len(b)%16 != 8 {
			return false
		}
		d := RecursiveDNS{Lifetime: binary.BigEndian.Uint32(b[4:8])}
		for a := b[8:]; len(a) > 0; a = a[16:] {
			d.Servers = append(d.Servers, netip.AddrFrom16([16]byte(a[:16])))
		}
		o.dns = append(o.dns, d)
	case optionRedirected:
		o.redirected = b[8:]
	}
	return true
}

// appendMAC writes a link-layer address option, unless m is zero.
func appendMAC(b []byte, kind byte, m MAC) []byte {
	if m == (MAC{}) {
		return b
	}
	return append(append(b, kind, 1), m[:]...)
}

func (p *PrefixInformation) append(b []byte) []byte {
	flags := byte(0)
	if p.OnLink {
		flags |= 0x80
	}
	if p.Autonomous {
		flags |= 0x40
	}
	prefix := p.Prefix.Masked().Addr().As16()
	b = append(b, optionPrefix, 4, byte(p.Prefix.Bits()), flags)
	b = binary.BigEndian.AppendUint32(b, p.ValidLifetime)
	b = binary.BigEndian.AppendUint32(b, p.PreferredLifetime)
	b = append(b, 0, 0, 0, 0)
	return append(b, prefix[:]...)
}

func (d *RecursiveDNS) append(b []byte) []byte {
	if len(d.Servers) == 0 || len(d.Servers) > 127 {
		panic("wire: BUG: an RDNSS option with an impossible number of servers")
	}
	b = append(b, optionRDNSS, byte(1+2*len(d.Servers)), 0, 0)
	b = binary.BigEndian.AppendUint32(b, d.Lifetime)
	for _, s := range d.Servers {
		a := s.As16()
		b = append(b, a[:]...)
	}
	return b
}
