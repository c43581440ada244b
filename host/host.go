package host

import (
	"net"
	"net/netip"
	"slices"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
)

// HeldWhilePausedMax bounds the frames that wait at a paused host.
const HeldWhilePausedMax = 10_000

// Config is what a host is made of.
type Config struct {
	Name string
	// Stack is what the stack is made of. Its Name is set from Name; connections have NoDelay, and
	// keepalive as package net has it unless Stack.TCP.KeepAlive.Idle says otherwise (negative: off).
	Stack    tcpip.Config
	Resolver Resolver // names to addresses; nil knows address literals and "localhost" only
}

// Host is one machine of a network.
type Host struct {
	network *Network
	index   int // among the network's hosts
	cfg     Config
	at      *vnet.Attachment

	// The rest is guarded by the network's lock.
	interfaces []tcpip.Interface
	routes     []tcpip.Route
	stack      *tcpip.Stack // nil while the machine is off
	open       map[endpoint]struct{}
	paused     bool
	held       []heldFrame
}

type heldFrame struct {
	port int
	f    *vnet.Frame
}

// endpoint is what a program holds: a connection, a listener, a packet socket.
type endpoint interface {
	waiter
	// pull takes over what the stack did. The network's lock is held.
	pull()
	// fail ends the endpoint with net.ErrClosed. The network's lock is held.
	fail()
}

// New adds a host without interfaces to a network.
func New(n *Network, cfg Config) *Host {
	cfg.Stack.Name = cfg.Name
	cfg.Stack.TCP.NoDelay = true
	if cfg.Stack.TCP.KeepAlive.Idle == 0 {
		cfg.Stack.TCP.KeepAlive = keepAlive(net.KeepAliveConfig{Enable: true})
	}
	h := &Host{network: n, cfg: cfg, open: map[endpoint]struct{}{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	h.index = len(n.hosts)
	h.stack = tcpip.New(cfg.Stack)
	h.at = n.net.Attach(cfg.Name, (*node)(h))
	n.hosts = append(n.hosts, h)
	return h
}

// Name returns the host's name.
func (h *Host) Name() string { return h.cfg.Name }

// Network returns the network that the host belongs to.
func (h *Host) Network() *Network { return h.network }

// AddInterface gives the host a network interface and returns its port, to be connected by a link.
func (h *Host) AddInterface(i tcpip.Interface) *vnet.Port {
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	h.interfaces = append(h.interfaces, i)
	if h.stack != nil {
		h.stack.AddInterface(n.now(), i)
	}
	h.at.Touch()
	return h.at.AddPort(i.Name)
}

// SetRoutes replaces the routes of the host; those to its own networks are there by themselves.
func (h *Host) SetRoutes(routes []tcpip.Route) {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	h.routes = append(h.routes[:0:0], routes...)
	if h.stack != nil {
		h.stack.SetRoutes(h.routes)
	}
}

// SetAddrs replaces the addresses that an interface was configured with, IPv4 and IPv6 alike, as an
// AddInterface with these would have. Its link-local address and those from router advertisements
// stay. port is the interface's index.
func (h *Host) SetAddrs(port int, addrs []netip.Prefix) {
	h.network.Do(func(now clock.Instant, _ *vnet.Network) {
		old := h.interfaces[port].Addrs
		h.interfaces[port].Addrs = append(addrs[:0:0], addrs...)
		if h.stack == nil {
			return
		}
		for _, p := range old {
			if !slices.Contains(addrs, p) {
				h.stack.RemoveAddress(port, p)
			}
		}
		for _, p := range addrs {
			h.stack.AddAddress(now, port, p)
		}
		h.at.Touch()
	})
}

// Announce tells the stations on an interface's link whose its IPv4 addresses are (RFC 5227). port
// is the interface's index.
func (h *Host) Announce(port int) {
	h.network.Do(func(clock.Instant, *vnet.Network) {
		if h.stack != nil {
			h.stack.Announce(port)
			h.at.Touch()
		}
	})
}

// Inspect calls f with the host's stack under the network's lock; nil while the machine is off.
// f must not block.
func (h *Host) Inspect(f func(*tcpip.Stack)) {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	f(h.stack)
}

// Interface is one network interface as a program sees it. It is an alias of a type without a name,
// so that package unikernel, which knows nothing of this one, can ask for Interfaces.
type Interface = struct {
	Name         string
	HardwareAddr net.HardwareAddr
	MTU          int            // bytes of the largest IP packet
	Addrs        []netip.Prefix // usable addresses with their networks
}

// Interfaces lists the host's interfaces, in the order in which they were added.
func (h *Host) Interfaces() []Interface {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	if h.stack == nil {
		return nil
	}
	var list []Interface
	for _, i := range h.stack.Interfaces() {
		list = append(list, Interface{
			Name:         i.Name,
			HardwareAddr: append(net.HardwareAddr(nil), i.MAC[:]...),
			MTU:          i.MTU,
			Addrs:        i.Addrs,
		})
	}
	return list
}

// node is a Host as the network sees it.
type node Host

// Input hands a frame to the stack, or drops it if the machine is off.
func (d *node) Input(now clock.Instant, port int, f *vnet.Frame) {
	switch {
	case d.stack == nil, d.paused && len(d.held) >= HeldWhilePausedMax:
		d.at.Drop(now, port, vnet.NodeDown, f)
	case d.paused:
		d.held = append(d.held, heldFrame{port, f})
	default:
		d.stack.Input(now, port, f)
	}
}

// Poll runs the stack and takes over what changed at its sockets.
func (d *node) Poll(now clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	if (*Host)(d).still() {
		return out, clock.Never
	}
	out, next := d.stack.Poll(now, out)
	d.stack.Changed(pullSocket)
	return out, next
}

func pullSocket(s tcpip.Socket) {
	if e, ok := s.UserData().(endpoint); ok {
		e.pull()
	}
}

// fail ends every endpoint of the host with net.ErrClosed. The network's lock is held.
func (h *Host) fail() {
	for e := range h.open { // each fails on its own: the order is not seen
		e.fail()
	}
	clear(h.open)
}
