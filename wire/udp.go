package wire

import "encoding/binary"

// UDP sizes in bytes.
const (
	UDPSize       = 8
	UDPPayloadMax = 65535 - UDPSize
)

// UDP is the header of RFC 768.
type UDP struct{ SrcPort, DstPort uint16 }

// ParseUDP reads a datagram; the payload is cut to its length field. The checksum is for
// [VerifyChecksum].
func ParseUDP(b []byte) (h UDP, payload []byte, err error) {
	if len(b) < UDPSize {
		return h, nil, fail(LayerUDP, Truncated)
	}
	h.SrcPort = binary.BigEndian.Uint16(b[0:2])
	h.DstPort = binary.BigEndian.Uint16(b[2:4])
	n := int(binary.BigEndian.Uint16(b[4:6]))
	if n < UDPSize {
		return h, nil, fail(LayerUDP, BadLength)
	}
	if n > len(b) {
		return h, nil, fail(LayerUDP, Truncated)
	}
	return h, b[UDPSize:n], nil
}

// Append writes the header of a datagram with payloadLen bytes behind it. The checksum field is 0:
// see [SetChecksum].
func (h *UDP) Append(b []byte, payloadLen int) []byte {
	if payloadLen < 0 || payloadLen > UDPPayloadMax {
		panic("wire: BUG: impossible UDP length")
	}
	n := UDPSize + payloadLen
	return append(b, byte(h.SrcPort>>8), byte(h.SrcPort), byte(h.DstPort>>8), byte(h.DstPort),
		byte(n>>8), byte(n), 0, 0)
}
