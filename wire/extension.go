package wire

import "encoding/binary"

// ExtensionHeadersMax is how many extension headers one IPv6 packet may have. RFC 8200 §4 has six
// kinds, of which only destination options may come twice; RFC 8883 foresees that nodes set a
// limit.
const ExtensionHeadersMax = 8

// OptionAction is what becomes of a packet with an option or a header that we do not know (RFC 8200
// §4.2).
type OptionAction uint8

// The actions, by the two high bits of an option's type. RFC 4443 §2.4 e lets only an option ask
// for a report about a packet that went to a group.
const (
	OptionSkip          OptionAction = iota // go on
	OptionDiscard                           // drop it without a word
	OptionReport                            // drop it and send a Parameter Problem
	OptionReportUnicast                     // likewise, unless it went to a group
)

// Codes of an ICMPv6 Parameter Problem (RFC 4443 §3.4).
const (
	ProblemField  = 0 // erroneous header field
	ProblemNext   = 1 // unrecognised next header
	ProblemOption = 2 // unrecognised option
)

// Extensions is what a walk over a packet's extension headers found.
type Extensions struct {
	// Last is the protocol of the payload. ProtoFragment means that a fragment header ended the
	// walk: Fragment describes it and the payload is the fragment's data.
	Last     Protocol
	Fragment IPv6Fragment
	// NextAt is the offset of the field that holds Last, in bytes from the IPv6 header: the pointer
	// for a Parameter Problem about an unknown Last.
	NextAt int
	// Action is OptionSkip if the packet is acceptable. Otherwise it is to be dropped; Code and
	// Pointer are for the Parameter Problem, if Action asks for one.
	Action  OptionAction
	Code    uint8
	Pointer int // bytes from the IPv6 header
}

// WalkExtensions goes over the extension headers at the front of the payload of an IPv6 packet
// whose fixed header names first, as the node that the packet is for. It ends at a protocol that
// is none of hop-by-hop, routing, destination options and fragment, and returns what is left. We
// are no router of source routes: a routing header with segments left is a problem (RFC 8200 §4.4,
// RFC 5095).
func WalkExtensions(first Protocol, b []byte) (x Extensions, payload []byte, err error) {
	x.Last, x.NextAt = first, 6
	at := IPv6Size
	for count := 0; ; count++ {
		switch x.Last {
		case ProtoHopByHop:
			// RFC 8200 §4: anywhere but first it is treated like an unknown header.
			if count > 0 {
				x.problem(OptionReportUnicast, ProblemNext, x.NextAt)
				return x, nil, nil
			}
		case ProtoDestination, ProtoRouting, ProtoFragment:
		default:
			return x, b, nil
		}
		if count == ExtensionHeadersMax {
			return x, nil, fail(LayerExtension, TooMany)
		}
		if x.Last == ProtoFragment {
			x.Fragment, payload, err = ParseIPv6Fragment(b)
			return x, payload, err
		}
		h, rest, err := ParseIPv6Extension(b)
		if err != nil {
			return x, nil, err
		}
		if err := x.judge(h.Body, at); err != nil || x.Action != OptionSkip {
			return x, nil, err
		}
		x.Last, x.NextAt = h.Next, at
		at += len(b) - len(rest)
		b = rest
	}
}

func (x *Extensions) problem(a OptionAction, code uint8, pointer int) {
	x.Action, x.Code, x.Pointer = a, code, pointer
}

// judge looks into the header of kind Last that begins at an offset of the packet.
func (x *Extensions) judge(body []byte, at int) error {
	if x.Last == ProtoRouting {
		// RFC 8200 §4.4: with no segments left it is ignored, otherwise the type is the problem.
		if body[1] != 0 {
			x.problem(OptionReportUnicast, ProblemField, at+2)
		}
		return nil
	}
	for i := 0; i < len(body); {
		if body[i] == 0 { // Pad1
			i++
			continue
		}
		if i+2 > len(body) || i+2+int(body[i+1]) > len(body) {
			return fail(LayerExtension, BadOption)
		}
		if action := OptionAction(body[i] >> 6); action != OptionSkip {
			x.problem(action, ProblemOption, at+2+i)
			return nil
		}
		i += 2 + int(body[i+1])
	}
	return nil
}

// IPv6Extension is a hop-by-hop, routing or destination options header (RFC 8200 §4.3, 4.4, 4.6).
// Which of them it is says the field before it.
type IPv6Extension struct {
	Next Protocol
	Body []byte // after Next and the length byte: 8n+6 bytes
}

// ParseIPv6Extension reads one header and returns what follows it.
func ParseIPv6Extension(b []byte) (h IPv6Extension, rest []byte, err error) {
	if len(b) < 8 {
		return h, nil, fail(LayerExtension, Truncated)
	}
	n := 8 + 8*int(b[1])
	if n > len(b) {
		return h, nil, fail(LayerExtension, Truncated)
	}
	return IPv6Extension{Next: Protocol(b[0]), Body: b[2:n]}, b[n:], nil
}

// Append writes the header.
func (h *IPv6Extension) Append(b []byte) []byte {
	if len(h.Body)%8 != 6 || len(h.Body) > 255*8+6 {
		panic("wire: BUG: an IPv6 extension header of an impossible length")
	}
	b = append(b, byte(h.Next), byte(len(h.Body)/8))
	return append(b, h.Body...)
}

// IPv6FragmentSize is the length of a fragment header in bytes.
const IPv6FragmentSize = 8

// IPv6Fragment is a fragment header (RFC 8200 §4.5).
type IPv6Fragment struct {
	Next   Protocol // of the first fragment's data
	Offset int      // bytes, a multiple of 8
	More   bool
	ID     uint32
}

// ParseIPv6Fragment reads a fragment header and returns the fragment's data. Data that would end
// behind the largest packet is BadLength.
func ParseIPv6Fragment(b []byte) (h IPv6Fragment, data []byte, err error) {
	if len(b) < IPv6FragmentSize {
		return h, nil, fail(LayerExtension, Truncated)
	}
	field := binary.BigEndian.Uint16(b[2:4])
	h.Next = Protocol(b[0])
	h.Offset = int(field &^ 7)
	h.More = field&1 != 0
	h.ID = binary.BigEndian.Uint32(b[4:8])
	data = b[IPv6FragmentSize:]
	if h.Offset+len(data) > IPv6PayloadMax {
		return h, nil, fail(LayerExtension, BadLength)
	}
	return h, data, nil
}

// Append writes the header.
func (h *IPv6Fragment) Append(b []byte) []byte {
	if h.Offset&7 != 0 || uint(h.Offset) > 0xfff8 {
		panic("wire: BUG: an impossible IPv6 fragment offset")
	}
	field := uint16(h.Offset)
	if h.More {
		field |= 1
	}
	b = append(b, byte(h.Next), 0, byte(field>>8), byte(field))
	return binary.BigEndian.AppendUint32(b, h.ID)
}
