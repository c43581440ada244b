package wire

import "encoding/binary"

// ICMPSize is the length of the fixed part of an ICMP message in bytes, for IPv4 and IPv6.
const ICMPSize = 8

// ICMPv4Type is the kind of an ICMP message.
type ICMPv4Type uint8

// The types of RFC 792 that Atoll knows.
const (
	ICMPv4EchoReply        ICMPv4Type = 0
	ICMPv4Unreachable      ICMPv4Type = 3
	ICMPv4SourceQuench     ICMPv4Type = 4 // never sent, and ignored (RFC 6633)
	ICMPv4Redirect         ICMPv4Type = 5 // ID and Seq hold the router's address
	ICMPv4Echo             ICMPv4Type = 8
	ICMPv4TimeExceeded     ICMPv4Type = 11
	ICMPv4ParameterProblem ICMPv4Type = 12
)

// Codes of ICMPv4Unreachable (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1).
const (
	UnreachableNet            = 0
	UnreachableHost           = 1
	UnreachableProtocol       = 2
	UnreachablePort           = 3
	UnreachableFragmentNeeded = 4
	UnreachableProhibited     = 13
)

// Codes of a Time Exceeded message, for IPv4 and IPv6.
const (
	ExceededTransit    = 0 // the hop limit ran out
	ExceededReassembly = 1 // fragments did not arrive in time
)

// ICMPv4 is a message of RFC 792. Which fields count depends on Type.
type ICMPv4 struct {
	Type    ICMPv4Type
	Code    uint8
	ID, Seq uint16 // echo, echo reply; the second word of all types without it
	MTU     uint16 // next hop's, with UnreachableFragmentNeeded (RFC 1191 §4); 0 is unknown
	Pointer uint8  // parameter problem: offset of the byte at fault
	Payload []byte // an echo's data; an error's quotation of the packet, for ParseQuoted
}

// IsError reports whether messages of this type quote a packet; no error is ever sent about one
// (RFC 1122 §3.2.2).
func (t ICMPv4Type) IsError() bool {
	switch t {
	case ICMPv4Unreachable, ICMPv4SourceQuench, ICMPv4Redirect, ICMPv4TimeExceeded,
		ICMPv4ParameterProblem:
		return true
	}
	return false
}

// ParseICMPv4 reads a message and verifies its checksum. Types that are not named here are read
// like an echo.
func ParseICMPv4(b []byte) (m ICMPv4, err error) {
	if len(b) < ICMPSize {
		return m, fail(LayerICMPv4, Truncated)
	}
	if Checksum(b, 0) != 0xffff {
		return m, fail(LayerICMPv4, BadChecksum)
	}
	m.Type, m.Code, m.Payload = ICMPv4Type(b[0]), b[1], b[ICMPSize:]
	switch m.Type {
	case ICMPv4Unreachable:
		if m.Code == UnreachableFragmentNeeded {
			m.MTU = binary.BigEndian.Uint16(b[6:8])
		}
	case ICMPv4ParameterProblem:
		m.Pointer = b[4]
	case ICMPv4TimeExceeded:
	default:
		m.ID, m.Seq = binary.BigEndian.Uint16(b[4:6]), binary.BigEndian.Uint16(b[6:8])
	}
	return m, nil
}

// Append writes the message and its checksum.
func (m *ICMPv4) Append(b []byte) []byte {
	start := len(b)
	b = append(b, byte(m.Type), m.Code, 0, 0)
	switch m.Type {
	case ICMPv4Unreachable:
		mtu := uint16(0)
		if m.Code == UnreachableFragmentNeeded {
			mtu = m.MTU
		}
		b = append(b, 0, 0, byte(mtu>>8), byte(mtu))
	case ICMPv4ParameterProblem:
		b = append(b, m.Pointer, 0, 0, 0)
	case ICMPv4TimeExceeded:
		b = append(b, 0, 0, 0, 0)
	default:
		b = append(b, byte(m.ID>>8), byte(m.ID), byte(m.Seq>>8), byte(m.Seq))
	}
	b = append(b, m.Payload...)
	binary.BigEndian.PutUint16(b[start+2:], ^Checksum(b[start:], 0))
	return b
}

// String returns "echo id 7 seq 1 (56)" or "unreachable port (10.0.0.1.53 > ...)".
func (m *ICMPv4) String() string {
	switch m.Type {
	case ICMPv4Echo:
		return describeEcho("echo", m.ID, m.Seq, m.Payload)
	case ICMPv4EchoReply:
		return describeEcho("echo-reply", m.ID, m.Seq, m.Payload)
	case ICMPv4Unreachable:
		s := "unreachable " + unreachableName4(m.Code)
		if m.Code == UnreachableFragmentNeeded {
			s += " mtu " + itoa(int(m.MTU))
		}
		return s + describeQuoted(m.Payload)
	case ICMPv4TimeExceeded:
		return "time-exceeded " + exceededName(m.Code) + describeQuoted(m.Payload)
	case ICMPv4ParameterProblem:
		return "parameter-problem code " + itoa(int(m.Code)) + " at " + itoa(int(m.Pointer)) +
			describeQuoted(m.Payload)
	}
	return "type " + itoa(int(m.Type)) + " code " + itoa(int(m.Code)) + describeLength(m.Payload)
}

func unreachableName4(code uint8) string {
	switch code {
	case UnreachableNet:
		return "net"
	case UnreachableHost:
		return "host"
	case UnreachableProtocol:
		return "protocol"
	case UnreachablePort:
		return "port"
	case UnreachableFragmentNeeded:
		return "fragmentation needed"
	case UnreachableProhibited:
		return "prohibited"
	}
	return "code " + itoa(int(code))
}

func exceededName(code uint8) string {
	switch code {
	case ExceededTransit:
		return "in transit"
	case ExceededReassembly:
		return "in reassembly"
	}
	return "code " + itoa(int(code))
}

func describeEcho(name string, id, seq uint16, data []byte) string {
	return name + " id " + itoa(int(id)) + " seq " + itoa(int(seq)) + describeLength(data)
}

func describeLength(b []byte) string { return " (" + itoa(len(b)) + ")" }
