package wire

import "strconv"

const flagLetters = "FSRP.UEW"

// String returns the letters of packetdrill and tcpdump, "S." for SYN and ACK; "none" without any.
func (f TCPFlags) String() string {
	if f == 0 {
		return "none"
	}
	return string(f.append(nil))
}

func (f TCPFlags) append(b []byte) []byte {
	for i := range len(flagLetters) {
		if f&(1<<i) != 0 {
			b = append(b, flagLetters[i])
		}
	}
	return b
}

// String returns the header without its ports, as Describe does for a segment without payload.
func (h *TCP) String() string { return h.Describe(0) }

// Describe returns the header of a segment with payloadLen bytes, without its ports, in the
// notation of packetdrill: "P. 101:201(100) ack 301 win 65535 <TS val 7 ecr 3>". An empty segment
// without flags has "none" for flags.
func (h *TCP) Describe(payloadLen int) string {
	return string(h.describe(make([]byte, 0, 128), payloadLen))
}

func (h *TCP) describe(b []byte, payloadLen int) []byte {
	b = append(b, h.Flags.String()...)
	b = appendUint(append(b, ' '), h.Seq)
	b = appendUint(append(b, ':'), h.Seq+uint32(payloadLen))
	b = strconv.AppendInt(append(b, '('), int64(payloadLen), 10)
	b = append(b, ')')
	if h.Flags&ACK != 0 {
		b = appendUint(append(b, " ack "...), h.Ack)
	}
	b = appendUint(append(b, " win "...), uint32(h.Window))
	if h.Flags&URG != 0 {
		b = appendUint(append(b, " urg "...), uint32(h.Urgent))
	}
	return h.describeOptions(b)
}

func (h *TCP) describeOptions(b []byte) []byte {
	start := len(b)
	if h.MSS != 0 {
		b = appendUint(append(b, ",mss "...), uint32(h.MSS))
	}
	if h.SACKPermitted {
		b = append(b, ",sackOK"...)
	}
	if h.HasTimestamps {
		b = appendUint(append(b, ",TS val "...), h.TSVal)
		b = appendUint(append(b, " ecr "...), h.TSEcr)
	}
	if h.HasWindowScale {
		b = appendUint(append(b, ",wscale "...), uint32(h.WindowScale))
	}
	for i, s := range h.SACK[:h.SACKCount] {
		if i == 0 {
			b = append(b, ",sack"...)
		}
		b = appendUint(append(b, ' '), s.Left)
		b = appendUint(append(b, ':'), s.Right)
	}
	if len(b) == start {
		return b
	}
	// The first comma becomes the opening bracket, with a space before it.
	b = append(b, 0)
	copy(b[start+1:], b[start:])
	b[start], b[start+1] = ' ', '<'
	return append(b, '>')
}

func appendUint(b []byte, n uint32) []byte { return strconv.AppendUint(b, uint64(n), 10) }
