package iperf

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// udpSocket is the one UDP socket of a server's test. Its goroutine tells the streams apart by the
// client's addresses. iperf3 connects a socket of its own for each stream; one socket needs nothing
// but ListenPacket.
type udpSocket struct {
	t     *transfer
	conn  net.PacketConn
	flows chan *udpFlow // those new to the test
	wg    sync.WaitGroup
}

// udpFlow is a client's address: the server's end of one UDP stream.
type udpFlow struct {
	conn   net.PacketConn
	addr   net.Addr
	stream atomic.Pointer[stream] // nil until the test has taken it up
}

func newUDPSocket(t *transfer, conn net.PacketConn) *udpSocket {
	u := &udpSocket{t: t, conn: conn, flows: make(chan *udpFlow, t.want())}
	u.wg.Go(u.receive)
	return u
}

func (u *udpSocket) close() {
	u.conn.Close()
	u.wg.Wait()
}

// receive reads until the socket is closed. A datagram of a set-up datagram's size from an address
// not known is a new stream, if one is wanted still; from one that is known it means that the
// answer was lost. iperf3 never looks at its text, which has changed over time.
func (u *udpSocket) receive() {
	known := make(map[netip.AddrPort]*udpFlow)
	buf := make([]byte, DatagramSizeMax)
	for failures := 0; failures < udpErrorsMax; {
		n, addr, err := u.read(buf)
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			failures++ // an ICMP error for what was sent
			continue
		}
		failures = 0
		f := known[addr]
		switch {
		case n == udpSetUpSize && f == nil:
			if len(known) == u.t.want() {
				continue
			}
			f = &udpFlow{conn: u.conn, addr: net.UDPAddrFromAddrPort(addr)}
			known[addr] = f
			u.flows <- f // has room for all streams
		case f == nil || f.stream.Load() == nil:
		case n == udpSetUpSize:
			f.welcome()
		case !f.stream.Load().sender:
			u.t.datagram(f.stream.Load(), buf[:n])
		}
	}
}

// read reads one datagram, without allocation where the socket can.
func (u *udpSocket) read(buf []byte) (int, netip.AddrPort, error) {
	if c, ok := u.conn.(interface {
		ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	}); ok {
		n, addr, err := c.ReadFromUDPAddrPort(buf)
		return n, addr, err
	}
	n, addr, err := u.conn.ReadFrom(buf)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	if a, ok := addr.(*net.UDPAddr); ok {
		return n, a.AddrPort(), nil
	}
	return 0, netip.AddrPort{}, errors.New("iperf: datagram from an address that is not UDP")
}

// welcome answers a set-up datagram. If the answer is lost the client asks again.
func (f *udpFlow) welcome() { f.Write([]byte(udpWelcome)) }

// Write sends one datagram.
func (f *udpFlow) Write(b []byte) (int, error) { return f.conn.WriteTo(b, f.addr) }

// SetWriteDeadline sets the deadline of the socket, and so of all streams: a test stops all its
// senders together.
func (f *udpFlow) SetWriteDeadline(t time.Time) error { return f.conn.SetWriteDeadline(t) }

// LocalAddr returns the socket's address.
func (f *udpFlow) LocalAddr() net.Addr { return f.conn.LocalAddr() }

// RemoteAddr returns the client's address.
func (f *udpFlow) RemoteAddr() net.Addr { return f.addr }

// Close does nothing: the socket is the test's.
func (f *udpFlow) Close() error { return nil }
