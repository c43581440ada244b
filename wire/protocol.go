package wire

import "strconv"

// Protocol is the number in the Protocol field of IPv4 and the Next Header fields of IPv6.
type Protocol uint8

// Protocol numbers, from the registry of RFC 7045 §4 for the extension headers.
const (
	ProtoHopByHop    Protocol = 0 // IPv6 hop-by-hop options
	ProtoICMP        Protocol = 1
	ProtoTCP         Protocol = 6
	ProtoUDP         Protocol = 17
	ProtoRouting     Protocol = 43 // IPv6 routing header
	ProtoFragment    Protocol = 44 // IPv6 fragment header
	ProtoICMPv6      Protocol = 58
	ProtoNoNext      Protocol = 59 // nothing follows
	ProtoDestination Protocol = 60 // IPv6 destination options
)

// String returns the protocol's name, or "protocol 99".
func (p Protocol) String() string {
	switch p {
	case ProtoHopByHop:
		return "hop-by-hop"
	case ProtoICMP:
		return "icmp"
	case ProtoTCP:
		return "tcp"
	case ProtoUDP:
		return "udp"
	case ProtoRouting:
		return "routing"
	case ProtoFragment:
		return "fragment"
	case ProtoICMPv6:
		return "icmp6"
	case ProtoNoNext:
		return "no-next"
	case ProtoDestination:
		return "destination"
	}
	return "protocol " + itoa(int(p))
}

func itoa(n int) string { return strconv.Itoa(n) }
