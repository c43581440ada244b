package ip

import (
	"encoding/binary"
	"errors"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Why a packet cannot be cut up.
var (
	// ErrDontFragment: an IPv4 packet says so itself, and the sender wants to hear of it
	// (RFC 1191 §4).
	ErrDontFragment = errors.New("ip: packet too big and not to be fragmented")
	// ErrSmallMTU: there is no room for eight bytes behind the headers.
	ErrSmallMTU = errors.New("ip: MTU too small for a fragment")
)

// Fragment cuts the packet of an Ethernet frame into frames whose packets are mtu bytes at most,
// and appends them to out, in order. The frame f is left as it is, and must be well-formed, with
// its transport checksum in place; a packet that fits comes out as one copy of it.
//
// An IPv4 packet brings its identification, and may be a fragment itself (RFC 791 §3.2). An IPv6
// packet is cut by its source only (RFC 8200 §4.5), which gives it id.
func Fragment(f *vnet.Frame, mtu int, id uint32, out []*vnet.Frame) ([]*vnet.Frame, error) {
	packet := f.Data[wire.EthernetSize:]
	switch {
	case len(packet) <= mtu:
		c := f.Clone()
		return append(out, c), nil
	case packet[0]>>4 == 4:
		return fragment4(f, mtu, out)
	}
	return fragment6(f, mtu, id, out)
}

func fragment4(f *vnet.Frame, mtu int, out []*vnet.Frame) ([]*vnet.Frame, error) {
	packet := f.Data[wire.EthernetSize:]
	h, data, err := wire.ParseIPv4(packet)
	if err != nil {
		panic("ip: BUG: a malformed packet to fragment: " + err.Error())
	}
	if h.DontFragment {
		return out, ErrDontFragment
	}
	last, base := !h.MoreFragments, h.FragmentOffset
	if (mtu-h.Size())&^7 <= 0 {
		return out, ErrSmallMTU
	}
	for at := 0; at < len(data); {
		n := len(data) - at
		if room := mtu - h.Size(); n > room {
			n = room &^ 7
		}
		h.FragmentOffset, h.MoreFragments = base+at, !last || at+n < len(data)
		c := fragmentFrame(f, h.Size()+n)
		c.Data = h.Append(c.Data, n)
		c.Data = append(c.Data, data[at:at+n]...)
		out = append(out, c)
		if at == 0 {
			h.Options = copiedOptions(h.Options)
		}
		at += n
	}
	return out, nil
}

// copiedOptions keeps the options that RFC 791 §3.1 has copied into every fragment.
func copiedOptions(options []byte) []byte {
	const copied = 1 << 7
	var kept []byte
	for i := 0; i < len(options); {
		switch n := 1; options[i] {
		case 0: // end of list
			return kept
		case 1: // no operation
			i++
		default:
			if i+1 < len(options) {
				n = int(options[i+1])
			}
			if n < 2 || i+n > len(options) {
				return kept // nobody can tell what follows
			}
			if options[i]&copied != 0 {
				kept = append(kept, options[i:i+n]...)
			}
			i += n
		}
	}
	return kept
}

func fragment6(f *vnet.Frame, mtu int, id uint32, out []*vnet.Frame) ([]*vnet.Frame, error) {
	packet := f.Data[wire.EthernetSize:]
	nextAt, front := perFragmentHeaders(packet)
	data := packet[front:]
	room := (mtu - front - wire.IPv6FragmentSize) &^ 7
	if room <= 0 {
		return out, ErrSmallMTU
	}
	h := wire.IPv6Fragment{Next: wire.Protocol(packet[nextAt]), ID: id}
	for at := 0; at < len(data); {
		// The last one may fill the MTU to the byte.
		n := len(data) - at
		if n > mtu-front-wire.IPv6FragmentSize {
			n = room
		}
		h.Offset, h.More = at, at+n < len(data)
		c := fragmentFrame(f, front+wire.IPv6FragmentSize+n)
		start := len(c.Data)
		c.Data = append(c.Data, packet[:front]...)
		c.Data[start+nextAt] = byte(wire.ProtoFragment)
		binary.BigEndian.PutUint16(c.Data[start+4:],
			uint16(front-wire.IPv6Size+wire.IPv6FragmentSize+n))
		c.Data = h.Append(c.Data)
		c.Data = append(c.Data, data[at:at+n]...)
		out = append(out, c)
		at += n
	}
	return out, nil
}

// perFragmentHeaders returns how long the headers are that every fragment of an IPv6 packet begins
// with, those up to a routing header or to the hop-by-hop options (RFC 8200 §4.5), and where in
// them the type of the header behind them stands.
func perFragmentHeaders(packet []byte) (nextAt, size int) {
	nextAt, size = ipv6NextAt, wire.IPv6Size
	for at, field := size, nextAt; ; {
		kind := wire.Protocol(packet[field])
		switch kind {
		case wire.ProtoHopByHop, wire.ProtoRouting, wire.ProtoDestination:
		default:
			return nextAt, size
		}
		if at+8 > len(packet) {
			return nextAt, size
		}
		field = at
		at += 8 + 8*int(packet[at+1])
		if at > len(packet) {
			return nextAt, size
		}
		if kind != wire.ProtoDestination {
			nextAt, size = field, at
		}
	}
}

// ipv6NextAt is the offset of the next header field in an IPv6 header.
const ipv6NextAt = 6

// fragmentFrame returns a frame with the Ethernet header of f and room for a packet of size bytes.
func fragmentFrame(f *vnet.Frame, size int) *vnet.Frame {
	c := vnet.NewFrame(wire.EthernetSize + size)
	c.Port = f.Port
	c.Data = append(c.Data, f.Data[:wire.EthernetSize]...)
	return c
}
