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
	udpBurstMax  = 256 // datagrams of a stream in a paceTick, whatever its bandwidth
	udpErrorsMax = 100 // failed sends in a row that end a stream
)

// udpSender is what sendUDP knows of one stream.
type udpSender struct {
	*stream
	pacer    pacer
	block    []byte
	number   int64
	left     int64 // of the quota
	failures int   // in a row
}

// sendUDP sends the datagrams of streams until the test or their quotas are over. A server's
// streams share a socket and so one goroutine, which serves them in turn: with one each, chance
// would order the datagrams of an instant.
func (t *transfer) sendUDP(streams ...*stream) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	senders := make([]udpSender, len(streams))
	for i, s := range streams {
		senders[i] = udpSender{stream: s, pacer: t.pacer(), left: s.quota,
			block: append([]byte(nil), t.block...)}
	}
	for !streams[0].stopped() { // all are stopped together
		wait, sent := never, false
		for i := range senders {
			s := &senders[i]
			now := time.Now()
			if t.over(now) {
				return nil
			}
			if s.quota > 0 && s.left <= 0 {
				continue
			}
			elapsed := now.Sub(t.plan.start)
			if d := s.pacer.wait(elapsed); d > 0 {
				wait = min(wait, d)
				continue
			}
			sent = true
			if err := t.sendDatagram(s, now, elapsed); err != nil {
				return err
			}
		}
		switch {
		case sent:
		case wait == never:
			return nil // all quotas are used up
		default:
			streams[0].sleep(timer, wait)
		}
	}
	return nil
}

// sendDatagram sends one datagram. One that the system does not take, for want of buffers or
// because nobody listens yet, does not count, and its stream pauses for a tick.
func (t *transfer) sendDatagram(s *udpSender, now time.Time, elapsed time.Duration) error {
	h := udpHeader{sent: time.Duration(now.UnixNano()), number: s.number + 1}
	h.put(s.block, t.test.UDP64BitCounters)
	if _, err := s.conn.Write(s.block); err != nil {
		if s.failures++; s.failures == udpErrorsMax {
			return &Error{Code: CodeStreamWrite, Err: err}
		}
		s.pacer.pause(elapsed)
		return nil
	}
	s.number, s.failures = h.number, 0
	s.meter.add(now, len(s.block), 1)
	s.pacer.add(elapsed, len(s.block))
	if s.quota > 0 && elapsed >= t.plan.omit {
		s.left -= int64(len(s.block))
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
