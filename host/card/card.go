package card

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/host/dhcp"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Name is the name of the first card, and of its interface.
const Name = "net0"

// AddressWait is how long a start waits for an address by DHCP. A machine that has none by then
// starts without one, may have IPv6, and takes the address when it comes.
const AddressWait = 10 * time.Second

// byHand is what to do where there is no DHCP server.
const byHand = "atoll boot --ip 10.0.2.15/24,10.0.2.2 sets it by hand"

// Config is what the network of a machine is made of.
type Config struct {
	Name    string    // of the machine
	Random  io.Reader // secrets are made of it
	Environ []string
	Log     *slog.Logger
	// Servers is told the DNS servers each time that they are known anew, Hosts once the table of
	// names, which may be empty. Either may be nil.
	Servers func([]netip.Addr) error
	Hosts   func(map[string][]netip.Addr) error
}

// tellServers hands on the servers of names.
func (c *Config) tellServers(servers []netip.Addr) {
	if c.Servers == nil || len(servers) == 0 {
		return
	}
	if err := c.Servers(servers); err != nil {
		c.Log.Warn("package net does not learn the servers of names", "err", err)
	}
}

// tellHosts hands on the table of names.
func (c *Config) tellHosts(hosts map[string][]netip.Addr) {
	if c.Hosts == nil {
		return
	}
	if err := c.Hosts(hosts); err != nil {
		c.Log.Warn("package net does not learn the table of names", "err", err)
	}
}

// Start starts the network of this machine. Without a card it has the loopback only. The card and
// what keeps its address work until ctx ends or the host's network is closed.
func Start(ctx context.Context, c Config) (*host.Host, error) {
	return start(ctx, c, "/dev/"+Name)
}

// start starts it on the card whose file has that name.
func start(ctx context.Context, c Config, name string) (*host.Host, error) {
	file, err := device.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		c.Log.Info("no network card")
		c.tellHosts(nil)
		return newHost(c, &resolver{})
	} else if err != nil {
		return nil, fmt.Errorf("card: open %s: %w", Name, err)
	}
	h, err := plugIn(ctx, c, file, file.MAC, file.MTU)
	if err != nil {
		file.Close()
		return nil, err
	}
	return h, nil
}

// plugIn makes a host with a card, and waits until it has its address.
func plugIn(ctx context.Context, c Config, frames device.Frames, mac wire.MAC, mtu int) (
	*host.Host, error) {
	a, err := fromEnviron(c.Environ)
	if err != nil {
		return nil, err
	}
	r := &resolver{hosts: a.hosts}
	h, err := newHost(c, r)
	if err != nil {
		return nil, err
	}
	i := tcpip.Interface{Name: Name, MAC: mac, MTU: mtu, AcceptRA: true}
	for _, p := range [2]netip.Prefix{a.prefix, a.prefix6} {
		if p.IsValid() {
			i.Addrs = append(i.Addrs, p)
		}
	}
	port := h.AddInterface(i)
	var routes []tcpip.Route
	if a.router.IsValid() {
		routes = append(routes, tcpip.Route{Dst: netip.PrefixFrom(netip.IPv4Unspecified(), 0),
			Via: a.router, Port: port.Index()})
	}
	if a.router6.IsValid() {
		routes = append(routes, tcpip.Route{Dst: netip.PrefixFrom(netip.IPv6Unspecified(), 0),
			Via: a.router6, Port: port.Index()})
	}
	h.SetRoutes(routes)
	r.use(h, a.servers)
	c.tellServers(a.servers)
	c.tellHosts(a.hosts)
	d := device.Attach(h.Network(), Name, frames)
	h.Network().Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: mtu})
	})
	go func() {
		<-d.Ended()
		c.Log.Error("the network card has ended", "err", d.Err())
	}()
	if a.prefix.IsValid() {
		h.Announce(port.Index())
		return h, nil
	}
	err = borrow(ctx, c, h, port.Index(), mac, func(l *dhcp.Lease) {
		if len(a.servers) == 0 { // what somebody has set counts
			r.use(h, l.Servers)
			c.tellServers(l.Servers)
		}
	})
	if err != nil {
		d.Close()
		h.Network().Close()
		return nil, err
	}
	return h, nil
}

// borrow has DHCP look after the address of an interface, and waits for the first one. An error is
// ctx's cause.
func borrow(ctx context.Context, c Config, h *host.Host, port int, mac wire.MAC,
	use func(*dhcp.Lease)) error {
	first, begun := make(chan struct{}), time.Now()
	known := false
	changed := func(l *dhcp.Lease) {
		if l == nil {
			c.Log.Warn("the IPv4 address is taken away")
			return
		}
		use(l)
		h.Announce(port)
		if !known {
			known = true
			c.Log.Info("address by dhcp", "address", l.Addr, "router", l.Router,
				"took", time.Since(begun).Round(time.Millisecond))
			close(first)
		}
	}
	go func() {
		err := dhcp.Run(ctx, dhcp.Config{Host: h, Port: port, MAC: mac, Name: c.Name,
			Random: c.Random, Log: c.Log, Changed: changed})
		if ctx.Err() == nil {
			c.Log.Warn("no more addresses by dhcp", "err", err)
		}
	}()
	timeout := time.NewTimer(AddressWait)
	defer timeout.Stop()
	select {
	case <-first:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timeout.C:
		c.Log.Warn("no IPv4 address yet: the program starts without", "waited", AddressWait,
			"hint", byHand)
	}
	return nil
}

// newHost makes the machine's stack, still without a card.
func newHost(c Config, r *resolver) (*host.Host, error) {
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
	return host.New(host.Real(prng.New(number)), host.Config{Name: c.Name, Resolver: r,
		Stack: tcpip.Config{Secret: secret}}), nil
}
