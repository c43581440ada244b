package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/neigh"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// inputARP takes an ARP message (RFC 826 "Packet Reception", RFC 5227).
func (s *Stack) inputARP(now clock.Instant, i *iface, b []byte) {
	h, err := wire.ParseARP(b)
	if err != nil {
		s.drop(DropMalformed)
		return
	}
	if h.SenderMAC.IsMulticast() || h.SenderIP.IsMulticast() || h.SenderIP == broadcast4 ||
		i.find(h.SenderIP) != nil {
		s.drop(DropMartian)
		return
	}
	target := i.find(h.TargetIP)
	ours := target != nil && target.usable()
	if !h.SenderIP.IsUnspecified() {
		how := neigh.How(neigh.Gratuitous)
		switch {
		case ours && h.Op == wire.ARPRequest:
			how = neigh.Request
		case ours && h.Op == wire.ARPReply:
			how = neigh.Reply
		}
		s.learn(now, i, h.SenderIP, h.SenderMAC, how)
	}
	if !ours || h.Op != wire.ARPRequest {
		return
	}
	s.sendARP(i, h.SenderMAC, wire.ARP{
		Op: wire.ARPReply, SenderMAC: i.MAC, SenderIP: h.TargetIP,
		TargetMAC: h.SenderMAC, TargetIP: h.SenderIP,
	})
}

// sendARPRequest asks who has an address: everybody, or the one that had it before.
func (s *Stack) sendARPRequest(now clock.Instant, i *iface, addr netip.Addr, mac wire.MAC) {
	to := mac
	if mac == (wire.MAC{}) {
		to = wire.Broadcast
	}
	from, ok := s.source(i, addr)
	if !ok {
		return
	}
	s.sendARP(i, to, wire.ARP{
		Op: wire.ARPRequest, SenderMAC: i.MAC, SenderIP: from, TargetIP: addr,
	})
}

func (s *Stack) sendARP(i *iface, to wire.MAC, h wire.ARP) {
	f := vnet.NewFrame(ethernetHeader + wire.ARPSize)
	eth := wire.Ethernet{Dst: to, Src: i.MAC, Type: wire.TypeARP}
	f.Data = h.Append(eth.Append(f.Data))
	f.Port = i.index
	s.emit(f)
}
