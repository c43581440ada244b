package dhcp

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/host"
)

// server is a DHCP server that lends one address. It writes down what it is asked.
type server struct {
	conn net.PacketConn
	host *host.Host

	mu      sync.Mutex
	heard   []request
	silent  bool // it answers nothing
	refuses bool // it answers requests with a NAK
	lends   netip.Addr
	length  time.Duration
	spoil   func(answer *dhcpv4.DHCPv4) // changes an answer
}

// request is a message that the server got.
type request struct {
	at   time.Time
	from netip.AddrPort
	kind dhcpv4.MessageType
	m    *dhcpv4.DHCPv4
}

// serve starts a server on a host until its network ends.
func serve(t *testing.T, h *host.Host) *server {
	t.Helper()
	conn, err := h.ListenPacket("udp4", "0.0.0.0:67")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{conn: conn, host: h, lends: netip.MustParseAddr("10.0.0.9"), length: time.Hour}
	go s.run()
	return s
}

func (s *server) run() {
	b := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		m, err := dhcpv4.FromBytes(b[:n])
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.heard = append(s.heard, request{time.Now(), from.(*net.UDPAddr).AddrPort(),
			m.MessageType(), m})
		answer := s.answer(m)
		s.mu.Unlock()
		if answer != nil {
			to := &net.UDPAddr{IP: net.IPv4bcast, Port: 68}
			if !m.ClientIPAddr.IsUnspecified() {
				to.IP = m.ClientIPAddr
			}
			s.conn.WriteTo(answer.ToBytes(), to)
		}
	}
}

// answer is what the server says to a message; nil is nothing.
func (s *server) answer(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	if s.silent {
		return nil
	}
	kind := dhcpv4.MessageTypeOffer
	if m.MessageType() == dhcpv4.MessageTypeRequest {
		kind = dhcpv4.MessageTypeAck
		if s.refuses {
			kind = dhcpv4.MessageTypeNak
		}
	}
	a, err := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(kind),
		dhcpv4.WithServerIP(net.IPv4(10, 0, 0, 1)), dhcpv4.WithYourIP(s.lends.AsSlice()),
		dhcpv4.WithNetmask(net.CIDRMask(24, 32)), dhcpv4.WithLeaseTime(uint32(s.length.Seconds())),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 0, 0, 1))),
		dhcpv4.WithOption(dhcpv4.OptRouter(net.IPv4(10, 0, 0, 1))),
		dhcpv4.WithOption(dhcpv4.OptDNS(net.IPv4(10, 0, 0, 1), net.IPv4(10, 0, 0, 3))))
	if err != nil {
		return nil
	}
	if s.spoil != nil {
		s.spoil(a)
	}
	return a
}

// set changes the server.
func (s *server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// got returns what it was asked so far.
func (s *server) got() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.heard...)
}
