package iperf

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"os"
	"time"
)

// udpHeader is what each datagram of a test begins with: the sender's time and the datagram's
// number, from 1, in 32 bits or by agreement in 64.
type udpHeader struct {
	sent   time.Duration // by the sender's clock, since an instant of its own
	number int64
}

// put writes h into the first 12 or 16 bytes of b.
func (h udpHeader) put(b []byte, wide bool) {
	binary.BigEndian.PutUint32(b[0:], uint32(h.sent/time.Second))
	binary.BigEndian.PutUint32(b[4:], uint32(h.sent%time.Second/time.Microsecond))
	if wide {
		binary.BigEndian.PutUint64(b[8:], uint64(h.number))
	} else {
		binary.BigEndian.PutUint32(b[8:], uint32(h.number))
	}
}

// parseUDPHeader reads what put has written. It is false for what cannot be a datagram of a test:
// too short, such as a set-up datagram sent again, or not numbered.
func parseUDPHeader(b []byte, wide bool) (h udpHeader, ok bool) {
	if len(b) < 12 || wide && len(b) < 16 {
		return h, false
	}
	h.sent = time.Duration(binary.BigEndian.Uint32(b[0:]))*time.Second +
		time.Duration(binary.BigEndian.Uint32(b[4:]))*time.Microsecond
	n := uint64(binary.BigEndian.Uint32(b[8:]))
	if wide {
		n = binary.BigEndian.Uint64(b[8:])
	}
	h.number = int64(n)
	return h, n > 0 && n <= math.MaxInt64
}

const (
	udpBurstMax  = 256 // datagrams in a paceTick when the bandwidth is Unlimited
	udpErrorsMax = 100 // failed sends in a row that end a stream
)

// sendUDP sends datagrams until the test or the stream's quota is over. One that the system does
// not take, for want of buffers or because nobody listens yet, does not count and is tried again
// in the next tick.
func (t *transfer) sendUDP(s *stream) error {
	p := t.pacer(udpBurstMax)
	timer := time.NewTimer(0)
	defer timer.Stop()
	b := append([]byte(nil), t.block...)
	var number, left, failures int64 = 0, s.quota, 0
	for !s.stopped() {
		now := time.Now()
		elapsed := now.Sub(t.plan.start)
		counts := s.quota > 0 && elapsed >= t.plan.omit
		if t.over(now) || counts && left <= 0 {
			return nil
		}
		if d := p.wait(elapsed); d > 0 {
			s.sleep(timer, d)
			continue
		}
		udpHeader{time.Duration(now.UnixNano()), number + 1}.put(b, t.test.UDP64BitCounters)
		if _, err := s.conn.Write(b); err != nil {
			if failures++; failures < udpErrorsMax && !s.stopped() {
				s.sleep(timer, paceTick)
				continue
			}
			return &Error{Code: CodeStreamWrite, Err: err}
		}
		number, failures = number+1, 0
		s.meter.add(now, len(b), 1)
		p.add(elapsed, len(b))
		if counts {
			left -= int64(len(b))
		}
	}
	return nil
}

// receiveUDP reads datagrams from a connection of the stream's own until it is closed.
func (t *transfer) receiveUDP(s *stream) error {
	conn := s.conn.(net.Conn)
	buf := make([]byte, DatagramSizeMax)
	if s.early != nil {
		t.datagram(s, s.early)
	}
	for failures := 0; ; {
		n, err := conn.Read(buf)
		if err == nil {
			t.datagram(s, buf[:n])
			failures = 0
			continue
		}
		// An ICMP error comes once and says nothing about the datagrams to come.
		if failures++; failures == udpErrorsMax || errors.Is(err, net.ErrClosed) ||
			errors.Is(err, os.ErrDeadlineExceeded) {
			return &Error{Code: CodeStreamRead, Err: err}
		}
	}
}

// datagram counts what came for a stream.
func (t *transfer) datagram(s *stream, b []byte) {
	h, ok := parseUDPHeader(b, t.test.UDP64BitCounters)
	if !ok {
		return
	}
	now := time.Now()
	if s.meter.datagram(now, len(b), h.number, time.Duration(now.UnixNano())-h.sent) {
		t.progress(len(b))
	}
}
