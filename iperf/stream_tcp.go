package iperf

import (
	"errors"
	"io"
	"net"
	"time"
)

// sendTCP writes blocks until the test or the stream's quota is over.
func (t *transfer) sendTCP(s *stream) error {
	p := t.pacer()
	timer := time.NewTimer(0)
	defer timer.Stop()
	left := s.quota
	for now := time.Now(); !t.over(now) && !s.stopped(); {
		elapsed := now.Sub(t.plan.start)
		if d := p.wait(elapsed); d > 0 {
			if !s.sleep(timer, d) {
				return nil
			}
			now = time.Now()
			continue
		}
		b := t.block
		if s.quota > 0 && elapsed >= t.plan.omit {
			if left == 0 {
				return nil
			}
			b = b[:min(int64(len(b)), left)]
			left -= int64(len(b))
		}
		n, err := s.conn.Write(b)
		now = time.Now()
		s.meter.add(now, n, 0)
		p.add(elapsed, n)
		if err != nil {
			if s.stopped() {
				return nil
			}
			return &Error{Code: CodeStreamWrite, Err: err}
		}
	}
	return nil
}

// receiveTCP reads until the stream ends. After the test it reads on and counts no more, so that a
// sender in the middle of a write can come to its end.
func (t *transfer) receiveTCP(s *stream) error {
	conn := s.conn.(net.Conn)
	buf := make([]byte, t.test.BlockSize)
	for {
		n, err := conn.Read(buf)
		if n > 0 && s.meter.add(time.Now(), n, 0) {
			t.progress(n)
		}
		if errors.Is(err, io.EOF) {
			return nil // the control connection tells what that means
		}
		if err != nil {
			return &Error{Code: CodeStreamRead, Err: err}
		}
	}
}
