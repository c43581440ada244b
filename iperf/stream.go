package iperf

import (
	"context"
	"net"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// stream carries data in one direction over one connection, or over one pair of UDP addresses.
type stream struct {
	id     int
	sender bool
	conn   streamConn
	quota  int64  // bytes to send after the omitted time, 0 for no limit
	early  []byte // a datagram that came while the stream was still being set up

	stop chan struct{} // closed when the stream is to send no more
	done chan struct{} // closed when its goroutine has ended; nil if it has none

	meter   meter
	last    mark   // at the last boundary reported
	final   mark   // at the end of the test
	omitted totals // at the end of the omitted time
	tcp     tcpHistory
	peer    peerResult // what the other side has counted
}

// streamConn is what a stream needs of a net.Conn.
type streamConn interface {
	Write([]byte) (int, error)
	SetWriteDeadline(time.Time) error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	Close() error
}

// newStream returns the i-th stream of a test.
func newStream(i int, sender bool, conn streamConn) *stream {
	return &stream{id: streamID(i), sender: sender, conn: conn, stop: make(chan struct{})}
}

// payload returns the bytes that fill blocks. They look random, so that nothing on the way
// compresses them, and are the same in every run.
func payload(size int) []byte {
	b := make([]byte, size)
	prng.New(0).Split("iperf payload").Read(b)
	return b
}

// sleep waits for d and reports false if the stream is to send no more.
func (s *stream) sleep(timer *time.Timer, d time.Duration) bool {
	timer.Reset(d)
	select {
	case <-timer.C:
		return true
	case <-s.stop:
		return false
	}
}

func (s *stream) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// halt waits until a sender that has been told to stop has done so, also if it waits in a write.
func (s *stream) halt() {
	s.conn.SetWriteDeadline(longAgo)
	if s.done != nil {
		<-s.done
	}
}

// close ends the stream and its goroutine.
func (s *stream) close() {
	s.conn.Close()
	if s.done != nil {
		<-s.done
	}
}

// tcpHistory is what a TCP sender's connection has told about itself at the boundaries.
type tcpHistory struct {
	known       bool
	retransmits int64 // since the omitted time
	base        int64 // of the connection, at the last boundary
	now         TCPInfo

	cwndMax, windowMax     int64
	rttMin, rttMax, rttSum time.Duration
	samples                int64
}

// sample takes in what the connection says at a boundary and returns the retransmissions since the
// last.
func (h *tcpHistory) sample(info TCPInfo) int64 {
	again := info.Retransmits - h.base
	h.known, h.now, h.base = true, info, info.Retransmits
	h.retransmits += again
	h.cwndMax = max(h.cwndMax, info.CongestionWindow)
	h.windowMax = max(h.windowMax, info.SendWindow)
	h.rttMax = max(h.rttMax, info.RTT)
	if h.samples == 0 || info.RTT < h.rttMin {
		h.rttMin = info.RTT
	}
	h.rttSum += info.RTT
	h.samples++
	return again
}

// restart forgets what was before the end of the omitted time.
func (h *tcpHistory) restart() { *h = tcpHistory{known: h.known, base: h.base, now: h.now} }

// totals returns the history as a report has it.
func (h *tcpHistory) totals() *TCPTotals {
	return &TCPTotals{
		Retransmits: h.retransmits,
		Reorder:     h.now.Reordering,
		MaxSndCwnd:  h.cwndMax,
		MaxSndWnd:   h.windowMax,
		MaxRTT:      h.rttMax.Microseconds(),
		MinRTT:      h.rttMin.Microseconds(),
		MeanRTT:     (h.rttSum / time.Duration(max(h.samples, 1))).Microseconds(),
	}
}

// dial opens a connection within the time a peer has to answer.
func dial(ctx context.Context, d Dialer, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	return d.DialContext(ctx, network, addr)
}
