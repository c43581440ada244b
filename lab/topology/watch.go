package topology

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/unikernel"
)

// ConnsMax bounds the connections of a run, each end counted, that are remembered.
const ConnsMax = 10_000

// watchedNet is a machine's network that remembers its connections.
type watchedNet struct {
	unikernel.Net
	run  *runner
	host string
}

// conn is one end of a TCP connection, with the methods of *host.TCPConn.
type conn struct {
	*host.TCPConn
	run           *runner
	host, peer    string
	local, remote netip.AddrPort
	opened        time.Duration
	congestion    atomic.Pointer[tcp.CongestionControl]

	// Guarded by the run's lock.
	closed   bool
	closedAt time.Duration
	last     tcp.Info // as it was closed
	received uint64   // bytes, at the last sample
	sampled  *connSeries
}

// datagrams is a UDP socket that counts what programs get of it, with the methods of *host.UDPConn.
type datagrams struct {
	*host.UDPConn
	host, peer string
	received   atomic.Uint64
	sampled    uint64 // of received
}

// DialContext is the machine's own, and remembers the connection.
func (n *watchedNet) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := n.Net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if u, ok := c.(*host.UDPConn); ok {
		return n.run.watchUDP(n.host, n.run.hostAt(c.RemoteAddr()), u), nil
	}
	return n.run.watch(n.host, c), nil
}

// Listen is the machine's own, and remembers the connections that it accepts.
func (n *watchedNet) Listen(network, addr string) (net.Listener, error) {
	l, err := n.Net.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	return &listener{l.(*host.Listener), n}, nil
}

// ListenPacket is the machine's own, and counts.
func (n *watchedNet) ListenPacket(network, addr string) (net.PacketConn, error) {
	c, err := n.Net.ListenPacket(network, addr)
	if err != nil {
		return nil, err
	}
	return n.run.watchUDP(n.host, n.run.clientAt(n.host, c.LocalAddr()), c.(*host.UDPConn)), nil
}

type listener struct {
	*host.Listener
	net *watchedNet
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.net.run.watch(l.net.host, c), nil
}

// watch remembers a connection as long as there is room.
func (r *runner) watch(name string, c net.Conn) net.Conn {
	t, ok := c.(*host.TCPConn)
	if !ok {
		return c
	}
	w := &conn{TCPConn: t, run: r, host: name, peer: r.hostAt(c.RemoteAddr()), opened: r.now(),
		local: addrPort(c.LocalAddr()), remote: addrPort(c.RemoteAddr())}
	w.congestion.Store(new(tcp.CUBIC))
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.conns) < ConnsMax {
		r.conns = append(r.conns, w)
		r.fresh = append(r.fresh, w)
	}
	return w
}

// Close closes the connection; how it stands then is kept.
func (c *conn) Close() error {
	info, now := c.Info(), c.run.now()
	c.run.mu.Lock()
	if !c.closed {
		c.closed, c.closedAt, c.last = true, now, info
	}
	c.run.mu.Unlock()
	return c.TCPConn.Close()
}

func (r *runner) watchUDP(name, peer string, c *host.UDPConn) *datagrams {
	d := &datagrams{UDPConn: c, host: name, peer: peer}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sockets) < ConnsMax {
		r.sockets = append(r.sockets, d)
	}
	return d
}

// Read counts what came.
func (d *datagrams) Read(p []byte) (int, error) {
	n, err := d.UDPConn.Read(p)
	d.received.Add(uint64(n))
	return n, err
}

// ReadFrom counts what came.
func (d *datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := d.UDPConn.ReadFrom(p)
	d.received.Add(uint64(n))
	return n, from, err
}

// ReadFromUDPAddrPort counts what came.
func (d *datagrams) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n, from, err := d.UDPConn.ReadFromUDPAddrPort(p)
	d.received.Add(uint64(n))
	return n, from, err
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// hostAt returns the name of the machine with that address.
func (r *runner) hostAt(a net.Addr) string {
	addr := addrPort(a).Addr().Unmap()
	if name, ok := r.names[addr]; ok {
		return name
	}
	return addr.String()
}

// clientAt returns the name of the iperf client for which a server has that port.
func (r *runner) clientAt(server string, a net.Addr) string {
	port := int(addrPort(a).Port())
	for _, c := range r.plan.clients {
		if c.port == port && r.plan.machines[c.server].name == server {
			return r.plan.machines[c.machine].name
		}
	}
	return "?"
}

// order is that of connections in a result. When they were opened within one instant depends on
// the scheduler, so it does not count.
func (c *conn) order(d *conn) int {
	return cmp.Or(cmp.Compare(c.opened, d.opened), cmp.Compare(c.host, d.host),
		c.local.Compare(d.local), c.remote.Compare(d.remote))
}

// reportConns returns what became of all connections.
func (r *runner) reportConns(end time.Duration) []Conn {
	r.mu.Lock()
	conns := slices.Clone(r.conns)
	r.mu.Unlock()
	slices.SortFunc(conns, (*conn).order)
	list := make([]Conn, 0, len(conns))
	for _, c := range conns {
		now := c.Info() // counts go on after Close
		last, closedAt := now, end
		r.mu.Lock()
		if c.closed {
			last, closedAt = c.last, c.closedAt
		}
		r.mu.Unlock()
		list = append(list, Conn{
			Host: c.host, Local: c.local.String(), Remote: c.remote.String(), Peer: c.peer,
			Opened: Time(c.opened), Closed: Time(closedAt),
			BytesSent: now.BytesSent, BytesReceived: now.BytesReceived,
			SegmentsSent: now.SegmentsSent, Retransmits: now.Retransmits,
			Timeouts: now.Timeouts, RTT: Time(last.RTT), RTTMin: Time(last.MinRTT),
			CongestionWindow: last.CongestionWindow,
		})
	}
	return list
}
