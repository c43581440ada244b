package iperf

import (
	"context"
	"errors"
	"net"
	"time"
)

// Dialer opens connections. *net.Dialer is one, and so is a host of a lab.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// Local is what a client or server is told about the machine it runs on. Nothing of it is ever
// looked up here, so that a run in a lab repeats; the zero value knows nothing and works.
type Local struct {
	Version    string // goes into reports and, from a client, to the server
	SystemInfo string // goes into reports

	// CPU returns the processor time used since any fixed moment. Nil stands for no use at all.
	CPU func() (user, system time.Duration)

	// Stats looks into a TCP connection; false if it cannot. Nil cannot.
	Stats func(net.Conn) (TCPInfo, bool)

	// Tune sets on a TCP stream what package net has no words for. It is called only if a Test has
	// such a setting. At a client its error ends the test. Nil refuses all.
	Tune func(net.Conn, Tuning) error

	// Observe is told of what happens as it happens, by one call at a time. It must not block.
	Observe func(Event)
}

// TCPInfo is what a TCP connection knows of itself. What is not known is 0.
type TCPInfo struct {
	MSS              int           // bytes
	Retransmits      int64         // segments sent again, since the connection began
	CongestionWindow int64         // bytes
	SendWindow       int64         // bytes, offered by the peer
	RTT, RTTVar      time.Duration // smoothed
	PathMTU          int           // bytes
	Reordering       int           // segments
	SendBuffer       int           // bytes
	ReceiveBuffer    int           // bytes
	Congestion       string        // algorithm
}

// Tuning is what Local.Tune sets. Zero values are left alone.
type Tuning struct {
	MSS        int // bytes
	Congestion string
}

var errUntunable = errors.New("segment size or congestion control cannot be set here")

func (l *Local) observe(e Event) {
	if l.Observe != nil {
		l.Observe(e)
	}
}

func (l *Local) stats(c net.Conn) (TCPInfo, bool) {
	if l.Stats == nil || c == nil {
		return TCPInfo{}, false
	}
	return l.Stats(c)
}

func (l *Local) cpu() (user, system time.Duration) {
	if l.CPU == nil {
		return 0, 0
	}
	return l.CPU()
}

// tune prepares a TCP stream for t.
func (l *Local) tune(c net.Conn, t *Test) error {
	if n, ok := c.(interface{ SetNoDelay(bool) error }); ok {
		if err := n.SetNoDelay(t.NoDelay); err != nil {
			return err
		}
	}
	if err := setBuffers(c, t.Window); err != nil {
		return err
	}
	// The kernel sizes its buffers by itself; others' may be so large that a test would measure
	// how fast they fill.
	if _, kernel := c.(*net.TCPConn); t.Window == 0 && !kernel {
		if b, ok := c.(interface{ SetWriteBuffer(int) error }); ok {
			if err := b.SetWriteBuffer(sendBufferDefault); err != nil {
				return err
			}
		}
	}
	if t.MSS == 0 && t.Congestion == "" {
		return nil
	}
	if l.Tune == nil {
		return errUntunable
	}
	return l.Tune(c, Tuning{MSS: t.MSS, Congestion: t.Congestion})
}

// setBuffers sets both socket buffers of a connection that can, to size bytes if it is not 0.
func setBuffers(c any, size int) error {
	b, ok := c.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	})
	if size == 0 || !ok {
		return nil
	}
	if err := b.SetReadBuffer(size); err != nil {
		return err
	}
	return b.SetWriteBuffer(size)
}
