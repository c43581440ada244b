package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// outgoing is what an IP header says about a packet that is to be sent.
type outgoing struct {
	src, dst netip.Addr // src zero: chosen by the route
	protocol wire.Protocol
	hopLimit uint8  // 0: the default
	whole    bool   // it is not to be cut up, not even here
	via      *iface // where it must leave, whatever the routes say; nil: by the route
}

// headerSize is how many bytes of headers a packet to dst has in front.
func headerSize(dst netip.Addr) int {
	if dst.Is4() {
		return ethernetHeader + ipv4Header
	}
	return ethernetHeader + ipv6Header
}

// newPacket returns a frame for a packet to dst with room for size bytes, which are to be appended
// behind the room for the headers.
func newPacket(dst netip.Addr, size int) *vnet.Frame {
	n := headerSize(dst)
	f := vnet.NewFrame(n + size)
	f.Data = f.Data[:n]
	return f
}

// send sends a packet whose transport header and payload stand in f behind the room for the other
// headers. It takes f, whatever comes of it. Errors: ErrNoRoute, ErrAddrNotAvailable,
// ErrMessageTooLong.
func (s *Stack) send(now clock.Instant, o *outgoing, f *vnet.Frame) error {
	i, nextHop, ok := o.via, o.dst, o.via != nil
	if !ok {
		i, nextHop, ok = s.route(o.dst)
	}
	if !ok {
		s.drop(DropNoRoute)
		f.Release()
		return ErrNoRoute
	}
	if !o.src.IsValid() {
		o.src, ok = s.source(i, o.dst)
		if !ok && o.dst == broadcast4 {
			// RFC 1122 §3.2.1.3 a: "this host", while it asks what its address is.
			o.src, ok = netip.IPv4Unspecified(), true
		}
		if !ok {
			f.Release()
			return ErrAddrNotAvailable
		}
	}
	transport := f.Data[headerSize(o.dst):]
	size := len(transport)
	if size+headerSize(o.dst)-ethernetHeader > packetBytesMax {
		s.drop(DropTooBig)
		f.Release()
		return ErrMessageTooLong
	}
	mtu, fragment := s.pathMTU(now, i, o.dst)
	fits := size+headerSize(o.dst)-ethernetHeader <= mtu
	if fits && i.Offload && (o.protocol == wire.ProtoTCP || o.protocol == wire.ProtoUDP) {
		f.Unsummed = true
	} else {
		wire.SetChecksum(o.protocol, o.src, o.dst, transport)
	}
	// RFC 1191 §3: what fits as far as we know is not to be cut up, so that we hear if it does not.
	s.putHeaders(o, i, f.Data, size, fits && !fragment)
	f.Port = i.index
	if fits {
		s.transmit(now, i, nextHop, f)
		return nil
	}
	if o.whole {
		s.drop(DropTooBig)
		f.Release()
		return ErrMessageTooLong
	}
	return s.sendFragments(now, o, i, nextHop, f, mtu)
}

// flow is what identifications count by.
func (s *Stack) flow(o *outgoing) uint64 {
	return s.keys.packet.tuple(o.protocol, netip.AddrPortFrom(o.src, 0),
		netip.AddrPortFrom(o.dst, 0), 0)
}

// sendFragments cuts up a packet that is too long for its path and sends the pieces.
func (s *Stack) sendFragments(now clock.Instant, o *outgoing, i *iface, nextHop netip.Addr,
	f *vnet.Frame, mtu int) error {
	id := uint32(0)
	if o.dst.Is6() {
		id = s.ids.Next(s.flow(o))
	}
	pieces, err := ip.Fragment(f, mtu, id, s.pieces[:0])
	f.Release()
	if err != nil {
		s.drop(DropTooBig)
		return ErrMessageTooLong
	}
	s.stats.Fragmented++
	for k, piece := range pieces {
		s.transmit(now, i, nextHop, piece)
		pieces[k] = nil
	}
	s.pieces = pieces
	return nil
}

// putHeaders writes the headers of Ethernet and IP in front of a packet. The destination MAC is set
// when it is known.
func (s *Stack) putHeaders(o *outgoing, i *iface, frame []byte, size int, dontFragment bool) {
	hopLimit := o.hopLimit
	if hopLimit == 0 {
		hopLimit = s.hopLimit(i, o.dst)
	}
	eth := wire.Ethernet{Src: i.MAC, Type: wire.TypeIPv4}
	if o.dst.Is4() {
		b := eth.Append(frame[:0])
		h := wire.IPv4{DontFragment: dontFragment, TTL: hopLimit, Protocol: o.protocol,
			Src: o.src, Dst: o.dst}
		if !dontFragment {
			h.ID = uint16(s.ids.Next(s.flow(o)))
		}
		h.Append(b, size)
		return
	}
	eth.Type = wire.TypeIPv6
	b := eth.Append(frame[:0])
	h := wire.IPv6{HopLimit: hopLimit, Next: o.protocol, Src: o.src, Dst: o.dst}
	h.Append(b, size)
}

// hopLimit returns the TTL or hop limit of what leaves by i for an address. A router advertisement
// may have set that of IPv6.
func (s *Stack) hopLimit(i *iface, dst netip.Addr) uint8 {
	if advertised := i.ndp.host.hopLimit; advertised != 0 && dst.Is6() {
		return advertised
	}
	return uint8(s.cfg.HopLimit)
}

// transmit sends a frame that is complete but for its destination MAC.
func (s *Stack) transmit(now clock.Instant, i *iface, nextHop netip.Addr, f *vnet.Frame) {
	switch {
	case i.loopback():
		s.loopBack(f)
	case nextHop.IsMulticast():
		mac := wire.MulticastMAC(nextHop)
		copy(f.Data, mac[:])
		s.emit(f)
	case nextHop == broadcast4 || i.directedBroadcast(nextHop):
		copy(f.Data, wire.Broadcast[:])
		s.emit(f)
	default:
		s.resolve(now, i, nextHop, f)
	}
}

// linkScope reports whether an address means something on its own link only (RFC 4291 §2.5.6).
func linkScope(a netip.Addr) bool {
	return a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast())
}
