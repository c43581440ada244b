package card

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Variables of the environment.
const (
	AddressVariable = "ATOLL_IP"  // ADDRESS/BITS[,ROUTER]
	ServersVariable = "ATOLL_DNS" // ADDRESS[,ADDRESS]
)

// Name is the name of the first card, and of its interface.
const Name = "net0"

// Config is what the network of a machine is made of.
type Config struct {
	Random  io.Reader // secrets are made of it
	Environ []string
	Log     *slog.Logger
}

// Address is where a machine is.
type Address struct {
	Prefix  netip.Prefix // invalid: it has no IPv4 address
	Router  netip.Addr   // invalid: none
	Servers []netip.Addr // of names
}

// Start starts the network of this machine. Without a card it has the loopback only.
func Start(ctx context.Context, c Config) (*host.Host, error) {
	return start(ctx, c, "/dev/"+Name)
}

// start starts it on the card whose file has that name.
func start(ctx context.Context, c Config, name string) (*host.Host, error) {
	file, err := device.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		c.Log.Info("no network card")
		return newHost(c, nil)
	} else if err != nil {
		return nil, fmt.Errorf("card: open %s: %w", Name, err)
	}
	a, given, err := fromEnviron(c.Environ)
	if err != nil {
		file.Close()
		return nil, err
	}
	var lease *lease
	if !given {
		if lease, err = acquire(ctx, file, file.MAC, c.Log); err != nil {
			file.Close()
			return nil, err
		}
		if lease != nil {
			a.Prefix, a.Router = lease.Prefix, lease.Router
			a.Servers = append(a.Servers, lease.Servers...)
		}
	}
	h, err := newHost(c, &a)
	if err != nil {
		file.Close()
		return nil, err
	}
	if a.Prefix.IsValid() {
		if err := file.WriteFrame(announcement(file.MAC, a.Prefix.Addr()), false); err != nil {
			file.Close()
			return nil, fmt.Errorf("card: announce the address: %w", err)
		}
	}
	connect(h, file, &a)
	if lease != nil {
		go lease.keep(ctx, h, c.Log)
	}
	return h, nil
}

// newHost makes the machine's stack, still without a card.
func newHost(c Config, a *Address) (*host.Host, error) {
	var seed [8]byte
	var secret [32]byte
	for _, b := range [][]byte{seed[:], secret[:]} {
		if _, err := io.ReadFull(c.Random, b); err != nil {
			return nil, fmt.Errorf("card: read random bytes: %w", err)
		}
	}
	number := uint64(0)
	for _, b := range seed {
		number = number<<8 | uint64(b)
	}
	r := &resolver{}
	h := host.New(host.Real(prng.New(number)), host.Config{Name: "machine", Resolver: r,
		Stack: tcpip.Config{Secret: secret}})
	if a != nil && len(a.Servers) > 0 {
		r.ask(h, a.Servers)
	}
	return h, nil
}

// connect plugs the card in.
func connect(h *host.Host, file *device.File, a *Address) {
	i := tcpip.Interface{Name: Name, MAC: file.MAC, MTU: file.MTU, AcceptRA: true}
	if a.Prefix.IsValid() {
		i.Addrs = []netip.Prefix{a.Prefix}
	}
	port := h.AddInterface(i)
	if a.Router.IsValid() {
		h.SetRoutes([]tcpip.Route{{Dst: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Via: a.Router,
			Port: port.Index()}})
	}
	d := device.Attach(h.Network(), Name, file)
	h.Network().Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: file.MTU})
	})
}

// announcement tells the network whose an address is (RFC 5227 §3): who asked for it before the
// machine was up need not ask again.
func announcement(mac wire.MAC, addr netip.Addr) []byte {
	eth := wire.Ethernet{Dst: wire.Broadcast, Src: mac, Type: wire.TypeARP}
	arp := wire.ARP{Op: wire.ARPRequest, SenderMAC: mac, SenderIP: addr, TargetIP: addr}
	return arp.Append(eth.Append(nil))
}

// fromEnviron reads the variables that say where the machine is. given says that there was an
// address.
func fromEnviron(environ []string) (a Address, given bool, err error) {
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		switch name {
		case AddressVariable:
			given = true
			prefix, router, routed := strings.Cut(text, ",")
			if a.Prefix, err = netip.ParsePrefix(prefix); err == nil && routed {
				a.Router, err = netip.ParseAddr(router)
			}
			if err == nil && (!a.Prefix.Addr().Is4() || routed && !a.Router.Is4()) {
				err = errors.New("it is no IPv4 address")
			}
		case ServersVariable:
			for word := range strings.SplitSeq(text, ",") {
				var server netip.Addr
				if server, err = netip.ParseAddr(word); err != nil {
					break
				}
				a.Servers = append(a.Servers, server)
			}
		}
		if err != nil {
			return a, false, fmt.Errorf("card: %s=%.80q: %w", name, text, err)
		}
	}
	return a, given, nil
}

// resolver asks DNS servers, once it knows some.
type resolver struct{ dns *net.Resolver }

// ask makes a host's own network the way to the servers. They are asked in turn.
func (r *resolver) ask(h *host.Host, servers []netip.Addr) {
	var next atomic.Uint32
	r.dns = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (
		net.Conn, error) {
		server := servers[int(next.Add(1)-1)%len(servers)]
		return h.DialContext(ctx, network, netip.AddrPortFrom(server, 53).String())
	}}
}

// LookupNetIP returns the addresses of a name.
func (r *resolver) LookupNetIP(ctx context.Context, name string) ([]netip.Addr, error) {
	if r.dns == nil {
		return nil, &net.DNSError{Err: "no DNS server is known", Name: name, IsNotFound: true}
	}
	return r.dns.LookupNetIP(ctx, "ip", name)
}
