package host

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/vnet"
)

// DatagramBytesMax bounds the bytes of received datagrams that wait for ReadFrom, and of sent ones
// that wait for the engine. A datagram that does not fit on arrival is dropped. Of those that
// arrive at one instant the stack holds less (udp.Limits).
const DatagramBytesMax = 1 << 20

// DatagramMax is the largest UDP payload: an IPv4 packet of 65,535 bytes less its headers.
const DatagramMax = 65507

// datagramOverhead is what a waiting datagram counts beyond its payload, so that empty ones are
// bounded too.
const datagramOverhead = 64

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

// datagrams is a queue of datagrams, their bytes one after the other.
type datagrams struct {
	bytes   buffer.Queue
	heads   []datagram
	waiting int // bytes with overhead
}

type datagram struct {
	size int
	peer netip.AddrPort
}

func (q *datagrams) push(p []byte, peer netip.AddrPort) {
	q.bytes.Append(p)
	q.heads = append(q.heads, datagram{len(p), peer})
	q.waiting += len(p) + datagramOverhead
}

// front copies the first datagram to p, as much as fits.
func (q *datagrams) front(p []byte) ([]byte, netip.AddrPort) {
	d := q.heads[0]
	p = p[:min(d.size, len(p))]
	q.bytes.CopyAt(p, 0)
	return p, d.peer
}

// drop drops the first datagram.
func (q *datagrams) drop() {
	size := q.heads[0].size
	q.heads = q.heads[1:]
	if len(q.heads) == 0 {
		q.heads = nil
	}
	q.bytes.Discard(size)
	q.waiting -= size + datagramOverhead
}

func (q *datagrams) full(n int) bool { return q.waiting+n+datagramOverhead > DatagramBytesMax }

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

// ReadFromUDPAddrPort waits for a datagram and copies to p what fits of it.
func (c *UDPConn) ReadFromUDPAddrPort(p []byte) (n int, from netip.AddrPort, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, from, c.opError("read", nil, net.ErrClosed)
		case c.readBy.passed():
			return 0, from, c.opError("read", nil, os.ErrDeadlineExceeded)
		case len(c.in.heads) > 0:
			p, from = c.in.front(p)
			c.in.drop()
			return len(p), from, nil
		case c.failure != nil:
			err, c.failure = c.failure, nil
			return 0, from, c.opError("read", nil, err)
		}
		c.readers++
		c.readable.Wait()
		c.readers--
	}
}

// ReadFromUDP is ReadFrom with the address's own type.
func (c *UDPConn) ReadFromUDP(p []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.ReadFromUDPAddrPort(p)
	if err != nil {
		return n, nil, err
	}
	return n, udpAddr(from), nil
}

// ReadFrom waits for a datagram; the address is a *net.UDPAddr.
func (c *UDPConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDP(p)
	if err != nil {
		return n, nil, err
	}
	return n, from, nil
}

// Read waits for a datagram, on a connected socket of the peer alone.
func (c *UDPConn) Read(p []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(p)
	return n, err
}

// WriteToUDPAddrPort sends p as one datagram. It waits only while DatagramBytesMax bytes wait.
func (c *UDPConn) WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error) {
	if c.remote != nil {
		return 0, c.opError("write", udpAddr(to), net.ErrWriteToConnected)
	}
	return c.send(p, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
}

// WriteToUDP is WriteTo with the address's own type.
func (c *UDPConn) WriteToUDP(p []byte, to *net.UDPAddr) (int, error) {
	if to == nil {
		return 0, c.opError("write", nil, net.ErrWriteToConnected)
	}
	return c.WriteToUDPAddrPort(p, to.AddrPort())
}

// WriteTo sends p as one datagram to a *net.UDPAddr.
func (c *UDPConn) WriteTo(p []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		err := &net.AddrError{Err: "not a UDP address", Addr: to.String()}
		return 0, c.opError("write", to, err)
	}
	return c.WriteToUDP(p, addr)
}

// Write sends p as one datagram to the peer of a connected socket.
func (c *UDPConn) Write(p []byte) (int, error) {
	if c.remote == nil {
		return 0, c.opError("write", nil, errNoDestination)
	}
	return c.send(p, c.remote.AddrPort())
}

func (c *UDPConn) send(p []byte, to netip.AddrPort) (int, error) {
	if err := c.enqueue(p, to); err != nil {
		return 0, c.opError("write", udpAddr(to), err)
	}
	c.host.network.touched(c)
	return len(p), nil
}

// enqueue leaves a datagram for the engine, waiting for room.
func (c *UDPConn) enqueue(p []byte, to netip.AddrPort) error {
	if len(p) > DatagramMax {
		return tcpip.ErrMessageTooLong
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return net.ErrClosed
		case c.writeBy.passed():
			return os.ErrDeadlineExceeded
		case c.failure != nil:
			err := c.failure
			c.failure = nil
			return err
		case !c.out.full(len(p)):
			c.out.push(p, to)
			return nil
		}
		c.writers++
		c.writable.Wait()
		c.writers--
	}
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
