package device

import (
	"net"
	"sync"
)

// Socket is the frames of whoever connected to a listener last: the card of a machine that comes,
// goes and comes again, while its place in the network stays. What is sent while nobody is there is
// lost, as on a cable without an end.
type Socket struct {
	listener net.Listener

	mu     sync.Mutex
	came   *sync.Cond // a connection came or ended, or the socket is closed
	stream *Stream    // nil: nobody is there
	closed bool
	done   chan struct{} // closed when the listener has ended
}

// NewSocket returns the frames of a listener, which it owns from here on.
func NewSocket(l net.Listener) *Socket {
	s := &Socket{listener: l, done: make(chan struct{})}
	s.came = sync.NewCond(&s.mu)
	go s.accept()
	return s
}

// accept lets one connection take the place of the other.
func (s *Socket) accept() {
	defer close(s.done)
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.stream != nil {
			s.stream.Close()
		}
		if s.stream = NewStream(conn); s.closed {
			conn.Close()
		}
		s.came.Broadcast()
		s.mu.Unlock()
	}
}

// there waits for a connection. The error is net.ErrClosed.
func (s *Socket) there() (*Stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.stream == nil && !s.closed {
		s.came.Wait()
	}
	if s.closed {
		return nil, net.ErrClosed
	}
	return s.stream, nil
}

// gone forgets a connection that has ended.
func (s *Socket) gone(stream *Stream) {
	stream.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream == stream {
		s.stream = nil
	}
}

// ReadFrame waits for a frame, whoever sends it. The only error is net.ErrClosed.
func (s *Socket) ReadFrame(b []byte) (n int, more bool, err error) {
	for {
		stream, err := s.there()
		if err != nil {
			return 0, false, err
		}
		if n, more, err = stream.ReadFrame(b); err == nil {
			return n, more, nil
		}
		s.gone(stream)
	}
}

// WriteFrame sends a frame to whoever is there. What cannot be sent is lost, without an error.
func (s *Socket) WriteFrame(b []byte, more bool) error {
	s.mu.Lock()
	stream := s.stream
	s.mu.Unlock()
	if stream != nil && stream.WriteFrame(b, more) != nil {
		s.gone(stream)
	}
	return nil
}

// Close ends the listener and the connection.
func (s *Socket) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.stream != nil {
		s.stream.Close()
	}
	s.came.Broadcast()
	s.mu.Unlock()
	err := s.listener.Close()
	<-s.done
	return err
}
