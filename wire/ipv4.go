package wire

import (
	"encoding/binary"
	"net/netip"
)

// IPv4 sizes in bytes.
const (
	IPv4Size       = 20    // header without options
	IPv4OptionsMax = 40    // RFC 791 §3.1: the header is at most 15 words
	IPv4PacketMax  = 65535 // header and payload
)

// IPv4 is the header of RFC 791.
type IPv4 struct {
	TOS            uint8 // DSCP and ECN (RFC 2474, 3168)
	ID             uint16
	DontFragment   bool
	MoreFragments  bool
	FragmentOffset int // bytes, a multiple of 8
	TTL            uint8
	Protocol       Protocol
	Src, Dst       netip.Addr
	Options        []byte // raw; Append pads them to a multiple of 4 with End of Option List
}

const (
	ipv4DontFragment  = 0x4000
	ipv4MoreFragments = 0x2000
	ipv4OffsetMask    = 0x1fff
)

// ParseIPv4 reads a header and verifies its checksum. The payload is cut to the total length, so
// that Ethernet padding is gone.
func ParseIPv4(b []byte) (h IPv4, payload []byte, err error) {
	size, total, err := ipv4Lengths(b)
	if err != nil {
		return h, nil, err
	}
	if total > len(b) {
		return h, nil, fail(LayerIPv4, Truncated)
	}
	if Checksum(b[:size], 0) != 0xffff {
		return h, nil, fail(LayerIPv4, BadChecksum)
	}
	h.read(b, size)
	payload = b[size:total]
	// A fragment that would end behind the largest packet can never be part of one.
	if h.FragmentOffset+len(payload) > IPv4PacketMax {
		return h, nil, fail(LayerIPv4, BadLength)
	}
	return h, payload, nil
}

// ipv4Lengths checks the version and returns the lengths of the header, which is all there, and of
// the packet, which need not be.
func ipv4Lengths(b []byte) (size, total int, err error) {
	if len(b) < IPv4Size {
		return 0, 0, fail(LayerIPv4, Truncated)
	}
	if b[0]>>4 != 4 {
		return 0, 0, fail(LayerIPv4, BadVersion)
	}
	size = int(b[0]&15) * 4
	total = int(binary.BigEndian.Uint16(b[2:4]))
	if size < IPv4Size || total < size {
		return 0, 0, fail(LayerIPv4, BadLength)
	}
	if size > len(b) {
		return 0, 0, fail(LayerIPv4, Truncated)
	}
	return size, total, nil
}

func (h *IPv4) read(b []byte, size int) {
	_ = b[IPv4Size-1]
	h.TOS = b[1]
	h.ID = binary.BigEndian.Uint16(b[4:6])
	fragment := binary.BigEndian.Uint16(b[6:8])
	h.DontFragment = fragment&ipv4DontFragment != 0
	h.MoreFragments = fragment&ipv4MoreFragments != 0
	h.FragmentOffset = int(fragment&ipv4OffsetMask) * 8
	h.TTL = b[8]
	h.Protocol = Protocol(b[9])
	h.Src = netip.AddrFrom4([4]byte(b[12:16]))
	h.Dst = netip.AddrFrom4([4]byte(b[16:20]))
	if size > IPv4Size {
		h.Options = b[IPv4Size:size]
	}
}

// Size returns the length of the header in bytes, options included.
func (h *IPv4) Size() int { return IPv4Size + (len(h.Options)+3)&^3 }

// Append writes the header of a packet with payloadLen bytes behind it, and its checksum.
func (h *IPv4) Append(b []byte, payloadLen int) []byte {
	size := h.Size()
	if len(h.Options) > IPv4OptionsMax || payloadLen < 0 ||
		size+payloadLen > IPv4PacketMax ||
		h.FragmentOffset&7 != 0 || uint(h.FragmentOffset) > ipv4OffsetMask*8 {
		panic("wire: BUG: impossible IPv4 lengths")
	}
	fragment := uint16(h.FragmentOffset / 8)
	if h.DontFragment {
		fragment |= ipv4DontFragment
	}
	if h.MoreFragments {
		fragment |= ipv4MoreFragments
	}
	src, dst := h.Src.As4(), h.Dst.As4()
	start := len(b)
	b = append(b, 4<<4|byte(size/4), h.TOS, byte((size+payloadLen)>>8), byte(size+payloadLen),
		byte(h.ID>>8), byte(h.ID), byte(fragment>>8), byte(fragment),
		h.TTL, byte(h.Protocol), 0, 0,
		src[0], src[1], src[2], src[3], dst[0], dst[1], dst[2], dst[3])
	if size > IPv4Size {
		b = append(b, h.Options...)
		for len(b) < start+size {
			b = append(b, 0)
		}
	}
	binary.BigEndian.PutUint16(b[start+10:], ^Checksum(b[start:], 0))
	return b
}
