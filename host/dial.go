package host

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dial connects to an address with a time limit of the network's own. See DialContext.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	return h.DialContext(context.Background(), network, address)
}

// DialTimeout is Dial with a time limit.
func (h *Host) DialTimeout(network, address string, d time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return h.DialContext(ctx, network, address)
}

// DialContext connects to "name:port" over "tcp", "tcp4", "tcp6", "udp", "udp4" or "udp6". It tries
// the addresses of a name one after the other, IPv6 first. Errors are *net.OpError as from
// net.Dialer.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	proto, f, ok := splitNetwork(network)
	fail := func(addr net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
	}
	if !ok {
		return fail(nil, net.UnknownNetworkError(network))
	}
	name, port, err := splitAddress(network, address)
	if err != nil {
		return fail(nil, err)
	}
	if name == "" {
		name = "localhost"
	}
	addrs, err := h.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return fail(nil, err)
	}
	var first error
	var firstAddr net.Addr
	for _, a := range addrs {
		if !f.admits(a) {
			continue
		}
		to := netip.AddrPortFrom(a, port)
		var conn net.Conn
		if proto == "udp" {
			conn, err = h.connectUDP(to)
		} else {
			conn, err = h.connectTCP(ctx, to)
		}
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first, firstAddr = err, netAddr(proto, to)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if first == nil {
		return fail(nil, &net.AddrError{Err: "no suitable address", Addr: name})
	}
	return fail(firstAddr, first)
}

// connectTCP connects to one address and waits for the handshake.
func (h *Host) connectTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	c, err := h.beginTCP(to)
	if err != nil {
		return nil, err
	}
	c.touch()
	stop := context.AfterFunc(ctx, c.wake)
	defer stop()
	if err := c.awaitConnected(ctx); err != nil {
		c.touch()
		return nil, err
	}
	return c, nil
}

// beginTCP opens a connection whose SYN leaves once it is touched.
func (h *Host) beginTCP(to netip.AddrPort) (*TCPConn, error) {
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.stack == nil {
		return nil, net.ErrClosed
	}
	s, err := h.stack.DialTCP(n.now(), netip.AddrPort{}, to, h.stack.TCPOptions())
	if err != nil {
		return nil, systemError("connect", err)
	}
	return newTCPConn(h, s), nil
}

// awaitConnected waits for the end of the handshake. After an error the engine is to be told: it
// ends what was begun.
func (c *TCPConn) awaitConnected(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.connected && c.failure == nil && !c.closed && ctx.Err() == nil {
		c.writeWaits = true
		c.writable.Wait()
		c.writeWaits = false
	}
	var err error
	switch {
	case c.closed:
		return net.ErrClosed
	case c.connected:
		return nil
	case c.failure != nil:
		err = systemError("connect", c.failure)
	default:
		err = contextError(ctx.Err())
	}
	c.end()
	c.ops |= opAbort
	return err
}
