package host

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
)

// TCPConn is a TCP connection: a net.Conn to the letter, with the method names of net.TCPConn.
type TCPConn struct {
	host          *Host
	socket        *tcpip.TCPSocket
	id            uint64
	touched       bool // guarded by the touched set's lock
	local, remote net.TCPAddr

	mu          sync.Mutex
	readable    sync.Cond
	writable    sync.Cond
	readBy      deadline
	writeBy     deadline
	reading     bool // one Read at a time; the others wait at readable
	writing     bool
	readWaits   bool // somebody waits at readable for bytes, an end or an error
	writeWaits  bool
	closed      bool
	connected   bool // the handshake is over
	peerClosed  bool
	readShut    bool  // CloseRead
	writeShut   bool  // CloseWrite
	hardClose   bool  // SetLinger(0): Close resets
	failure     error // of tcp, reported once by a Read and once by a Write
	readFailed  bool  // the failure was reported to a reader
	writeFailed bool  // it was reported to a writer

	in       buffer.Queue // received, for the next Read
	out      buffer.Queue // written, for the engine
	space    int          // bytes that the send buffer takes beyond out and reserved
	reserved int          // bytes a Write is copying
	consumed int          // bytes read that the stack has not been told of

	ops      ops
	settings []func(c *tcp.Conn) // option changes for the engine

	// Of whoever is reading or writing, without the lock.
	rq, wq buffer.Queue
}

// ops is what the program asked for since the engine last looked.
type ops uint8

const (
	opCloseWrite ops = 1 << iota
	opCloseRead
	opClose
	opAbort
)

// newTCPConn makes the endpoint of a socket. The network's lock is held.
func newTCPConn(h *Host, s *tcpip.TCPSocket) *TCPConn {
	c := &TCPConn{host: h, socket: s, id: s.ID()}
	c.readable.L, c.writable.L = &c.mu, &c.mu
	c.local, c.remote = tcpAddr(s.LocalAddr()), tcpAddr(s.RemoteAddr())
	s.User = c
	h.open[c] = struct{}{}
	c.pull()
	return c
}

func (c *TCPConn) order() (int, uint64) { return c.host.index, c.id }
func (c *TCPConn) mark() *bool          { return &c.touched }
func (c *TCPConn) touch()               { c.host.network.touched(c) }

// push hands the socket what the program wrote, read and asked for.
func (c *TCPConn) push(now clock.Instant) {
	s := c.socket
	if c.host.still() || s.User != c {
		return
	}
	c.mu.Lock()
	if c.out.Len() > 0 {
		s.Send(&c.out)
	}
	if c.consumed > 0 {
		s.Consumed(c.consumed)
		c.consumed = 0
	}
	for _, set := range c.settings {
		set(s.Conn)
	}
	did := c.ops
	c.settings, c.ops = nil, 0
	c.mu.Unlock()
	switch {
	case did&opAbort != 0:
		s.Abort(now)
	case did&opClose != 0:
		s.Close(now)
	default:
		if did&opCloseWrite != 0 {
			s.CloseWrite(now)
		}
		if did&opCloseRead != 0 {
			s.CloseRead(now)
		}
	}
	if did&(opAbort|opClose) != 0 {
		s.User = nil
		delete(c.host.open, c)
	}
	c.host.stack.Touch(s)
	c.host.at.Touch()
}

// pull takes over what the socket received and how it stands.
func (c *TCPConn) pull() {
	s := c.socket
	c.mu.Lock()
	if s.Received() > 0 && !c.closed { // what nobody reads stays, so that Close resets
		s.Receive(&c.in)
	}
	c.space = s.SendSpace() - c.out.Len() - c.reserved
	c.peerClosed = s.PeerClosed()
	c.connected = c.connected || s.State() >= tcp.Established
	if c.failure == nil {
		c.failure = s.Err()
	}
	wake := c.readWaits && (c.in.Len() > 0 || c.peerClosed || c.failure != nil)
	wake = wake || c.writeWaits &&
		(c.failure != nil || c.connected && c.space > s.SendBuffer()/4)
	c.mu.Unlock()
	if wake {
		n := c.host.network
		n.wakes = append(n.wakes, c)
	}
}

func (c *TCPConn) wake() {
	c.mu.Lock()
	c.readable.Broadcast()
	c.writable.Broadcast()
	c.mu.Unlock()
}

// fail ends the connection as if it had been closed; the machine that it was on is gone.
func (c *TCPConn) fail() {
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	c.socket.User = nil
}

// end marks the connection closed for the program. c.mu is held.
func (c *TCPConn) end() {
	c.closed = true
	c.readBy.stop()
	c.writeBy.stop()
	c.in.Release()
	if !c.reading {
		c.rq.Release()
	}
	c.readable.Broadcast()
	c.writable.Broadcast()
}

// Close ends both directions: what was written still goes out, what was not read is lost, and the
// peer is told by a reset if there was any (RFC 1122 §4.2.2.13).
func (c *TCPConn) Close() error { return c.shut(opClose) }

// CloseWrite sends a FIN after what was written. Reads go on.
func (c *TCPConn) CloseWrite() error { return c.shut(opCloseWrite) }

// CloseRead makes reads return io.EOF; what still arrives is thrown away.
func (c *TCPConn) CloseRead() error { return c.shut(opCloseRead) }

func (c *TCPConn) shut(how ops) error {
	if err := c.beginShut(how); err != nil {
		return c.opError("close", err)
	}
	c.touch()
	return nil
}

// beginShut closes what the program sees; the engine does the rest once it is told.
func (c *TCPConn) beginShut(how ops) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return net.ErrClosed
	case how == opClose:
		if c.hardClose || c.in.Len() > 0 || !c.reading && c.rq.Len() > 0 {
			how = opAbort
		}
		c.end()
	case how == opCloseRead:
		c.readShut = true
		c.readable.Broadcast()
	case how == opCloseWrite:
		c.writeShut = true
		c.writable.Broadcast()
	}
	c.ops |= how
	return nil
}

// LocalAddr returns a *net.TCPAddr.
func (c *TCPConn) LocalAddr() net.Addr { return &c.local }

// RemoteAddr returns a *net.TCPAddr.
func (c *TCPConn) RemoteAddr() net.Addr { return &c.remote }

// SetDeadline sets both deadlines; the zero time is none.
func (c *TCPConn) SetDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.readBy, &c.writeBy)
}

// SetReadDeadline sets the deadline of reads.
func (c *TCPConn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.readBy, nil) }

// SetWriteDeadline sets the deadline of writes.
func (c *TCPConn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, nil, &c.writeBy) }

func (c *TCPConn) setDeadlines(t time.Time, read, write *deadline) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	if read != nil {
		read.reset(t, &c.readable)
	}
	if write != nil {
		write.reset(t, &c.writable)
	}
	return nil
}

// opError says what failed in the words of package net.
func (c *TCPConn) opError(op string, err error) error {
	if err == io.EOF {
		return io.EOF
	}
	if !plain(err) {
		err = systemError(op, err)
	}
	if op == "set" {
		return &net.OpError{Op: op, Net: "tcp", Addr: &c.local, Err: err}
	}
	return &net.OpError{Op: op, Net: "tcp", Source: &c.local, Addr: &c.remote, Err: err}
}
