package host

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
)

// UDPConn is a UDP socket: a net.PacketConn and, when it was dialed, a net.Conn, to the letter,
// with the method names of net.UDPConn.
type UDPConn struct {
	host    *Host
	socket  *tcpip.UDPSocket
	id      uint64
	touched bool
	local   net.UDPAddr
	remote  *net.UDPAddr // nil: not connected

	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond
	readBy   deadline
	writeBy  deadline
	in, out  datagrams
	readers  int   // how many wait at readable
	writers  int   // and at writable
	failure  error // from ICMP, on a connected socket; reported once
	closed   bool
	closing  bool
}

// ListenPacket opens a UDP socket on "udp", "udp4" or "udp6"; it is a *UDPConn.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	at, err := h.listenAddr(network, address, "udp")
	if err != nil {
		return nil, err
	}
	c, err := h.openUDP(at, netip.AddrPort{})
	if err != nil {
		err = systemError("bind", err)
		return nil, &net.OpError{Op: "listen", Net: network, Addr: udpAddr(at), Err: err}
	}
	return c, nil
}

func (h *Host) connectUDP(to netip.AddrPort) (net.Conn, error) {
	c, err := h.openUDP(netip.AddrPort{}, to)
	if err != nil {
		return nil, systemError("connect", err)
	}
	return c, nil
}

func (h *Host) openUDP(local, remote netip.AddrPort) (*UDPConn, error) {
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.stack == nil {
		return nil, net.ErrClosed
	}
	s, err := h.stack.OpenUDP(n.now(), local, remote)
	if err != nil {
		return nil, err
	}
	c := &UDPConn{host: h, socket: s, id: s.ID(), local: *udpAddr(s.LocalAddr())}
	c.readable.L, c.writable.L = &c.mu, &c.mu
	if remote.IsValid() {
		c.remote = udpAddr(remote)
	}
	s.User = c
	h.open[c] = struct{}{}
	return c, nil
}

func (c *UDPConn) order() (int, uint64) { return c.host.index, c.id }
func (c *UDPConn) mark() *bool          { return &c.touched }

func (c *UDPConn) push(now clock.Instant) {
	s := c.socket
	if c.host.still() || s.User != c {
		return
	}
	n := c.host.network
	taken := false
	c.mu.Lock()
	for len(c.out.heads) > 0 {
		p, to := c.out.front(n.scratch)
		err := s.SendTo(p, to)
		if errors.Is(err, tcpip.ErrQueueFull) {
			n.touched(c) // the rest when the stack has sent these
			break
		}
		c.out.drop()
		taken = true
		if err != nil && c.remote != nil {
			c.failure = err
		}
	}
	if taken && c.writers > 0 || c.readers > 0 && c.failure != nil {
		n.wakes = append(n.wakes, c)
	}
	closing := c.closing && len(c.out.heads) == 0
	c.mu.Unlock()
	if closing {
		s.User = nil
		s.Close(now)
		delete(c.host.open, c)
	}
	c.host.at.Touch()
}

func (c *UDPConn) pull() {
	n := c.host.network
	c.mu.Lock()
	for {
		size, from, ok := c.socket.ReceiveFrom(n.scratch)
		if !ok {
			break
		}
		if !c.in.full(size) {
			c.in.push(n.scratch[:size], from)
		}
	}
	if err := c.socket.Err(); err != nil && c.remote != nil {
		c.failure = err
	}
	if c.readers > 0 && (len(c.in.heads) > 0 || c.failure != nil) ||
		c.writers > 0 && c.failure != nil {
		n.wakes = append(n.wakes, c)
	}
	c.mu.Unlock()
}

func (c *UDPConn) wake() {
	c.mu.Lock()
	c.readable.Broadcast()
	c.writable.Broadcast()
	c.mu.Unlock()
}

func (c *UDPConn) fail() {
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	c.socket.User = nil
}

func (c *UDPConn) end() {
	c.closed = true
	c.readBy.stop()
	c.writeBy.stop()
	c.in.bytes.Release()
	c.in = datagrams{}
	c.readable.Broadcast()
	c.writable.Broadcast()
}

// Close closes the socket, and its port is free; datagrams that were written still go out. If more
// of them wait than the stack takes at once, the port is free behind the last.
func (c *UDPConn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.opError("close", nil, net.ErrClosed)
	}
	c.end()
	c.closing = true
	c.mu.Unlock()
	c.host.network.touch.add(c)
	c.host.network.Do(func(now clock.Instant, _ *vnet.Network) { c.push(now) })
	return nil
}

// LocalAddr returns a *net.UDPAddr.
func (c *UDPConn) LocalAddr() net.Addr { return &c.local }

// RemoteAddr returns a *net.UDPAddr, nil if the socket is not connected.
func (c *UDPConn) RemoteAddr() net.Addr {
	if c.remote == nil {
		return nil
	}
	return c.remote
}

// SetDeadline sets both deadlines; the zero time is none.
func (c *UDPConn) SetDeadline(t time.Time) error { return c.setDeadlines(t, true, true) }

// SetReadDeadline sets the deadline of reads.
func (c *UDPConn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, true, false) }

// SetWriteDeadline sets the deadline of writes.
func (c *UDPConn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

func (c *UDPConn) setDeadlines(t time.Time, read, write bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	if read {
		c.readBy.reset(t, &c.readable)
	}
	if write {
		c.writeBy.reset(t, &c.writable)
	}
	return nil
}

// SetReadBuffer is accepted and changes nothing: the queue holds DatagramBytesMax.
func (c *UDPConn) SetReadBuffer(int) error { return nil }

// SetWriteBuffer is accepted and changes nothing: the queue holds DatagramBytesMax.
func (c *UDPConn) SetWriteBuffer(int) error { return nil }

// opError says what failed in the words of package net.
func (c *UDPConn) opError(op string, to net.Addr, err error) error {
	call := op
	if c.remote == nil && to != nil {
		call = "sendto"
	}
	if !plain(err) {
		err = systemError(call, err)
	}
	e := &net.OpError{Op: op, Net: "udp", Source: &c.local, Addr: to, Err: err}
	switch {
	case op == "set":
		e.Source, e.Addr = nil, &c.local
	case to == nil && c.remote != nil:
		e.Addr = c.remote
	}
	return e
}
