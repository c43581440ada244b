package dhcp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// rig is a client without an address and a server, on one link, in virtual time.
type rig struct {
	t      *testing.T
	client *host.Host
	server *server
	begun  time.Time
	stop   context.CancelCauseFunc
	ended  chan error

	mu      sync.Mutex
	changes []string // the addresses that the client was lent; "none" after one
	last    *Lease
	log     bytes.Buffer
}

var (
	clientMAC = wire.MAC{2, 0, 0, 0, 0, 2}
	errEnough = errors.New("enough")
)

// run starts a client and a server in a bubble and calls f, which may change the server before the
// client's first frame comes to it.
func run(t *testing.T, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		n := host.Virtual(prng.New(1))
		defer n.Close()
		r := &rig{t: t, ended: make(chan error, 1), begun: time.Now()}
		serving := host.New(n, host.Config{Name: "server"})
		r.client = host.New(n, host.Config{Name: "client"})
		far := serving.AddInterface(tcpip.Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1},
			MTU: 1500, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}})
		near := r.client.AddInterface(tcpip.Interface{Name: "net0", MAC: clientMAC, MTU: 1500})
		n.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Connect(near, far, vnet.Settings{Delay: time.Millisecond, MTU: 1500})
		})
		r.server = serve(t, serving)
		ctx, stop := context.WithCancelCause(t.Context())
		r.stop = stop
		c := Config{Host: r.client, MAC: clientMAC, Name: "web", Random: prng.New(7),
			Log: slog.New(slog.NewTextHandler(r, nil)), Changed: r.changed}
		go func() { r.ended <- Run(ctx, c) }()
		f(r)
		stop(errEnough)
		if err := <-r.ended; err != errEnough {
			t.Errorf("Run returned %v, want the cause of the end", err)
		}
	})
}

func (r *rig) changed(l *Lease) {
	text := "none"
	if l != nil {
		text = l.Addr.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes, r.last = append(r.changes, text), l
}

// Write takes the client's log.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

// logged returns the log so far.
func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// lease returns the lease.
func (r *rig) lease() *Lease {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// until sleeps until so long after the start.
func (r *rig) until(d time.Duration) { time.Sleep(time.Until(r.begun.Add(d))) }

// wantChanges holds what Changed was told against a list.
func (r *rig) wantChanges(want string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.changes, " "); got != want {
		r.t.Errorf("%s: leases %q, want %q", time.Since(r.begun), got, want)
	}
}

// wantAddrs holds the client's IPv4 addresses against a list.
func (r *rig) wantAddrs(want string) {
	r.t.Helper()
	var got []string
	for _, p := range r.client.Interfaces()[0].Addrs {
		if p.Addr().Is4() {
			got = append(got, p.String())
		}
	}
	if strings.Join(got, " ") != want {
		r.t.Errorf("%s: addresses %q, want %q", time.Since(r.begun), got, want)
	}
}

// wantHeard holds when the server was asked for what, and from where, against lines from message
// number first on.
func (r *rig) wantHeard(first int, want ...string) {
	r.t.Helper()
	var got []string
	for _, h := range r.server.got()[first:] {
		at := h.at.Sub(r.begun).Round(time.Second)
		got = append(got, fmt.Sprintf("%s %s from %s", at, h.kind, h.from))
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("the server heard\n%s\nwant\n%s", strings.Join(got, "\n"),
			strings.Join(want, "\n"))
	}
}

// TestAcquire: two exchanges, and the host has address, network and route.
func TestAcquire(t *testing.T) {
	run(t, func(r *rig) {
		r.until(time.Second)
		r.wantHeard(0, "0s DISCOVER from 0.0.0.0:68", "0s REQUEST from 0.0.0.0:68")
		r.wantChanges("10.0.0.9/24")
		r.wantAddrs("10.0.0.9/24")
		m := r.server.got()[1].m
		if m.HostName() != "web" || !m.IsBroadcast() || !m.RequestedIPAddress().Equal(
			net.IPv4(10, 0, 0, 9)) || !m.ServerIdentifier().Equal(net.IPv4(10, 0, 0, 1)) {
			t.Errorf("the request is %s", m.Summary())
		}
		want := Lease{Addr: netip.MustParsePrefix("10.0.0.9/24"),
			Router: netip.MustParseAddr("10.0.0.1"), Server: netip.MustParseAddr("10.0.0.1"),
			Servers:  []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.3")},
			Obtained: r.lease().Obtained, T1: 30 * time.Minute, T2: 52*time.Minute + 30*time.Second,
			Length: time.Hour}
		if !reflect.DeepEqual(*r.lease(), want) {
			t.Errorf("the lease is %+v\nwant %+v", *r.lease(), want)
		}
		if _, err := r.client.Ping(r.t.Context(), want.Router); err != nil {
			t.Errorf("ping of the router: %v", err)
		}
		r.client.Inspect(func(s *tcpip.Stack) {
			if text := fmt.Sprint(s.Routes()); !strings.Contains(text, "0.0.0.0/0 via 10.0.0.1 port 0") {
				t.Errorf("routes %s: none by the router", text)
			}
		})
	})
}

// RFC 2131 §4.4.5: at T1 the server is asked from the address, without a broadcast.
func TestRenew(t *testing.T) {
	run(t, func(r *rig) {
		r.until(61 * time.Minute)
		r.wantHeard(2, "30m0s REQUEST from 10.0.0.9:68", "1h0m0s REQUEST from 10.0.0.9:68")
		m := r.server.got()[2].m
		if m.IsBroadcast() || m.ServerIdentifier() != nil || m.RequestedIPAddress() != nil ||
			!m.ClientIPAddr.Equal(net.IPv4(10, 0, 0, 9)) {
			t.Errorf("RFC 2131 table 5: the request is %s", m.Summary())
		}
		r.wantChanges("10.0.0.9/24 10.0.0.9/24 10.0.0.9/24")
		r.server.set(func() { r.server.lends = netip.MustParseAddr("10.0.0.10") })
		r.until(91 * time.Minute)
		r.wantAddrs("10.0.0.10/24") // a server that renews with another address means it
	})
}

// RFC 2131 §4.4.5: the waits halve what is left, and are a minute at least; from T2 on everybody is
// asked.
func TestRebind(t *testing.T) {
	run(t, func(r *rig) {
		r.until(time.Second)
		r.server.set(func() { r.server.silent = true })
		r.until(53 * time.Minute)
		r.server.set(func() { r.server.silent = false })
		r.until(58 * time.Minute)
		heard := r.server.got()[2:]
		last := heard[len(heard)-1]
		if at := last.at.Sub(r.begun).Round(time.Second); at != 56*time.Minute+15*time.Second {
			t.Errorf("the last request came after %s", at)
		}
		if text := r.logged(); !strings.Contains(text, "the address is not renewed") {
			t.Errorf("the log has no word of it:\n%s", text)
		}
		r.wantChanges("10.0.0.9/24 10.0.0.9/24")
		if l := r.lease().Obtained.Sub(r.begun).Round(time.Second); l != 56*time.Minute+15*time.Second {
			t.Errorf("the new lease counts from %s", l)
		}
	})
}

// RFC 2131 §4.4.5: when the time is up the client must stop what it does with the address.
func TestExpire(t *testing.T) {
	run(t, func(r *rig) {
		r.until(time.Second)
		r.server.set(func() { r.server.silent = true })
		r.until(59*time.Minute + 59*time.Second)
		r.wantAddrs("10.0.0.9/24")
		r.until(60*time.Minute + time.Second)
		r.wantAddrs("")
		r.wantChanges("10.0.0.9/24 none")
		r.client.Inspect(func(s *tcpip.Stack) {
			if text := fmt.Sprint(s.Routes()); strings.Contains(text, "10.0.0.") {
				t.Errorf("routes %s are left", text)
			}
		})
		r.server.set(func() { r.server.silent = false })
		r.until(65 * time.Minute)
		r.wantAddrs("10.0.0.9/24")
		r.wantChanges("10.0.0.9/24 none 10.0.0.9/24")
	})
}

// TestRefused: a NAK to the first request begins anew, and one to a renewal takes the address away.
func TestRefused(t *testing.T) {
	run(t, func(r *rig) {
		r.server.set(func() { r.server.refuses = true })
		r.until(500 * time.Millisecond)
		r.wantChanges("")
		r.server.set(func() { r.server.refuses = false })
		r.until(2 * time.Second)
		r.wantChanges("10.0.0.9/24")
		r.server.set(func() { r.server.refuses = true })
		r.until(31 * time.Minute)
		r.wantAddrs("")
		if text := r.logged(); !strings.Contains(text, errRefused.Error()) {
			t.Errorf("the log has no word of it:\n%s", text)
		}
	})
}

// TestNobody: the waits double, each is told, and a server that comes up is found.
func TestNobody(t *testing.T) {
	run(t, func(r *rig) {
		r.server.set(func() { r.server.silent = true })
		r.until(10 * time.Minute)
		var last time.Duration
		waits := []time.Duration(nil)
		for _, h := range r.server.got() {
			at := h.at.Sub(r.begun)
			waits = append(waits, (at - last).Truncate(time.Second))
			last = at
		}
		for i, w := range waits[1:] {
			if d := min(time.Second<<i, 64*time.Second); w < d || w > d+d/4 {
				t.Errorf("wait %d is %s", i, w)
			}
		}
		if n := strings.Count(r.logged(), "waiting for dhcp"); n != len(waits)-1 {
			t.Errorf("%d waits are told of %d", n, len(waits)-1)
		}
		r.server.set(func() { r.server.silent = false })
		r.until(13 * time.Minute)
		r.wantChanges("10.0.0.9/24")
	})
}

// TestOfferThenSilence: after requestsMax requests without an answer it begins anew.
func TestOfferThenSilence(t *testing.T) {
	run(t, func(r *rig) {
		r.server.set(func() {
			r.server.spoil = func(a *dhcpv4.DHCPv4) {
				if a.MessageType() == dhcpv4.MessageTypeAck {
					a.TransactionID[0]++
				}
			}
		})
		r.until(25 * time.Second)
		kinds := ""
		for _, h := range r.server.got()[:6] {
			kinds += h.kind.String() + " "
		}
		if kinds != "DISCOVER REQUEST REQUEST REQUEST REQUEST DISCOVER " {
			t.Errorf("the server heard %s", kinds)
		}
		r.wantChanges("")
	})
}

// TestStrangers: answers that are for others, or of nonsense, change nothing.
func TestStrangers(t *testing.T) {
	for name, spoil := range map[string]func(*dhcpv4.DHCPv4){
		"transaction":      func(a *dhcpv4.DHCPv4) { a.TransactionID[3]++ },
		"hardware address": func(a *dhcpv4.DHCPv4) { a.ClientHWAddr[5]++ },
		"short address":    func(a *dhcpv4.DHCPv4) { a.ClientHWAddr = a.ClientHWAddr[:5] },
		"a request":        func(a *dhcpv4.DHCPv4) { a.OpCode = dhcpv4.OpcodeBootRequest },
		"no server":        func(a *dhcpv4.DHCPv4) { a.Options.Del(dhcpv4.OptionServerIdentifier) },
		"no address":       func(a *dhcpv4.DHCPv4) { a.YourIPAddr = net.IPv4zero },
		"everybody":        func(a *dhcpv4.DHCPv4) { a.YourIPAddr = net.IPv4bcast },
		"a group":          func(a *dhcpv4.DHCPv4) { a.YourIPAddr = net.IPv4(224, 0, 0, 1) },
		"the loopback":     func(a *dhcpv4.DHCPv4) { a.YourIPAddr = net.IPv4(127, 0, 0, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(r *rig) {
				r.server.set(func() { r.server.spoil = spoil })
				r.until(4 * time.Second)
				r.wantChanges("")
				r.server.set(func() { r.server.spoil = nil })
				r.until(60 * time.Second)
				r.wantChanges("10.0.0.9/24")
			})
		})
	}
}

// TestNetworkEnds: Run says so.
func TestNetworkEnds(t *testing.T) {
	n := host.Real(prng.New(1))
	h := host.New(n, host.Config{Name: "client"})
	h.AddInterface(tcpip.Interface{Name: "net0", MAC: clientMAC, MTU: 1500})
	time.AfterFunc(50*time.Millisecond, func() { n.Close() })
	c := Config{Host: h, MAC: clientMAC, Random: prng.New(1), Log: slog.New(slog.DiscardHandler)}
	if err := Run(t.Context(), c); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run returned %v", err)
	}
}

// TestTwoClients: the port can be used once.
func TestTwoClients(t *testing.T) {
	run(t, func(r *rig) {
		r.until(time.Second)
		err := Run(r.t.Context(), Config{Host: r.client})
		if err == nil || !strings.Contains(err.Error(), "dhcp: open a socket: ") {
			t.Errorf("a second client: %v", err)
		}
	})
}
