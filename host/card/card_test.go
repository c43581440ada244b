//go:build unix

package card

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

var (
	clientMAC = wire.MAC{0x52, 0x54, 0, 0, 0, 15}
	serverIP  = net.IPv4(10, 0, 2, 2).To4()
)

// server is a DHCP server as a card sees it: it answers what is written.
type server struct {
	t        *testing.T
	answers  [][]byte
	deadline time.Time
	ignore   int                  // so many messages first
	edit     func(*dhcpv4.DHCPv4) // what it gets wrong
	asked    []dhcpv4.MessageType
}

func (s *server) SetReadDeadline(at time.Time) error { s.deadline = at; return nil }
func (s *server) Close() error                       { return nil }

func (s *server) ReadFrame(b []byte) (int, bool, error) {
	if len(s.answers) == 0 {
		time.Sleep(time.Until(s.deadline))
		return 0, false, os.ErrDeadlineExceeded
	}
	n := copy(b, s.answers[0])
	s.answers = s.answers[1:]
	return n, false, nil
}

func (s *server) WriteFrame(b []byte, _ bool) error {
	_, packet, err := wire.ParseEthernet(b)
	if err != nil {
		s.t.Fatal(err)
	}
	_, datagram, err := wire.ParseIPv4(packet)
	if err != nil {
		s.t.Fatal(err)
	}
	_, payload, err := wire.ParseUDP(datagram)
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := dhcpv4.FromBytes(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	s.asked = append(s.asked, m.MessageType())
	if s.ignore > 0 {
		s.ignore--
		return nil
	}
	kind := dhcpv4.MessageTypeOffer
	if m.MessageType() == dhcpv4.MessageTypeRequest {
		kind = dhcpv4.MessageTypeAck
	}
	s.answer(m, kind)
	return nil
}

// answer lends 10.0.2.20, after frames that are none of the client's business.
func (s *server) answer(m *dhcpv4.DHCPv4, kind dhcpv4.MessageType) {
	reply, err := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(kind),
		dhcpv4.WithServerIP(serverIP), dhcpv4.WithYourIP(net.IPv4(10, 0, 2, 20)),
		dhcpv4.WithNetmask(net.CIDRMask(20, 32)), dhcpv4.WithRouter(serverIP),
		dhcpv4.WithDNS(net.IPv4(10, 0, 2, 3)), dhcpv4.WithLeaseTime(3600),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(serverIP)))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.edit != nil {
		s.edit(reply)
	}
	frame := func(dst wire.MAC, port uint16, payload []byte) []byte {
		eth := wire.Ethernet{Dst: dst, Type: wire.TypeIPv4}
		ip := wire.IPv4{TTL: 64, Protocol: wire.ProtoUDP, Src: netip.MustParseAddr("10.0.2.2"),
			Dst: netip.MustParseAddr("255.255.255.255")}
		udp := wire.UDP{SrcPort: port, DstPort: clientPort}
		b := append(udp.Append(ip.Append(eth.Append(nil), wire.UDPSize+len(payload)), len(payload)),
			payload...)
		wire.FinishChecksum(b)
		return b
	}
	other := *reply
	other.TransactionID[0] ^= 1
	right := frame(wire.Broadcast, serverPort, reply.ToBytes())
	s.answers = append(s.answers, nil, []byte("a frame"), right[:50],
		frame(wire.MAC{2}, serverPort, reply.ToBytes()), frame(wire.Broadcast, 53, reply.ToBytes()),
		frame(wire.Broadcast, serverPort, []byte("no message")),
		frame(wire.Broadcast, serverPort, m.ToBytes()), // a request, from somebody else
		frame(wire.Broadcast, serverPort, other.ToBytes()), right)
}

// TestAcquire: two exchanges, a lost message, and much else on the wire.
func TestAcquire(t *testing.T) {
	s := &server{t: t, ignore: 1}
	var log bytes.Buffer
	l, err := acquire(t.Context(), s, clientMAC, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := Address{netip.MustParsePrefix("10.0.2.20/20"), netip.MustParseAddr("10.0.2.2"),
		[]netip.Addr{netip.MustParseAddr("10.0.2.3")}}
	if l.Prefix != want.Prefix || l.Router != want.Router || !slices.Equal(l.Servers, want.Servers) {
		t.Errorf("%+v, want %+v", l.Address, want)
	}
	kinds := []dhcpv4.MessageType{dhcpv4.MessageTypeDiscover, dhcpv4.MessageTypeDiscover,
		dhcpv4.MessageTypeRequest}
	if !slices.Equal(s.asked, kinds) {
		t.Errorf("it asked %v, want %v", s.asked, kinds)
	}
	if !s.deadline.IsZero() || !strings.Contains(log.String(), "address by dhcp") {
		t.Errorf("deadline %v, log %s", s.deadline, &log)
	}
}

// TestNoServer: each second of waiting is told with what helps, and there is an end to it.
func TestNoServer(t *testing.T) {
	s := &server{t: t, ignore: 1 << 30}
	var log bytes.Buffer
	c := &client{frames: s, mac: clientMAC, log: slog.New(slog.NewTextHandler(&log, nil)),
		begun: time.Now(), until: time.Now().Add(1500 * time.Millisecond),
		tellAt: time.Now().Add(tellAfter), buffer: make([]byte, 2048)}
	if _, err := c.acquire(t.Context()); err != errNoAnswer {
		t.Errorf("%v, want errNoAnswer", err)
	}
	if !strings.Contains(log.String(), "waiting for dhcp on net0") ||
		!strings.Contains(log.String(), "--ip") {
		t.Errorf("log:\n%s", &log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := acquire(ctx, s, clientMAC, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a cancelled wait has no error")
	}
}

// TestBadLease: an address that none can have is refused; a refusal begins anew.
func TestBadLease(t *testing.T) {
	s := &server{t: t, edit: func(m *dhcpv4.DHCPv4) { m.YourIPAddr = net.IPv4bcast }}
	_, err := acquire(t.Context(), s, clientMAC, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "the server lends 255.255.255.255") {
		t.Errorf("%v", err)
	}
	refused := false
	s = &server{t: t, edit: func(m *dhcpv4.DHCPv4) {
		if m.MessageType() == dhcpv4.MessageTypeAck && !refused {
			refused = true
			m.UpdateOption(dhcpv4.OptMessageType(dhcpv4.MessageTypeNak))
		}
		m.Options.Del(dhcpv4.OptionSubnetMask)
	}}
	l, err := acquire(t.Context(), s, clientMAC, slog.New(slog.DiscardHandler))
	if err != nil || !refused || l.Prefix != netip.MustParsePrefix("10.0.2.20/24") {
		t.Errorf("%+v, %v, refused %v", l, err, refused)
	}
}

// TestRenew: over the stack, and what goes wrong leaves the lease as it is.
func TestRenew(t *testing.T) {
	n := host.Real(prng.New(1))
	t.Cleanup(func() { n.Close() })
	hosts := make([]*host.Host, 2)
	ports := make([]*vnet.Port, 2)
	for i, a := range []string{"10.0.2.2/24", "10.0.2.20/24"} {
		hosts[i] = host.New(n, host.Config{Name: a})
		ports[i] = hosts[i].AddInterface(tcpip.Interface{Name: "eth0", NoDAD: true, MTU: 1500,
			MAC: wire.MAC{2, 0, 0, 0, 0, byte(i)}, Addrs: []netip.Prefix{netip.MustParsePrefix(a)}})
	}
	n.Do(func(_ clock.Instant, v *vnet.Network) { v.Connect(ports[0], ports[1], vnet.Settings{}) })
	conn, err := hosts[0].ListenPacket("udp4", ":67")
	if err != nil {
		t.Fatal(err)
	}
	answer := dhcpv4.MessageTypeNak
	go func() {
		b := make([]byte, 2048)
		for {
			size, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			m, err := dhcpv4.FromBytes(b[:size])
			if err != nil {
				continue
			}
			reply, _ := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(answer),
				dhcpv4.WithLeaseTime(7200))
			conn.WriteTo([]byte("no message"), from)
			answer = dhcpv4.MessageTypeAck
			conn.WriteTo(reply.ToBytes(), from)
		}
	}()
	l, err := acquire(t.Context(), &server{t: t}, clientMAC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if l.half() != 30*time.Minute {
		t.Errorf("half of the lease is %v", l.half())
	}
	if err := l.renew(hosts[1]); err == nil || !strings.Contains(err.Error(), "the server says NAK") {
		t.Errorf("a refused renewal: %v", err)
	}
	if err := l.renew(hosts[1]); err != nil || l.half() != time.Hour {
		t.Errorf("half of the renewed lease is %v, %v", l.half(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.keep(ctx, hosts[1], slog.New(slog.DiscardHandler)) // ends
}

// TestEnvironment: what boot says is taken, and nonsense is told.
func TestEnvironment(t *testing.T) {
	a, given, err := fromEnviron([]string{"HOME=/", "ATOLL_IP=10.0.2.15/24,10.0.2.2",
		"ATOLL_DNS=10.0.2.3,fd00::1"})
	if err != nil || !given || a.Prefix.String() != "10.0.2.15/24" || a.Router.String() != "10.0.2.2" ||
		len(a.Servers) != 2 {
		t.Errorf("%+v, %v, %v", a, given, err)
	}
	a, given, err = fromEnviron([]string{"ATOLL_IP=10.0.2.15/24"})
	if err != nil || !given || a.Router.IsValid() {
		t.Errorf("without a router: %+v, %v, %v", a, given, err)
	}
	if _, given, err := fromEnviron(nil); given || err != nil {
		t.Errorf("nothing said: %v, %v", given, err)
	}
	for _, wrong := range []string{"ATOLL_IP=10.0.2.15", "ATOLL_IP=10.0.2.15/24,router",
		"ATOLL_IP=fd00::1/64", "ATOLL_IP=10.0.2.15/24,fd00::1", "ATOLL_DNS=here"} {
		if _, _, err := fromEnviron([]string{wrong}); err == nil ||
			!strings.Contains(err.Error(), strings.SplitN(wrong, "=", 2)[0]) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestStart: a machine without a card has the loopback.
func TestStart(t *testing.T) {
	if _, err := os.Stat("/dev/net0"); err == nil {
		t.Skip("this machine has a card")
	}
	random := strings.NewReader(strings.Repeat("random", 20))
	h, err := Start(t.Context(), Config{Random: random, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Network().Close()
	l, err := h.Listen("tcp", "127.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if conn, err := l.Accept(); err == nil {
			io.WriteString(conn, "loop")
			conn.Close()
		}
	}()
	conn, err := h.DialContext(t.Context(), "tcp", "localhost:80")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); string(text) != "loop" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := h.LookupHost(t.Context(), "example.org"); err == nil {
		t.Error("a name is found without a server")
	}
	_, err = Start(t.Context(), Config{Random: strings.NewReader("few"),
		Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Error("without random bytes it starts")
	}
}

// TestCard: the address of the card is what boot said; a card that echoes is nobody else.
func TestCard(t *testing.T) {
	name := filepath.Join(t.TempDir(), "net0")
	info := []byte("mac 52:54:00:00:00:0f mtu 1400\n")
	if err := os.WriteFile(name+".info", info, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o600); err != nil { // what is written comes back
		t.Fatal(err)
	}
	c := Config{Environ: []string{"ATOLL_IP=10.0.2.15/24,10.0.2.2", "ATOLL_DNS=10.0.2.3"},
		Random: strings.NewReader(strings.Repeat("random", 20)), Log: slog.New(slog.DiscardHandler)}
	h, err := start(t.Context(), c, name)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Network().Close()
	i := h.Interfaces()[0]
	if i.Name != "net0" || i.MTU != 1400 || i.HardwareAddr.String() != "52:54:00:00:00:0f" ||
		i.Addrs[0].String() != "10.0.2.15/24" {
		t.Errorf("%+v", i)
	}
	c.Environ = []string{"ATOLL_IP=here"}
	if _, err := start(t.Context(), c, name); err == nil {
		t.Error("nonsense for an address is taken")
	}
	c.Environ = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := start(ctx, c, name); err == nil {
		t.Error("a stopped machine goes on to ask for an address")
	}
	if err := os.WriteFile(name+".info", []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t.Context(), c, name); err == nil {
		t.Error("nonsense about a card is taken")
	}
}

// TestAnnouncement: who has the address is told to all.
func TestAnnouncement(t *testing.T) {
	eth, message, err := wire.ParseEthernet(announcement(clientMAC, netip.MustParseAddr("10.0.2.15")))
	if err != nil || eth.Dst != wire.Broadcast || eth.Type != wire.TypeARP {
		t.Fatalf("%+v, %v", eth, err)
	}
	arp, err := wire.ParseARP(message)
	if err != nil || arp.SenderIP != arp.TargetIP || arp.SenderMAC != clientMAC {
		t.Errorf("%+v, %v", arp, err)
	}
}

// TestResolver: servers are asked by way of the host, in turn.
func TestResolver(t *testing.T) {
	h, err := newHost(Config{Random: strings.NewReader(strings.Repeat("random", 20))},
		&Address{Servers: []netip.Addr{netip.MustParseAddr("10.0.2.3")}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Network().Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := h.LookupHost(ctx, "example.org"); err == nil {
		t.Error("a server that cannot be reached answers")
	}
}

// FuzzMessage: whatever frame comes, it is a message for us or none.
func FuzzMessage(f *testing.F) {
	c := &client{mac: clientMAC}
	m, err := dhcpv4.NewDiscovery(clientMAC[:])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.frame(m.ToBytes()))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if m := c.message(frame); m != nil {
			leaseOf(m)
		}
	})
}
