package wire

import "encoding/binary"

// Option kinds: RFC 9293 §3.1, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3.
const (
	optionEnd           = 0
	optionNOP           = 1
	optionMSS           = 2
	optionWindowScale   = 3
	optionSACKPermitted = 4
	optionSACK          = 5
	optionTimestamps    = 8
)

// timestampsAlone is how nearly every segment begins its options: NOP, NOP, Timestamps of length 10
// (RFC 7323 appendix A).
const timestampsAlone = optionNOP<<24 | optionNOP<<16 | optionTimestamps<<8 | 10

// readOptions reports whether all options are well formed.
func (h *TCP) readOptions(o []byte) bool {
	if len(o) >= 12 && binary.BigEndian.Uint32(o) == timestampsAlone {
		h.HasTimestamps = true
		h.TSVal = binary.BigEndian.Uint32(o[4:8])
		h.TSEcr = binary.BigEndian.Uint32(o[8:12])
		o = o[12:]
	}
	for len(o) > 0 {
		switch o[0] {
		case optionEnd:
			return true // RFC 9293 §3.1: what follows is padding
		case optionNOP:
			o = o[1:]
			continue
		}
		if len(o) < 2 {
			return false
		}
		n := int(o[1])
		if n < 2 || n > len(o) || !h.readOption(o[0], o[2:n]) {
			return false
		}
		o = o[n:]
	}
	return true
}

func (h *TCP) readOption(kind byte, v []byte) bool {
	switch kind {
	case optionMSS:
		if len(v) != 2 {
			return false
		}
		h.MSS = binary.BigEndian.Uint16(v)
	case optionWindowScale:
		if len(v) != 1 {
			return false
		}
		h.HasWindowScale = true
		h.WindowScale = min(v[0], WindowScaleMax)
	case optionSACKPermitted:
		if len(v) != 0 {
			return false
		}
		h.SACKPermitted = true
	case optionTimestamps:
		if len(v) != 8 {
			return false
		}
		h.HasTimestamps = true
		h.TSVal = binary.BigEndian.Uint32(v[0:4])
		h.TSEcr = binary.BigEndian.Uint32(v[4:8])
	case optionSACK:
		n := len(v) / 8
		if n == 0 || n > SACKBlocksMax || len(v)%8 != 0 {
			return false
		}
		h.SACK, h.SACKCount = [SACKBlocksMax]SACKBlock{}, n
		for i := range n {
			h.SACK[i].Left = binary.BigEndian.Uint32(v[8*i:])
			h.SACK[i].Right = binary.BigEndian.Uint32(v[8*i+4:])
		}
	}
	return true
}

// fixedOptionsSize is the length of all options but SACK, padded.
func (h *TCP) fixedOptionsSize() int {
	n := 0
	if h.MSS != 0 {
		n += 4
	}
	if h.HasTimestamps {
		n += 12 // NOP NOP, or SACK-permitted, before it
	} else if h.SACKPermitted {
		n += 4
	}
	if h.HasWindowScale {
		n += 4
	}
	return n
}

// sackBlocks is how many blocks fit beside n bytes of other options.
func (h *TCP) sackBlocks(n int) int {
	if h.SACKCount == 0 {
		return 0
	}
	return min(h.SACKCount, (TCPOptionsMax-4-n)/8)
}

func (h *TCP) appendOptions(b []byte) []byte {
	if h.MSS != 0 {
		b = append(b, optionMSS, 4, byte(h.MSS>>8), byte(h.MSS))
	}
	if h.HasTimestamps {
		if h.SACKPermitted {
			b = append(b, optionSACKPermitted, 2, optionTimestamps, 10)
		} else {
			b = append(b, optionNOP, optionNOP, optionTimestamps, 10)
		}
		b = binary.BigEndian.AppendUint32(b, h.TSVal)
		b = binary.BigEndian.AppendUint32(b, h.TSEcr)
	} else if h.SACKPermitted {
		b = append(b, optionNOP, optionNOP, optionSACKPermitted, 2)
	}
	if h.HasWindowScale {
		b = append(b, optionNOP, optionWindowScale, 3, min(h.WindowScale, WindowScaleMax))
	}
	n := h.sackBlocks(h.fixedOptionsSize())
	if n == 0 {
		return b
	}
	b = append(b, optionNOP, optionNOP, optionSACK, byte(2+8*n))
	for _, s := range h.SACK[:n] {
		b = binary.BigEndian.AppendUint32(b, s.Left)
		b = binary.BigEndian.AppendUint32(b, s.Right)
	}
	return b
}
