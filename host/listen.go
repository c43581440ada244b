package host

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
)

// ListenBacklog is how many established connections wait for Accept; more are not let in.
const ListenBacklog = 4096

// Listener accepts TCP connections: a net.Listener with the method names of net.TCPListener.
type Listener struct {
	host   *Host
	socket *tcpip.TCPListener
	local  net.TCPAddr

	mu       sync.Mutex
	ready    sync.Cond
	acceptBy deadline
	arrivals int // pulls so far: who found the queue empty waits for one more
	closed   bool
}

// Listen announces "tcp", "tcp4" or "tcp6" on an address such as ":80", "10.0.0.1:0", "web:80".
// Without a name it takes connections to all of the host's addresses; port 0 chooses one.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	at, err := h.listenAddr(network, address, "tcp")
	if err != nil {
		return nil, err
	}
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.stack == nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.ErrClosed}
	}
	s, err := h.stack.ListenTCP(at, ListenBacklog)
	if err != nil {
		addr := tcpAddr(at)
		err = systemError("bind", err)
		return nil, &net.OpError{Op: "listen", Net: network, Addr: &addr, Err: err}
	}
	l := &Listener{host: h, socket: s, local: tcpAddr(s.LocalAddr())}
	l.ready.L = &l.mu
	s.User = l
	h.open[l] = struct{}{}
	return l, nil
}

// listenAddr resolves where to listen for a protocol; its errors are ready for the caller.
func (h *Host) listenAddr(network, address, want string) (at netip.AddrPort, err error) {
	fail := func(addr net.Addr, err error) (netip.AddrPort, error) {
		return at, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	proto, f, ok := splitNetwork(network)
	if !ok {
		return fail(nil, net.UnknownNetworkError(network))
	}
	if at, err = h.localAddr(network, address, f); err != nil {
		return fail(nil, err)
	}
	if proto != want {
		return fail(netAddr(proto, at), &net.AddrError{Err: "unexpected address type", Addr: address})
	}
	return at, nil
}

// localAddr resolves where to listen; no name is the wildcard address.
func (h *Host) localAddr(network, address string, f family) (netip.AddrPort, error) {
	name, port, err := splitAddress(network, address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if name == "" {
		return netip.AddrPortFrom(f.unspecified(), port), nil
	}
	addrs, err := h.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return netip.AddrPort{}, err
	}
	// As package net does, prefer IPv4 for a name that has both.
	for _, v4 := range [2]bool{true, false} {
		for _, a := range addrs {
			if a.Is4() == v4 && f.admits(a) {
				return netip.AddrPortFrom(a, port), nil
			}
		}
	}
	return netip.AddrPort{}, &net.AddrError{Err: "no suitable address", Addr: name}
}

func (l *Listener) pull() {
	l.mu.Lock()
	l.arrivals++
	l.mu.Unlock()
	n := l.host.network
	n.wakes = append(n.wakes, l)
}

func (l *Listener) wake() { l.ready.Broadcast() }

func (l *Listener) fail() {
	l.mu.Lock()
	l.end()
	l.mu.Unlock()
	l.socket.User = nil
}

func (l *Listener) end() {
	l.closed = true
	l.acceptBy.stop()
	l.ready.Broadcast()
}

// Accept waits for the next connection; it is a *TCPConn.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptTCP is Accept with the connection's own type.
func (l *Listener) AcceptTCP() (*TCPConn, error) {
	for {
		seen, err := l.look()
		if err != nil {
			return nil, err
		}
		if c := l.take(); c != nil {
			return c, nil
		}
		l.await(seen)
	}
}

// look returns how many arrivals there were before the queue is looked at, or why nothing more is
// to be accepted.
func (l *Listener) look() (seen int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return 0, l.opError("accept", net.ErrClosed)
	case l.acceptBy.passed():
		return 0, l.opError("accept", os.ErrDeadlineExceeded)
	}
	return l.arrivals, nil
}

// await waits until there is more than was seen. What came after look and before await was counted,
// so that it does not wait for that.
func (l *Listener) await(seen int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.arrivals == seen && !l.closed && !l.acceptBy.passed() {
		l.ready.Wait()
	}
}

// take takes an established connection from the queue, nil if it is empty.
func (l *Listener) take() *TCPConn {
	n := l.host.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.socket.User != l {
		return nil
	}
	s := l.socket.Accept()
	if s == nil {
		return nil
	}
	return newTCPConn(l.host, s)
}

// Close stops listening; connections that wait for Accept are reset.
func (l *Listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return l.opError("close", net.ErrClosed)
	}
	l.end()
	l.mu.Unlock()
	l.host.network.Do(func(now clock.Instant, _ *vnet.Network) {
		if l.socket.User == l { // else the machine went down
			l.socket.User = nil
			l.socket.Close(now)
			delete(l.host.open, l)
			l.host.at.Touch()
		}
	})
	return nil
}

// Addr returns a *net.TCPAddr.
func (l *Listener) Addr() net.Addr { return &l.local }

// SetDeadline sets the deadline of Accept; the zero time is none.
func (l *Listener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.opError("set", net.ErrClosed)
	}
	l.acceptBy.reset(t, &l.ready)
	return nil
}

func (l *Listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: &l.local, Err: err}
}
