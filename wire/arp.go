package wire

import (
	"encoding/binary"
	"net/netip"
)

// ARPSize is the length of an ARP message for IPv4 over Ethernet in bytes.
const ARPSize = 28

// ARPOp is what an ARP message wants.
type ARPOp uint16

// The operations of RFC 826.
const (
	ARPRequest ARPOp = 1
	ARPReply   ARPOp = 2
)

// ARP is a message of RFC 826 for IPv4 over Ethernet.
type ARP struct {
	Op        ARPOp
	SenderMAC MAC
	SenderIP  netip.Addr // IPv4; 0.0.0.0 in a probe (RFC 5227 §1.1)
	TargetMAC MAC        // zero in a request
	TargetIP  netip.Addr // IPv4
}

// arpPrefix is hardware Ethernet, protocol IPv4, and their address lengths.
const arpPrefix = 0x0001_0800_06_04

// ParseARP reads a message; what follows it is padding. Other hardware or protocols are BadType.
func ParseARP(b []byte) (h ARP, err error) {
	if len(b) < ARPSize {
		return h, fail(LayerARP, Truncated)
	}
	if binary.BigEndian.Uint64(b)>>16 != arpPrefix {
		return h, fail(LayerARP, BadType)
	}
	h.Op = ARPOp(binary.BigEndian.Uint16(b[6:8]))
	h.SenderMAC = MAC(b[8:14])
	h.SenderIP = netip.AddrFrom4([4]byte(b[14:18]))
	h.TargetMAC = MAC(b[18:24])
	h.TargetIP = netip.AddrFrom4([4]byte(b[24:28]))
	return h, nil
}

// Append writes the message. Both addresses must be IPv4.
func (h *ARP) Append(b []byte) []byte {
	sender, target := h.SenderIP.As4(), h.TargetIP.As4()
	b = binary.BigEndian.AppendUint64(b, arpPrefix<<16|uint64(h.Op))
	b = append(b, h.SenderMAC[:]...)
	b = append(b, sender[:]...)
	b = append(b, h.TargetMAC[:]...)
	return append(b, target[:]...)
}

// String returns "who-has 10.0.0.2 tell 10.0.0.1" or "10.0.0.2 is-at 02:00:00:00:00:02".
func (h *ARP) String() string {
	switch h.Op {
	case ARPRequest:
		return "who-has " + h.TargetIP.String() + " tell " + h.SenderIP.String()
	case ARPReply:
		return h.SenderIP.String() + " is-at " + h.SenderMAC.String()
	}
	return "op " + itoa(int(h.Op)) + " from " + h.SenderIP.String() + " to " + h.TargetIP.String()
}
