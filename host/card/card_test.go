//go:build unix

package card

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

var (
	cardMAC  = wire.MAC{0x52, 0x54, 0, 0, 0, 15}
	serverIP = net.IPv4(10, 0, 2, 2).To4()
)

var errStop = errors.New("stop")

// TestMain looks a name up first. Package net makes a channel for its configuration then and keeps
// it: one made in a bubble of testing/synctest would be fatal to look-ups in the next bubble.
func TestMain(m *testing.M) {
	r := net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errStop }}
	_, _ = r.LookupHost(context.Background(), "localhost")
	os.Exit(m.Run())
}

// log is a machine's log.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *log) config(environ ...string) Config {
	return Config{Name: "machine", Random: prng.New(1), Environ: environ,
		Log: slog.New(slog.NewTextHandler(l, nil))}
}

// router is a host at the other end of a card's wire, and returns the card's frames.
func router(t *testing.T) (*host.Host, device.Frames) {
	t.Helper()
	near, far := net.Pipe()
	n := host.Real(prng.New(2))
	h := host.New(n, host.Config{Name: "router"})
	port := h.AddInterface(tcpip.Interface{Name: "eth0", NoDAD: true, MTU: 1500,
		MAC:   wire.MAC{2, 0, 0, 0, 0, 2},
		Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.2.2/24")}})
	d := device.Attach(n, "wire", device.NewStream(far))
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: 1500})
	})
	t.Cleanup(func() { d.Close(); n.Close() })
	return h, device.NewStream(near)
}

// serve lends 10.0.2.20 to whoever asks, by a host of the network, and knows one name.
func serve(t *testing.T, h *host.Host) {
	t.Helper()
	conn, err := h.ListenPacket("udp4", "0.0.0.0:67")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			m, err := dhcpv4.FromBytes(b[:n])
			if err != nil {
				continue
			}
			kind := dhcpv4.MessageTypeOffer
			if m.MessageType() == dhcpv4.MessageTypeRequest {
				kind = dhcpv4.MessageTypeAck
			}
			reply, err := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(kind),
				dhcpv4.WithServerIP(serverIP), dhcpv4.WithYourIP(net.IPv4(10, 0, 2, 20)),
				dhcpv4.WithNetmask(net.CIDRMask(24, 32)), dhcpv4.WithRouter(serverIP),
				dhcpv4.WithDNS(serverIP), dhcpv4.WithLeaseTime(120),
				dhcpv4.WithOption(dhcpv4.OptServerIdentifier(serverIP)))
			if err == nil {
				conn.WriteTo(reply.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: 68})
			}
		}
	}()
}

// begin plugs a card in, in a bubble, and closes the machine's network behind the test.
func begin(t *testing.T, ctx context.Context, c Config, frames device.Frames) *host.Host {
	t.Helper()
	h, err := plugIn(ctx, c, frames, cardMAC, 1500)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { frames.Close(); h.Network().Close() })
	return h
}

// wantAddrs holds a host's IPv4 addresses against a list.
func wantAddrs(t *testing.T, h *host.Host, want string) {
	t.Helper()
	var got []string
	for _, p := range h.Interfaces()[0].Addrs {
		if p.Addr().Is4() {
			got = append(got, p.String())
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("addresses %q, want %q", got, want)
	}
}

// TestGiven: an address that is set needs no server, and is told to the others.
func TestGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, frames := router(t)
		var l log
		h := begin(t, t.Context(), l.config("ATOLL_IP=10.0.2.15/24,10.0.2.2"), frames)
		wantAddrs(t, h, "10.0.2.15/24")
		if _, err := h.Ping(t.Context(), netip.MustParseAddr("10.0.2.2")); err != nil {
			t.Error(err)
		}
		if _, err := far.Ping(t.Context(), netip.MustParseAddr("10.0.2.15")); err != nil {
			t.Error(err)
		}
		h.Inspect(func(s *tcpip.Stack) {
			for _, r := range s.Routes() {
				if r.Via == netip.MustParseAddr("10.0.2.2") {
					return
				}
			}
			t.Errorf("no route by the router: %v", s.Routes())
		})
		if l.String() != "" {
			t.Errorf("log %s", &l)
		}
	})
}

// TestGivenTable: an IPv6 address that is set is there beside the IPv4 one, with its router, and
// the names of a table are found without a server.
func TestGivenTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, frames := router(t)
		var l log
		h := begin(t, t.Context(), l.config("ATOLL_IP=10.0.2.15/24", "ATOLL_IP6=fd00::f/64,fd00::2",
			"ATOLL_HOSTS=web=10.0.2.2,web=fd00::2"), frames)
		time.Sleep(2 * time.Second) // until nobody else has the address
		if i := h.Interfaces()[0]; !slices.Contains(i.Addrs, netip.MustParsePrefix("fd00::f/64")) {
			t.Errorf("addresses %v", i.Addrs)
		}
		h.Inspect(func(s *tcpip.Stack) {
			for _, r := range s.Routes() {
				if r.Via == netip.MustParseAddr("fd00::2") {
					return
				}
			}
			t.Errorf("no route by the router: %v", s.Routes())
		})
		if found, err := h.LookupHost(t.Context(), "WEB."); err != nil ||
			strings.Join(found, " ") != "fd00::2 10.0.2.2" {
			t.Errorf("web is %v, %v", found, err)
		}
	})
}

// TestBorrowed: the machine starts with the address that DHCP lends, asks the server's names, and
// loses the address when nobody renews it.
func TestBorrowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, frames := router(t)
		serve(t, far)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var l log
		h := begin(t, ctx, l.config(), frames)
		wantAddrs(t, h, "10.0.2.20/24")
		if !strings.Contains(l.String(), "address by dhcp\" address=10.0.2.20/24 router=10.0.2.2") {
			t.Errorf("log %s", &l)
		}
		asked := make(chan bool)
		names, err := far.ListenPacket("udp4", ":53")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			n, _, _ := names.ReadFrom(make([]byte, 1500))
			asked <- n > 0
		}()
		short, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		if _, err := h.LookupHost(short, "example.org"); err == nil {
			t.Error("a server that says nothing has answered")
		}
		if !<-asked {
			t.Error("the name is not asked of the server that DHCP has named")
		}
		far.PowerOff()
		time.Sleep(5 * time.Minute)
		wantAddrs(t, h, "")
		if !strings.Contains(l.String(), "the IPv4 address is taken away") {
			t.Errorf("log %s", &l)
		}
	})
}

// TestNoServer: the wait is told, and has an end; the address is taken when it comes.
func TestNoServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, frames := router(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var l log
		begun := time.Now()
		h := begin(t, ctx, l.config(), frames)
		if took := time.Since(begun); took != AddressWait {
			t.Errorf("it has waited %s", took)
		}
		for _, want := range []string{"waiting for dhcp", "waited=3s", "waited=10s", "--ip 10.0"} {
			if !strings.Contains(l.String(), want) {
				t.Errorf("no %q in the log:\n%s", want, &l)
			}
		}
		wantAddrs(t, h, "")
		serve(t, far)
		time.Sleep(time.Minute)
		wantAddrs(t, h, "10.0.2.20/24")
	})
}

// TestStopped: a machine that is stopped while it waits does not wait on.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, frames := router(t)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errStop)
		defer cancel()
		var l log
		begun := time.Now()
		if _, err := plugIn(ctx, l.config(), frames, cardMAC, 1500); err != errStop {
			t.Errorf("%v, want the cause of the stop", err)
		}
		frames.Close()
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("it has waited %s", took)
		}
	})
}

// TestWrongSettings: nonsense is an error before anything starts.
func TestWrongSettings(t *testing.T) {
	var l log
	if _, err := plugIn(t.Context(), l.config("ATOLL_IP=here"), nil, cardMAC, 1500); err == nil {
		t.Error("it starts with ATOLL_IP=here")
	}
	c := l.config()
	c.Random = strings.NewReader("few")
	if _, err := plugIn(t.Context(), c, nil, cardMAC, 1500); err == nil {
		t.Error("it starts without random bytes")
	}
}

// TestEnvironment: what boot says is taken, and nonsense is told.
func TestEnvironment(t *testing.T) {
	s, err := fromEnviron([]string{"HOME=/", "ATOLL_IP=10.0.2.15/24,10.0.2.2",
		"ATOLL_DNS=10.0.2.3,fd00::1"})
	if err != nil || s.prefix.String() != "10.0.2.15/24" || s.router.String() != "10.0.2.2" ||
		len(s.servers) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = fromEnviron([]string{"ATOLL_IP=10.0.2.15/24"})
	if err != nil || !s.prefix.IsValid() || s.router.IsValid() {
		t.Errorf("without a router: %+v, %v", s, err)
	}
	s, err = fromEnviron([]string{"ATOLL_IP6=fd00::f/64,fd00::2",
		"ATOLL_HOSTS=web=10.0.2.15,Web=fd00::f,db=10.0.2.16"})
	if err != nil || s.prefix6.String() != "fd00::f/64" || s.router6.String() != "fd00::2" ||
		len(s.hosts["web"]) != 2 || len(s.hosts) != 2 {
		t.Errorf("IPv6 and names: %+v, %v", s, err)
	}
	if s, err := fromEnviron(nil); s.prefix.IsValid() || err != nil {
		t.Errorf("nothing said: %+v, %v", s, err)
	}
	for _, wrong := range []string{"ATOLL_IP=10.0.2.15", "ATOLL_IP=10.0.2.15/24,router",
		"ATOLL_IP=fd00::1/64", "ATOLL_IP=10.0.2.15/24,fd00::1", "ATOLL_IP=10.0.2.15/24,10.0.3.1",
		"ATOLL_IP=0.0.0.0/0", "ATOLL_IP=224.0.0.1/4", "ATOLL_IP=127.0.0.1/8",
		"ATOLL_IP=255.255.255.255/32", "ATOLL_IP=10.0.2.15/0,0.0.0.0", "ATOLL_IP6=::/64",
		"ATOLL_IP6=::1/128", "ATOLL_IP6=ff02::1/16", "ATOLL_IP6=::ffff:10.0.2.15/100",
		"ATOLL_IP6=10.0.2.15/24", "ATOLL_IP6=fd00::1/64,fe80", "ATOLL_HOSTS==10.0.2.15",
		"ATOLL_HOSTS=web", "ATOLL_HOSTS=web=here",
		"ATOLL_HOSTS=" + strings.Repeat("a=::1,", HostsMax) + "a=::1",
		"ATOLL_DNS=here", "ATOLL_DNS=::1,::1,::1,::1,::1"} {
		if _, err := fromEnviron([]string{wrong}); err == nil ||
			!strings.Contains(err.Error(), "; write "+strings.SplitN(wrong, "=", 2)[0]) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// FuzzEnvironment: whatever the environment says is refused, or a machine can have it.
func FuzzEnvironment(f *testing.F) {
	f.Add("10.0.2.15/24,10.0.2.2", "fd00::f/64,fd00::2", "10.0.2.3,fd00::1", "web=10.0.2.2,Web=::1")
	f.Add("0.0.0.0/0,0.0.0.0", "::ffff:1.2.3.4/100", "::ffff:0.0.0.0", "a=fe80::1%eth0")
	f.Add("10.0.2.15/31", "fe80::1/10,fe80::2", "", "=,")
	f.Fuzz(func(t *testing.T, address, address6, servers, hosts string) {
		var l log
		c := l.config("ATOLL_IP="+address, "ATOLL_IP6="+address6, "ATOLL_DNS="+servers,
			"ATOLL_HOSTS="+hosts)
		if _, err := fromEnviron(c.Environ); err != nil {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			_, frames := router(t)
			h := begin(t, t.Context(), c, frames)
			time.Sleep(2 * time.Second)
			if i := h.Interfaces()[0]; len(i.Addrs) == 0 {
				t.Errorf("%q: there is no address", c.Environ)
			}
		})
	})
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

// TestCard: a card's files say what it is; what cannot be used of it is an error.
func TestCard(t *testing.T) {
	name := filepath.Join(t.TempDir(), "net0")
	info := []byte("mac 52:54:00:00:00:0f mtu 1400\n")
	if err := os.WriteFile(name+".info", info, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name+".frames", 0o600); err != nil { // what is written comes back
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
