package card

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/wire"
)

// Ports of DHCP (RFC 2131 §4.1), and how long is waited.
const (
	serverPort = 67
	clientPort = 68

	acquireMax  = 10 * time.Second // then the machine goes on without an IPv4 address
	resendAfter = 500 * time.Millisecond
	tellAfter   = time.Second
)

// byHand is what to do where there is no DHCP server.
const byHand = "atoll boot --ip 10.0.2.15/24,10.0.2.2 sets it by hand"

// frames is a card on which reading can be bounded.
type frames interface {
	device.Frames
	SetReadDeadline(time.Time) error
}

// lease is an address that a DHCP server lends.
type lease struct {
	Address
	ack *dhcpv4.DHCPv4
}

// client asks for an address with frames of its own, before there is a stack.
type client struct {
	frames frames
	mac    wire.MAC
	log    *slog.Logger
	begun  time.Time
	until  time.Time // after that it gives up
	tellAt time.Time
	buffer []byte
}

// errNoAnswer says that no DHCP server has answered.
var errNoAnswer = errors.New("no answer of a dhcp server")

// acquire asks for an address. Each second of waiting is told. Without an answer it returns nil:
// the machine goes on, and may have IPv6.
func acquire(ctx context.Context, f frames, mac wire.MAC, log *slog.Logger) (*lease, error) {
	now := time.Now()
	c := &client{frames: f, mac: mac, log: log, begun: now, until: now.Add(acquireMax),
		tellAt: now.Add(tellAfter), buffer: make([]byte, device.FrameBytesMax)}
	l, err := c.acquire(ctx)
	if e := f.SetReadDeadline(time.Time{}); err == nil {
		err = e
	}
	switch {
	case errors.Is(err, errNoAnswer):
		log.Warn("no IPv4 address", "err", err, "waited", acquireMax, "hint", byHand)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("card: dhcp: %w", err)
	}
	log.Info("address by dhcp", "address", l.Prefix, "router", l.Router,
		"took", time.Since(now).Round(time.Millisecond))
	return l, nil
}

// acquire makes the two exchanges of RFC 2131 §3.1.
func (c *client) acquire(ctx context.Context) (*lease, error) {
	for {
		discover, err := dhcpv4.NewDiscovery(c.mac[:], dhcpv4.WithBroadcast(true))
		if err != nil {
			return nil, err
		}
		offer, err := c.exchange(ctx, discover)
		if err != nil {
			return nil, err
		}
		if offer.MessageType() != dhcpv4.MessageTypeOffer {
			continue
		}
		request, err := dhcpv4.NewRequestFromOffer(offer, dhcpv4.WithBroadcast(true))
		if err != nil {
			return nil, err
		}
		ack, err := c.exchange(ctx, request)
		if err != nil {
			return nil, err
		}
		if ack.MessageType() == dhcpv4.MessageTypeAck { // else the server has thought better of it
			return leaseOf(ack)
		}
	}
}

// exchange sends a message, again if need be, and waits for the answer to it.
func (c *client) exchange(ctx context.Context, m *dhcpv4.DHCPv4) (*dhcpv4.DHCPv4, error) {
	frame := c.frame(m.ToBytes())
	for time.Now().Before(c.until) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := c.frames.WriteFrame(frame, false); err != nil {
			return nil, err
		}
		again := time.Now().Add(resendAfter)
		if err := c.frames.SetReadDeadline(again); err != nil {
			return nil, err
		}
		for time.Now().Before(again) { // a flood of others' frames does not keep us
			n, _, err := c.frames.ReadFrame(c.buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			if answer := c.message(c.buffer[:n]); answer != nil &&
				answer.TransactionID == m.TransactionID {
				return answer, nil
			}
		}
		if now := time.Now(); !now.Before(c.tellAt) {
			c.tellAt = now.Add(tellAfter)
			c.log.Warn("waiting for dhcp on "+Name, "waited", now.Sub(c.begun).Round(time.Second),
				"limit", acquireMax, "hint", byHand)
		}
	}
	return nil, errNoAnswer
}

// frame puts a message for all into a frame: the client has no address, and knows nobody's.
func (c *client) frame(message []byte) []byte {
	src, dst := netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{255, 255, 255, 255})
	eth := wire.Ethernet{Dst: wire.Broadcast, Src: c.mac, Type: wire.TypeIPv4}
	ip := wire.IPv4{TTL: 64, Protocol: wire.ProtoUDP, Src: src, Dst: dst}
	udp := wire.UDP{SrcPort: clientPort, DstPort: serverPort}
	b := eth.Append(nil)
	b = ip.Append(b, wire.UDPSize+len(message))
	b = udp.Append(b, len(message))
	b = append(b, message...)
	wire.FinishChecksum(b)
	return b
}

// message returns the DHCP message for a client that is in a frame, nil if there is none.
func (c *client) message(frame []byte) *dhcpv4.DHCPv4 {
	eth, packet, err := wire.ParseEthernet(frame)
	if err != nil || eth.Type != wire.TypeIPv4 || eth.Dst != c.mac && eth.Dst != wire.Broadcast {
		return nil
	}
	ip, datagram, err := wire.ParseIPv4(packet)
	if err != nil || ip.Protocol != wire.ProtoUDP || ip.MoreFragments || ip.FragmentOffset != 0 {
		return nil
	}
	udp, payload, err := wire.ParseUDP(datagram)
	if err != nil || udp.SrcPort != serverPort || udp.DstPort != clientPort {
		return nil
	}
	m, err := dhcpv4.FromBytes(payload)
	if err != nil || m.OpCode != dhcpv4.OpcodeBootReply ||
		m.ClientHWAddr.String() != net.HardwareAddr(c.mac[:]).String() {
		return nil
	}
	return m
}

// leaseOf reads what a server has lent.
func leaseOf(ack *dhcpv4.DHCPv4) (*lease, error) {
	addr, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	if !ok || !addr.IsGlobalUnicast() && !addr.IsLinkLocalUnicast() {
		return nil, fmt.Errorf("the server lends %v", ack.YourIPAddr)
	}
	ones, bits := ack.SubnetMask().Size()
	if bits != 32 {
		ones = 24
	}
	l := &lease{ack: ack, Address: Address{Prefix: netip.PrefixFrom(addr, ones)}}
	if routers := ack.Router(); len(routers) > 0 {
		if router, ok := netip.AddrFromSlice(routers[0].To4()); ok {
			l.Router = router
		}
	}
	for _, server := range ack.DNS() {
		if s, ok := netip.AddrFromSlice(server.To4()); ok {
			l.Servers = append(l.Servers, s)
		}
	}
	return l, nil
}
