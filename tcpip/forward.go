package tcpip

import (
	"encoding/binary"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// forward sends a packet for another machine on, in the frame it came in (RFC 1812 §5.2, RFC 8200
// §3). A host drops it.
func (s *Stack) forward(now clock.Instant, p *packet) {
	switch {
	case !s.cfg.Forwarding || p.group:
		s.drop(DropNotForUs)
		return
	case p.src.IsUnspecified() || linkScope(p.src) || linkScope(p.dst) || p.dst.IsUnspecified():
		// RFC 4291 §2.5.6: these stay on their link.
		s.drop(DropMartian)
		return
	case p.hopLimit <= 1:
		s.drop(DropHopLimit)
		s.hopLimitExceeded(now, p)
		return
	}
	i, nextHop, ok := s.route(p.dst)
	if !ok {
		s.drop(DropNoRoute)
		s.noRoute(now, p)
		return
	}
	if i.loopback() || i.directedBroadcast(p.dst) {
		s.drop(DropMartian) // RFC 2644: no directed broadcasts from afar
		return
	}
	f := p.frame
	f.Data = f.Data[:ethernetHeader+len(p.network)] // padding stays behind
	if size := segmentBytes(f, p); size > i.mtu() {
		s.forwardTooBig(now, p, i)
		return
	}
	p.frame = nil
	b := f.Data[ethernetHeader:]
	if p.dst.Is4() {
		decrementTTL(b)
	} else {
		b[7]--
	}
	copy(f.Data[6:], i.MAC[:])
	f.Port = i.index
	if f.Unsummed && !i.Offload {
		wire.FinishChecksum(f.Data)
		f.Unsummed = false
	}
	s.stats.Forwarded++
	s.transmit(now, i, nextHop, f)
}

// segmentBytes returns how large a packet is once it has been cut into its segments.
func segmentBytes(f *vnet.Frame, p *packet) int {
	if f.SegmentSize == 0 {
		return len(p.network)
	}
	t := p.data
	if p.dst.Is6() {
		t = p.network[wire.IPv6Size:]
	}
	if len(t) < wire.TCPSize {
		return len(p.network)
	}
	headers := len(p.network) - len(t) + 4*int(t[12]>>4)
	return min(len(p.network), headers+f.SegmentSize)
}

// decrementTTL takes one off an IPv4 TTL and corrects the checksum (RFC 1624 §3, equation 3).
func decrementTTL(b []byte) {
	b[8]--
	sum := uint32(^binary.BigEndian.Uint16(b[10:])) + 0xfeff
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[10:], ^uint16(sum))
}

// forwardTooBig cuts an IPv4 packet up for a smaller link if its sender lets us, and tells the
// sender otherwise.
func (s *Stack) forwardTooBig(now clock.Instant, p *packet, i *iface) {
	if p.dst.Is4() && p.frame.SegmentSize == 0 {
		if p.frame.Unsummed {
			wire.FinishChecksum(p.frame.Data)
			p.frame.Unsummed = false
		}
		decrementTTL(p.frame.Data[ethernetHeader:])
		pieces, err := ip.Fragment(p.frame, i.mtu(), 0, s.pieces[:0])
		if err == nil {
			_, nextHop, _ := s.route(p.dst)
			s.stats.Forwarded++
			s.stats.Fragmented++
			for k, f := range pieces {
				copy(f.Data[6:], i.MAC[:])
				f.Port = i.index
				s.transmit(now, i, nextHop, f)
				pieces[k] = nil
			}
			s.pieces = pieces
			return
		}
	}
	s.drop(DropTooBig)
	s.packetTooBig(now, p, i.mtu())
}
