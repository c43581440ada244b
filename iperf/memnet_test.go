package iperf

import (
	"container/heap"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// memNet is an in-memory network of hosts in a bubble, joined by one link each way with a delay
// and a rate. It stands in for a lab: like the lab's engine it lets the bubble fall quiet before it
// looks at what the programs want, and in a canonical order. It is harsher in that all events of an
// instant happen before programs see any of them.
type memNet struct {
	delay time.Duration
	rate  int64                       // bit/s each way
	drop  func(payload []byte) bool   // datagrams to lose
	late  func(payload []byte) bool   // datagrams to hold back
	seen  func(from string, b []byte) // each segment and datagram sent

	mu      sync.Mutex
	start   time.Time
	events  memEvents
	seq     int
	touched []memTouched
	kick    chan struct{}
	free    map[string]time.Time // when a host's way out has nothing more to send
	hosts   map[string]*memHost
	ids     int
}

type memEvent struct {
	at  time.Time
	seq int
	do  func()
}

type memEvents []memEvent

func (e memEvents) Len() int { return len(e) }
func (e memEvents) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].seq < e[j].seq
}
func (e memEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *memEvents) Push(x any)   { *e = append(*e, x.(memEvent)) }
func (e *memEvents) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// newMemNet starts a network that ends with the test. It must be called in a bubble.
func newMemNet(t *testing.T, delay time.Duration, rate int64) *memNet {
	n := &memNet{delay: delay, rate: rate, start: time.Now(), kick: make(chan struct{}, 1),
		free: map[string]time.Time{}, hosts: map[string]*memHost{}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return n
}

func (n *memNet) run(ctx context.Context) {
	for ctx.Err() == nil {
		synctest.Wait()
		n.mu.Lock()
		slices.SortFunc(n.touched, func(a, b memTouched) int { return a.order() - b.order() })
		for _, f := range n.touched {
			f.push()
		}
		n.touched = n.touched[:0]
		wait, due := time.Hour, false
		for len(n.events) > 0 {
			if wait = time.Until(n.events[0].at); wait > 0 {
				break
			}
			heap.Pop(&n.events).(memEvent).do() // and more goroutines than one may wake
			due = true
		}
		n.mu.Unlock()
		if due {
			continue
		}
		select {
		case <-n.kick:
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// memTouched is what a program has changed since the engine last looked: a flow or a UDP socket.
type memTouched interface {
	order() int // in which the engine looks at those of one instant
	push()      // sends what may be sent
}

// touch and after are called with mu held.
func (n *memNet) touch(f memTouched) {
	if !slices.Contains(n.touched, f) {
		n.touched = append(n.touched, f)
	}
	signal(n.kick)
}

func (n *memNet) after(d time.Duration, do func()) {
	n.seq++
	heap.Push(&n.events, memEvent{time.Now().Add(d), n.seq, do})
}

// depart returns after which time what a host sends now has arrived.
func (n *memNet) depart(from string, b []byte) time.Duration {
	if n.seen != nil {
		n.seen(from, b)
	}
	now := time.Now()
	at := n.free[from]
	if at.Before(now) {
		at = now
	}
	at = at.Add(transmitTime(int64(len(b)), n.rate))
	n.free[from] = at
	return at.Sub(now) + n.delay
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// memHost has the verbs of package net.
type memHost struct {
	net       *memNet
	ip        netip.Addr
	port      uint16
	listeners map[uint16]*memListener
	sockets   map[uint16]*memSocket
}

func (n *memNet) host(ip string) *memHost {
	h := &memHost{net: n, ip: netip.MustParseAddr(ip), port: 50000,
		listeners: map[uint16]*memListener{}, sockets: map[uint16]*memSocket{}}
	n.hosts[ip] = h
	return h
}

func (h *memHost) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	h.net.mu.Lock()
	h.port++
	from := netip.AddrPortFrom(h.ip, h.port)
	if network == "udp" {
		h.net.ids++
		s := &memSocket{id: h.net.ids, host: h, local: from, remote: to,
			ready: make(chan struct{}, 1)}
		h.sockets[h.port] = s
		h.net.mu.Unlock()
		return s, nil
	}
	a, b := h.net.pair(from, to)
	answer := make(chan error, 1)
	h.net.after(2*h.net.delay, func() {
		l := h.net.hosts[to.Addr().String()].listeners[to.Port()]
		if l == nil || len(l.queue) == cap(l.queue) {
			answer <- &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
			return
		}
		l.queue <- b
		answer <- nil
	})
	signal(h.net.kick)
	h.net.mu.Unlock()
	select {
	case err := <-answer:
		if err != nil {
			return nil, err
		}
		return a, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *memHost) Listen(addr string) net.Listener {
	at := netip.MustParseAddrPort(addr)
	l := &memListener{host: h, addr: at, queue: make(chan *memConn, 300), done: make(chan struct{})}
	h.listeners[at.Port()] = l
	return l
}

func (h *memHost) ListenPacket(network, addr string) (net.PacketConn, error) {
	at := netip.MustParseAddrPort(addr)
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	h.net.ids++
	s := &memSocket{id: h.net.ids, host: h, local: at, ready: make(chan struct{}, 1)}
	h.sockets[at.Port()] = s
	return s, nil
}

type memListener struct {
	host  *memHost
	addr  netip.AddrPort
	queue chan *memConn
	once  sync.Once
	done  chan struct{}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.host.net.mu.Lock()
		delete(l.host.listeners, l.addr.Port())
		l.host.net.mu.Unlock()
	})
	return nil
}

func (l *memListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }

// memFlow is one direction of a connection: a send buffer, a window, a receive buffer.
type memFlow struct {
	net  *memNet
	id   int
	from string // host

	unsent   []byte
	flying   int // sent and not known to be read
	received []byte
	read     int // since the sender was last told
	finished bool
	finSent  bool
	eof      bool
	broken   bool // the reader is gone: everything sent is lost
	readable chan struct{}
	writable chan struct{}
}

const (
	memBuffer  = 256 << 10             // bytes of a send buffer
	memWindow  = 64 << 10              // bytes
	memSegment = 1460                  // bytes
	memQueue   = 50 * time.Millisecond // of transmission time, beyond which datagrams are lost
)

func (n *memNet) pair(a, b netip.AddrPort) (*memConn, *memConn) {
	flow := func(from netip.AddrPort) *memFlow {
		n.ids++
		return &memFlow{net: n, id: n.ids, from: from.Addr().String(),
			readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
	}
	ab, ba := flow(a), flow(b)
	return &memConn{net: n, in: ba, out: ab, local: a, remote: b},
		&memConn{net: n, in: ab, out: ba, local: b, remote: a}
}

func (f *memFlow) order() int { return f.id }

// push sends what the window allows. The engine calls it, with mu held.
func (f *memFlow) push() {
	if f.read > 0 {
		k := f.read
		f.read = 0
		f.net.after(f.net.delay, func() { f.flying -= k; f.net.touch(f) })
	}
	for len(f.unsent) > 0 && f.flying < memWindow {
		k := min(len(f.unsent), memSegment)
		b := slices.Clone(f.unsent[:k])
		f.unsent = f.unsent[k:]
		f.flying += k
		f.net.after(f.net.depart(f.from, b), func() {
			if f.broken {
				f.flying -= k
				return
			}
			f.received = append(f.received, b...)
			signal(f.readable)
		})
		signal(f.writable)
	}
	if f.finished && len(f.unsent) == 0 && !f.finSent {
		f.finSent = true
		f.net.after(f.net.depart(f.from, nil), func() { f.eof = true; signal(f.readable) })
	}
}

// memDeadline is a deadline that wakes who waits.
type memDeadline struct {
	mu    sync.Mutex
	at    time.Time
	timer *time.Timer
}

func (d *memDeadline) set(t time.Time, wake chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	if d.at = t; !t.IsZero() {
		d.timer = time.AfterFunc(time.Until(t), func() { signal(wake) })
	}
}

func (d *memDeadline) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero() && !time.Now().Before(d.at)
}

type memConn struct {
	net           *memNet
	in, out       *memFlow
	local, remote netip.AddrPort
	rd, wd        memDeadline
	closed        bool
}

func (c *memConn) Read(p []byte) (int, error) {
	for {
		c.net.mu.Lock()
		f := c.in
		switch {
		case c.closed:
			c.net.mu.Unlock()
			return 0, net.ErrClosed
		case c.rd.over():
			c.net.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(f.received) > 0:
			n := copy(p, f.received)
			f.received = f.received[n:]
			f.read += n
			c.net.touch(f)
			c.net.mu.Unlock()
			return n, nil
		case f.eof:
			c.net.mu.Unlock()
			return 0, io.EOF
		}
		c.net.mu.Unlock()
		<-f.readable
	}
}

func (c *memConn) Write(p []byte) (int, error) {
	done := 0
	for {
		c.net.mu.Lock()
		f := c.out
		switch {
		case c.closed:
			c.net.mu.Unlock()
			return done, net.ErrClosed
		case c.wd.over():
			c.net.mu.Unlock()
			return done, os.ErrDeadlineExceeded
		}
		k := min(len(p)-done, memBuffer-len(f.unsent))
		if k > 0 {
			f.unsent = append(f.unsent, p[done:done+k]...)
			done += k
			c.net.touch(f)
		}
		c.net.mu.Unlock()
		if done == len(p) {
			return done, nil
		}
		<-f.writable
	}
}

func (c *memConn) Close() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.out.finished = true
	c.in.broken = true
	c.in.read, c.in.received = len(c.in.received), nil
	c.net.touch(c.out)
	c.net.touch(c.in)
	signal(c.in.readable)
	signal(c.out.writable)
	return nil
}

func (c *memConn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *memConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.rd.set(t, c.in.readable)
	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.wd.set(t, c.out.writable)
	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// memSocket is a UDP socket, connected if remote is set.
type memSocket struct {
	id            int
	host          *memHost
	unsent        []memDatagram
	local, remote netip.AddrPort
	queue         []memDatagram
	ready         chan struct{}
	rd            memDeadline
	closed        bool
}

type memDatagram struct {
	addr    netip.AddrPort // the other side's
	payload []byte
}

func (s *memSocket) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n := s.host.net
	for {
		n.mu.Lock()
		switch {
		case s.closed:
			n.mu.Unlock()
			return 0, netip.AddrPort{}, net.ErrClosed
		case s.rd.over():
			n.mu.Unlock()
			return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
		case len(s.queue) > 0:
			d := s.queue[0]
			s.queue = s.queue[1:]
			n.mu.Unlock()
			return copy(p, d.payload), d.addr, nil
		}
		n.mu.Unlock()
		<-s.ready
	}
}

func (s *memSocket) Read(p []byte) (int, error) {
	n, _, err := s.ReadFromUDPAddrPort(p)
	return n, err
}

func (s *memSocket) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromUDPAddrPort(p)
	return n, net.UDPAddrFromAddrPort(from), err
}

func (s *memSocket) send(p []byte, to netip.AddrPort) (int, error) {
	n := s.host.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.unsent = append(s.unsent, memDatagram{to, slices.Clone(p)})
	n.touch(s)
	return len(p), nil
}

func (s *memSocket) order() int { return s.id }

func (s *memSocket) push() {
	n := s.host.net
	for _, d := range s.unsent {
		if time.Until(n.free[s.local.Addr().String()]) > memQueue {
			continue
		}
		wait := n.depart(s.local.Addr().String(), d.payload)
		if n.drop != nil && n.drop(d.payload) {
			continue
		}
		if n.late != nil && n.late(d.payload) {
			wait += 15 * time.Millisecond
		}
		n.after(wait, func() {
			peer := n.hosts[d.addr.Addr().String()].sockets[d.addr.Port()]
			if peer != nil && !peer.closed && len(peer.queue) < 1000 &&
				(!peer.remote.IsValid() || peer.remote == s.local) {
				peer.queue = append(peer.queue, memDatagram{s.local, d.payload})
				signal(peer.ready)
			}
		})
	}
	s.unsent = s.unsent[:0]
}

func (s *memSocket) Write(p []byte) (int, error) { return s.send(p, s.remote) }
func (s *memSocket) WriteTo(p []byte, a net.Addr) (int, error) {
	return s.send(p, a.(*net.UDPAddr).AddrPort())
}

func (s *memSocket) Close() error {
	s.host.net.mu.Lock()
	defer s.host.net.mu.Unlock()
	s.closed = true
	signal(s.ready)
	return nil
}

func (s *memSocket) LocalAddr() net.Addr                { return net.UDPAddrFromAddrPort(s.local) }
func (s *memSocket) RemoteAddr() net.Addr               { return net.UDPAddrFromAddrPort(s.remote) }
func (s *memSocket) SetDeadline(t time.Time) error      { return s.SetReadDeadline(t) }
func (s *memSocket) SetWriteDeadline(t time.Time) error { return nil }
func (s *memSocket) SetReadDeadline(t time.Time) error {
	s.rd.set(t, s.ready)
	return nil
}
