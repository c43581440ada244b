package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// lan is the link of most tests in virtual time.
var lan = vnet.Settings{Delay: time.Millisecond, MTU: 1500}

// virtually runs f in a bubble, on two hosts with a link of that kind.
func virtually(t *testing.T, s vnet.Settings, o tcp.Options, f func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newPair(t, Virtual(seed(1)), s, o)) })
}

// say sends a text and wants it to arrive.
func say(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Errorf("write %q: %v", text, err)
	}
	to.SetReadDeadline(time.Now().Add(10 * time.Second))
	defer to.SetReadDeadline(time.Time{})
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Errorf("read %q, %v, want %q", got, err, text)
	}
}

// Who listens where can be dialed how: as package net has it.
func TestListenAndDial(t *testing.T) {
	for _, c := range []struct {
		listen, at, dial, to string
		from                 string // the peer's address as the server sees it; "" is refused
	}{
		{"tcp", ":80", "tcp", "b:80", "fd00::1"}, // IPv6 first
		{"tcp", ":80", "tcp4", "b:80", "10.0.0.1"},
		{"tcp", ":80", "tcp6", "b:80", "fd00::1"},
		{"tcp", "[::]:80", "tcp", "10.0.0.2:80", "10.0.0.1"},
		{"tcp", "0.0.0.0:80", "tcp", "10.0.0.2:80", "10.0.0.1"},
		{"tcp", "0.0.0.0:80", "tcp6", "b:80", ""},
		{"tcp4", ":80", "tcp6", "b:80", ""},
		{"tcp4", ":80", "tcp", "b:80", "10.0.0.1"}, // IPv6 refuses, then IPv4
		{"tcp6", ":80", "tcp6", "b:80", "fd00::1"},
		{"tcp", "b:80", "tcp4", "b:80", "10.0.0.1"}, // a name prefers IPv4 here
		{"tcp", "b:80", "tcp6", "b:80", ""},
		{"tcp6", "b:80", "tcp6", "b:80", "fd00::1"},
		{"tcp", "[fd00::2]:80", "tcp", "[fd00::2]:80", "fd00::1"},
		{"tcp", "10.0.0.2:http", "tcp", "10.0.0.2:http", "10.0.0.1"},
	} {
		t.Run(c.listen+" "+c.at+" "+c.dial+" "+c.to, func(t *testing.T) {
			virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
				l, err := p.b.Listen(c.listen, c.at)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				client, err := p.a.Dial(c.dial, c.to)
				if c.from == "" {
					if !errors.Is(err, syscall.ECONNREFUSED) {
						t.Errorf("dial: %v, want it refused", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				server, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				if got := server.RemoteAddr().(*net.TCPAddr).IP.String(); got != c.from {
					t.Errorf("the peer is %s, want %s", got, c.from)
				}
				if got, want := server.RemoteAddr().String(), client.LocalAddr().String(); got != want {
					t.Errorf("the server says its peer is %s, that says it is %s", got, want)
				}
				say(t, client, server, "over there")
				say(t, server, client, "and back")
			})
		})
	}
}

// A host reaches itself, by every name it has.
func TestDialOneself(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		l, err := p.a.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, to := range []string{":80", "localhost:80", "127.0.0.1:80", "[::1]:80", "a:80",
			"10.0.0.1:80", "0.0.0.0:80", "[::]:80"} {
			client, err := p.a.Dial("tcp", to)
			if err != nil {
				t.Errorf("dial %s: %v", to, err)
				continue
			}
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			say(t, client, server, to)
			client.Close()
			server.Close()
		}
	})
}

func TestAddressInUse(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		for _, c := range []struct {
			first, second string
			taken         bool
		}{
			{":80", ":80", true}, {":80", "10.0.0.2:80", true}, {"0.0.0.0:80", "10.0.0.2:80", true},
			{"10.0.0.2:80", "[fd00::2]:80", false}, {"10.0.0.2:80", "127.0.0.1:80", false},
			{":80", ":81", false},
		} {
			first, err := p.b.Listen("tcp", c.first)
			if err != nil {
				t.Fatal(err)
			}
			second, err := p.b.Listen("tcp", c.second)
			if taken := errors.Is(err, syscall.EADDRINUSE); taken != c.taken || !taken && err != nil {
				t.Errorf("%s and %s: %v, want in use: %t", c.first, c.second, err, c.taken)
			}
			first.Close()
			if second != nil {
				second.Close()
			}
		}
	})
}

func TestLookup(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		ctx := context.Background()
		ended, cancel := context.WithCancel(ctx)
		cancel()
		for _, c := range []struct {
			ctx           context.Context
			network, name string
			want          string // addresses, or the error's text
		}{
			{ctx, "ip", "b", "fd00::2 10.0.0.2"},
			{ctx, "ip4", "b", "10.0.0.2"},
			{ctx, "ip6", "b", "fd00::2"},
			{ctx, "ip", "localhost", "::1 127.0.0.1"},
			{ctx, "ip", "192.0.2.1", "192.0.2.1"},
			{ctx, "ip", "::ffff:192.0.2.1", "192.0.2.1"},
			{ctx, "ip4", "fd00::9", "lookup fd00::9: no such host"},
			{ctx, "ip", "nobody", "lookup nobody: no such host"},
			{ended, "ip", "b", "operation was canceled"},
		} {
			addrs, err := p.a.LookupNetIP(c.ctx, c.network, c.name)
			var list []string
			for _, a := range addrs {
				list = append(list, a.String())
			}
			got := strings.Join(list, " ")
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("lookup %s %s: %s, want %s", c.network, c.name, got, c.want)
			}
		}
		list, err := p.a.LookupHost(ctx, "b")
		if !slices.Equal(list, []string{"fd00::2", "10.0.0.2"}) || err != nil {
			t.Errorf("LookupHost = %v, %v", list, err)
		}
		if _, err := p.a.LookupHost(ctx, "nobody"); err == nil {
			t.Error("LookupHost of nobody: no error")
		}
		alone := New(p.network, Config{Name: "alone"})
		var notFound *net.DNSError
		if _, err := alone.LookupNetIP(ctx, "ip", "b"); !errors.As(err, &notFound) ||
			!notFound.IsNotFound {
			t.Errorf("without a resolver: %v, want that there is no such host", err)
		}
	})
}

// What cannot be dialed or listened on says so at once, as package net does.
func TestWrongAddresses(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		for _, c := range []struct{ network, to, want string }{
			{"tcp", "nobody:80", "dial tcp: lookup nobody: no such host"},
			{"tcp4", "[fd00::2]:80", "dial tcp4: address fd00::2: no suitable address"},
			{"tcp", "192.0.2.1:80", "dial tcp 192.0.2.1:80: connect: network is unreachable"},
			{"udp", "192.0.2.1:80", "dial udp 192.0.2.1:80: connect: network is unreachable"},
			{"tcp", "b", "dial tcp: address b: missing port in address"},
			{"tcp", "b:-1", "dial tcp: address -1: invalid port"},
			{"tcp", "b:nosuchservice", "dial tcp: lookup tcp/nosuchservice: unknown port"},
			{"ip", "b:80", "dial ip: unknown network ip"},
			{"", "b:80", "dial: unknown network "},
		} {
			if _, err := p.a.Dial(c.network, c.to); err == nil || err.Error() != c.want {
				t.Errorf("dial %s %s: %v, want %s", c.network, c.to, err, c.want)
			}
		}
		for _, c := range []struct{ network, at, want string }{
			{"tcp", "nobody:80", "listen tcp: lookup nobody: no such host"},
			{"tcp6", "10.0.0.1:80", "listen tcp6: address 10.0.0.1: no suitable address"},
			{"tcp", "10.0.0.9:80", "listen tcp 10.0.0.9:80: bind: cannot assign requested address"},
			{"tcp", "80", "listen tcp: address 80: missing port in address"},
			{"unix", "x:80", "listen unix: unknown network unix"},
		} {
			if _, err := p.a.Listen(c.network, c.at); err == nil || err.Error() != c.want {
				t.Errorf("listen %s %s: %v, want %s", c.network, c.at, err, c.want)
			}
		}
		for _, c := range []struct{ network, at, want string }{
			{"udp", "10.0.0.9:80", "listen udp 10.0.0.9:80: bind: cannot assign requested address"},
			{"tcp", ":80", "listen tcp [::]:80: address :80: unexpected address type"},
		} {
			if _, err := p.a.ListenPacket(c.network, c.at); err == nil || err.Error() != c.want {
				t.Errorf("listen packets %s %s: %v, want %s", c.network, c.at, err, c.want)
			}
		}
	})
}

// A dial that nobody answers ends when its context does, and leaves nothing behind.
func TestDialNobody(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		begin := time.Now()
		_, err := p.a.DialTimeout("tcp", "10.0.0.9:80", time.Second)
		var e net.Error
		if !errors.As(err, &e) || !e.Timeout() || time.Since(begin) != time.Second {
			t.Errorf("DialTimeout: %v after %v, want a timeout after 1s", err, time.Since(begin))
		}
		_, err = p.a.Dial("tcp", "10.0.0.9:80")
		if !errors.Is(err, syscall.EHOSTUNREACH) {
			t.Errorf("dial: %v, want that there is no route to the host", err)
		}
		time.Sleep(time.Millisecond) // the engine has looked
		if n := endpoints(p.a); n != 0 {
			t.Errorf("%d endpoints are left", n)
		}
	})
}

func TestInterfaces(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		if p.a.Name() != "a" || p.a.Network() != p.network {
			t.Error("a host does not know its name or its network")
		}
		list := p.a.Interfaces()
		want := []netip.Prefix{netip.MustParsePrefix("fe80::ff:fe00:1/64"),
			netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")}
		if len(list) != 1 || list[0].Name != "eth0" || list[0].MTU != 1500 ||
			list[0].HardwareAddr.String() != "02:00:00:00:00:01" ||
			!slices.Equal(list[0].Addrs, want) {
			t.Errorf("interfaces are %v, want eth0 with %v", list, want)
		}
		p.a.PowerOff()
		if list := p.a.Interfaces(); list != nil {
			t.Errorf("a machine that is off has the interfaces %v", list)
		}
	})
}
