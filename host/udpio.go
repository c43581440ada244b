package host

import (
	"net"
	"net/netip"
	"os"

	"github.com/atoll-os/atoll/tcpip"
)

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
