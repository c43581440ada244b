package wire

import "encoding/binary"

// ICMPv6Type is the kind of an ICMPv6 message. Types below 128 are errors (RFC 4443 §2.1).
type ICMPv6Type uint8

// The types of RFC 4443 and RFC 4861 that Atoll speaks.
const (
	ICMPv6Unreachable           ICMPv6Type = 1
	ICMPv6PacketTooBig          ICMPv6Type = 2
	ICMPv6TimeExceeded          ICMPv6Type = 3
	ICMPv6ParameterProblem      ICMPv6Type = 4
	ICMPv6Echo                  ICMPv6Type = 128
	ICMPv6EchoReply             ICMPv6Type = 129
	ICMPv6RouterSolicitation    ICMPv6Type = 133
	ICMPv6RouterAdvertisement   ICMPv6Type = 134
	ICMPv6NeighborSolicitation  ICMPv6Type = 135
	ICMPv6NeighborAdvertisement ICMPv6Type = 136
	ICMPv6Redirect              ICMPv6Type = 137
)

// Codes of ICMPv6Unreachable (RFC 4443 §3.1).
const (
	Unreachable6NoRoute    = 0
	Unreachable6Prohibited = 1
	Unreachable6Scope      = 2
	Unreachable6Address    = 3
	Unreachable6Port       = 4
)

// IsError reports whether messages of this type quote a packet; no error is ever sent about one
// (RFC 4443 §2.4 e).
func (t ICMPv6Type) IsError() bool { return t < 128 }

// IsNDP reports whether messages of this type belong to neighbour discovery: functions and
// structs of their own read them.
func (t ICMPv6Type) IsNDP() bool {
	return t >= ICMPv6RouterSolicitation && t <= ICMPv6Redirect
}

// ICMPv6 is a message of RFC 4443. Which fields count depends on Type.
type ICMPv6 struct {
	Type    ICMPv6Type
	Code    uint8
	ID, Seq uint16 // echo, echo reply, and the raw second word of types not named here
	MTU     uint32 // packet too big: next hop's
	Pointer uint32 // parameter problem: offset of the byte at fault
	Payload []byte // an echo's data; an error's quotation of the packet, for ParseQuoted
}

// ParseICMPv6 reads a message; the checksum is for [VerifyChecksum]. Types that are not named here
// are read like an echo; those of neighbour discovery have structs of their own.
func ParseICMPv6(b []byte) (m ICMPv6, err error) {
	if len(b) < ICMPSize {
		return m, fail(LayerICMPv6, Truncated)
	}
	m.Type, m.Code, m.Payload = ICMPv6Type(b[0]), b[1], b[ICMPSize:]
	word := binary.BigEndian.Uint32(b[4:8])
	switch m.Type {
	case ICMPv6PacketTooBig:
		m.MTU = word
	case ICMPv6ParameterProblem:
		m.Pointer = word
	case ICMPv6Unreachable, ICMPv6TimeExceeded:
	default:
		m.ID, m.Seq = uint16(word>>16), uint16(word)
	}
	return m, nil
}

// Append writes the message. The checksum field is 0: see [SetChecksum].
func (m *ICMPv6) Append(b []byte) []byte {
	word := uint32(0)
	switch m.Type {
	case ICMPv6PacketTooBig:
		word = m.MTU
	case ICMPv6ParameterProblem:
		word = m.Pointer
	case ICMPv6Unreachable, ICMPv6TimeExceeded:
	default:
		word = uint32(m.ID)<<16 | uint32(m.Seq)
	}
	b = binary.BigEndian.AppendUint32(append(b, byte(m.Type), m.Code, 0, 0), word)
	return append(b, m.Payload...)
}

// String returns "echo id 7 seq 1 (56)" or "packet-too-big mtu 1280 (2001:db8::1 > ...)".
func (m *ICMPv6) String() string {
	switch m.Type {
	case ICMPv6Echo:
		return describeEcho("echo", m.ID, m.Seq, m.Payload)
	case ICMPv6EchoReply:
		return describeEcho("echo-reply", m.ID, m.Seq, m.Payload)
	case ICMPv6Unreachable:
		return "unreachable " + unreachableName6(m.Code) + describeQuoted(m.Payload)
	case ICMPv6PacketTooBig:
		return "packet-too-big mtu " + itoa(int(m.MTU)) + describeQuoted(m.Payload)
	case ICMPv6TimeExceeded:
		return "time-exceeded " + exceededName(m.Code) + describeQuoted(m.Payload)
	case ICMPv6ParameterProblem:
		return "parameter-problem " + problemName(m.Code) + " at " + itoa(int(m.Pointer)) +
			describeQuoted(m.Payload)
	}
	return "type " + itoa(int(m.Type)) + " code " + itoa(int(m.Code)) + describeLength(m.Payload)
}

func unreachableName6(code uint8) string {
	switch code {
	case Unreachable6NoRoute:
		return "no route"
	case Unreachable6Prohibited:
		return "prohibited"
	case Unreachable6Scope:
		return "beyond scope"
	case Unreachable6Address:
		return "address"
	case Unreachable6Port:
		return "port"
	}
	return "code " + itoa(int(code))
}

func problemName(code uint8) string {
	switch code {
	case ProblemField:
		return "field"
	case ProblemNext:
		return "next header"
	case ProblemOption:
		return "option"
	}
	return "code " + itoa(int(code))
}
