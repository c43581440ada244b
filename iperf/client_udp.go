package iperf

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

const (
	udpRetry        = 250 * time.Millisecond // between set-up datagrams, at least
	udpSetUpTimeout = 30 * time.Second       // for one stream
	udpSetUpSize    = 4                      // bytes of a set-up datagram
	udpHello        = "9876"                 // client: here I am
	udpWelcome      = "6789"                 // server: and so you are
)

// dialUDP opens the next UDP stream: the client says hello, the server learns its address by that
// and answers. Either datagram may be lost, so hello is said again every udpRetry, or every two
// round trips if those are longer: iperf3's server counts a hello that comes too often as data.
//
// Data instead of the answer means that the answer was lost or overtaken; it is handed back.
func (r *clientRun) dialUDP(ctx context.Context) (conn net.Conn, early []byte, err error) {
	addr := r.client.Addr
	if a, ok := r.ctrl.conn.RemoteAddr().(*net.TCPAddr); ok {
		addr = a.String() // the same of the server's addresses as the control connection's
	}
	if conn, err = dial(ctx, r.client.Dialer, "udp", addr); err != nil {
		return nil, nil, err
	}
	if err = setBuffers(conn, r.test.Window); err == nil {
		early, err = r.greet(ctx, conn)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, early, conn.SetReadDeadline(time.Time{})
}

func (r *clientRun) greet(ctx context.Context, conn net.Conn) (early []byte, err error) {
	retry := max(udpRetry, 2*r.rtt)
	buf := make([]byte, DatagramSizeMax)
	for limit := time.Now().Add(udpSetUpTimeout); time.Now().Before(limit); {
		again := time.Now().Add(retry)
		if _, err = conn.Write([]byte(udpHello)); err == nil {
			early, err = awaitWelcome(conn, buf, again, r.test.UDP64BitCounters)
		}
		if err == nil {
			return early, nil
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		select { // an error such as "connection refused" comes at once
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Until(again)):
		}
		// A server that has all its streams starts the test, whether or not its last welcome came.
		if r.t.want() == len(r.t.streams)+1 && r.ctrl.spoken(time.Millisecond) {
			return nil, nil
		}
	}
	return nil, &Error{Code: CodeConnect, Err: err}
}

// awaitWelcome reads until the deadline for the server's answer, of which only the size counts as
// its text has changed over time, or for data.
func awaitWelcome(conn net.Conn, buf []byte, deadline time.Time, wide bool) ([]byte, error) {
	conn.SetReadDeadline(deadline)
	for range udpErrorsMax {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if n == udpSetUpSize {
			return nil, nil
		}
		if _, ok := parseUDPHeader(buf[:n], wide); ok {
			return append([]byte(nil), buf[:n]...), nil
		}
	}
	return nil, os.ErrDeadlineExceeded
}
