package tcpip

import (
	"encoding/binary"
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// path is the way to a peer, kept at the socket so that a segment needs no look at routes and
// neighbours: the headers of Ethernet and IP are ready but for lengths.
type path struct {
	iface      *iface // nil: there is none now
	nextHop    netip.Addr
	mtu        int           // the largest IP packet that gets through, as far as we know
	fragment   bool          // some link of it takes less: let routers cut packets up
	generation uint32        // the stack's when this was found
	changes    uint32        // the interface's when its neighbour was last asked for
	resolved   clock.Instant // until when the MAC in header may be used without asking again
	headerSize int
	sum        uint32 // IPv4: of the header without length
	header     [ethernetHeader + ipv6Header]byte
}

// setPath finds the way to a socket's peer. It reports false if there is none.
func (s *Stack) setPath(now clock.Instant, t *TCPSocket) bool {
	p := &t.path
	i, nextHop, ok := s.route(t.remote.Addr())
	if !ok {
		return false
	}
	mtu, fragment := s.pathMTU(now, i, t.remote.Addr())
	mtu = min(mtu, i.segmentMTU())
	*p = path{iface: i, nextHop: nextHop, generation: s.generation, mtu: mtu, fragment: fragment}
	h := p.header[:0]
	eth := wire.Ethernet{Src: i.MAC, Type: wire.TypeIPv4}
	if t.remote.Addr().Is6() {
		eth.Type = wire.TypeIPv6
		h = eth.Append(h)
		// RFC 6437 §3: a label that the packets of a flow have in common.
		ip := wire.IPv6{HopLimit: s.hopLimit(i, t.remote.Addr()), Next: wire.ProtoTCP,
			FlowLabel: uint32(t.id) & 0xfffff, Src: t.local.Addr(), Dst: t.remote.Addr()}
		p.headerSize = len(ip.Append(h, 0))
		return true
	}
	h = eth.Append(h)
	// RFC 6864 §4.1: the ID of a packet that must not be fragmented says nothing.
	ip := wire.IPv4{DontFragment: !fragment, TTL: s.hopLimit(i, t.remote.Addr()),
		Protocol: wire.ProtoTCP, Src: t.local.Addr(), Dst: t.remote.Addr()}
	h = ip.Append(h, 0)
	p.headerSize = len(h)
	clear(h[ethernetHeader+2 : ethernetHeader+4])
	clear(h[ethernetHeader+10 : ethernetHeader+12])
	p.sum = uint32(wire.Checksum(h[ethernetHeader:], 0))
	return true
}

// appendHeader writes the headers of a packet with size bytes behind them. id counts only for
// packets that may be cut up.
func (p *path) appendHeader(b []byte, size int, id uint32) []byte {
	b = append(b, p.header[:p.headerSize]...)
	if p.headerSize == ethernetHeader+ipv6Header {
		binary.BigEndian.PutUint16(b[ethernetHeader+4:], uint16(size))
		return b
	}
	total := uint32(size + ipv4Header)
	sum := p.sum + total + id&0xffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[ethernetHeader+2:], uint16(total))
	binary.BigEndian.PutUint16(b[ethernetHeader+4:], uint16(id))
	binary.BigEndian.PutUint16(b[ethernetHeader+10:], ^uint16(sum))
	return b
}
