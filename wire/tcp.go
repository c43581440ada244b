package wire

import "encoding/binary"

// TCP sizes in bytes.
const (
	TCPSize       = 20 // header without options
	TCPOptionsMax = 40 // RFC 9293 §3.1: the header is at most 15 words
)

// SACKBlocksMax is how many SACK blocks fit into a header (RFC 2018 §3).
const SACKBlocksMax = 4

// WindowScaleMax is the largest shift count; RFC 7323 §2.3: a larger one is used as 14.
const WindowScaleMax = 14

// TCPFlags are the control bits of RFC 9293 §3.1.
type TCPFlags uint8

// The control bits.
const (
	FIN TCPFlags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// SACKBlock is data received out of order: sequence numbers [Left, Right) (RFC 2018 §3).
type SACKBlock struct{ Left, Right uint32 }

// TCP is a header of RFC 9293 §3.1 with the options that Atoll speaks. It has no pointers and is
// comparable.
type TCP struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            TCPFlags
	Window           uint16 // as sent, not scaled
	Urgent           uint16

	MSS            uint16 // bytes; 0 is absent
	HasWindowScale bool
	WindowScale    uint8 // shift count, at most WindowScaleMax
	SACKPermitted  bool
	HasTimestamps  bool // RFC 7323 §3
	TSVal, TSEcr   uint32
	SACK           [SACKBlocksMax]SACKBlock
	SACKCount      int // how many of SACK are there
}

// ParseTCP reads a segment into *h, all of it, and returns its payload. Unknown options are
// skipped; an option with an impossible length is BadOption, since nothing behind it can be
// trusted. After an error *h is undefined. The checksum is for [VerifyChecksum].
func ParseTCP(b []byte, h *TCP) (payload []byte, err error) {
	if len(b) < TCPSize {
		return nil, fail(LayerTCP, Truncated)
	}
	size := int(b[12]>>4) * 4
	if size < TCPSize {
		return nil, fail(LayerTCP, BadLength)
	}
	if size > len(b) {
		return nil, fail(LayerTCP, Truncated)
	}
	*h = TCP{
		SrcPort: binary.BigEndian.Uint16(b[0:2]),
		DstPort: binary.BigEndian.Uint16(b[2:4]),
		Seq:     binary.BigEndian.Uint32(b[4:8]),
		Ack:     binary.BigEndian.Uint32(b[8:12]),
		Flags:   TCPFlags(b[13]),
		Window:  binary.BigEndian.Uint16(b[14:16]),
		Urgent:  binary.BigEndian.Uint16(b[18:20]),
	}
	if size > TCPSize && !h.readOptions(b[TCPSize:size]) {
		return nil, fail(LayerTCP, BadOption)
	}
	return b[size:], nil
}

// Size returns the length of the header in bytes with its options, a multiple of 4.
func (h *TCP) Size() int {
	n := h.fixedOptionsSize()
	if blocks := h.sackBlocks(n); blocks > 0 {
		n += 4 + 8*blocks
	}
	return TCPSize + n
}

// Append writes the header. The checksum field is 0: see [SetChecksum]. The options stand as other
// systems send them, aligned by NOPs. SACK blocks that do not fit are left out, the last first, as
// RFC 2018 §3 has it.
func (h *TCP) Append(b []byte) []byte {
	size := h.Size()
	b = append(b, byte(h.SrcPort>>8), byte(h.SrcPort), byte(h.DstPort>>8), byte(h.DstPort),
		byte(h.Seq>>24), byte(h.Seq>>16), byte(h.Seq>>8), byte(h.Seq),
		byte(h.Ack>>24), byte(h.Ack>>16), byte(h.Ack>>8), byte(h.Ack),
		byte(size/4)<<4, byte(h.Flags), byte(h.Window>>8), byte(h.Window),
		0, 0, byte(h.Urgent>>8), byte(h.Urgent))
	if size > TCPSize {
		b = h.appendOptions(b)
	}
	return b
}
