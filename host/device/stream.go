package device

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// lengthBytes is what QEMU's netdev "stream" puts before each frame: its length, big-endian.
const lengthBytes = 4

// streamBuffer is what is read and written at once, in bytes.
const streamBuffer = 256 << 10

// Stream is frames over a connection, as QEMU's netdev "stream" has them.
type Stream struct {
	conn io.ReadWriteCloser
	in   *bufio.Reader
	out  *bufio.Writer
}

// NewStream returns the frames of a connection, which it owns from here on.
func NewStream(conn net.Conn) *Stream { return newStream(conn, streamBuffer) }

// newStream has buffers of so many bytes.
func newStream(conn io.ReadWriteCloser, bytes int) *Stream {
	return &Stream{conn, bufio.NewReaderSize(conn, bytes), bufio.NewWriterSize(conn, bytes)}
}

// ReadFrame reads a frame. A length of nonsense is an error: nothing after it can be read.
func (s *Stream) ReadFrame(b []byte) (n int, more bool, err error) {
	head, err := s.in.Peek(lengthBytes)
	if err != nil {
		if err == io.EOF && len(head) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, false, err
	}
	length := binary.BigEndian.Uint32(head)
	s.in.Discard(lengthBytes) // it is there
	if length > uint32(len(b)) {
		return 0, false, fmt.Errorf("device: a frame of %d bytes, at most %d", length, len(b))
	}
	if _, err := io.ReadFull(s.in, b[:length]); err != nil {
		return 0, false, fmt.Errorf("device: read a frame: %w", err)
	}
	return int(length), s.whole(), nil
}

// whole tells whether the next frame has come in already.
func (s *Stream) whole() bool {
	if s.in.Buffered() < lengthBytes {
		return false
	}
	head, err := s.in.Peek(lengthBytes)
	return err == nil && uint64(s.in.Buffered()) >=
		lengthBytes+uint64(binary.BigEndian.Uint32(head))
}

// WriteFrame writes a frame; it leaves when no more follow, or the buffer is full. What is written
// at once are whole frames.
func (s *Stream) WriteFrame(b []byte, more bool) error {
	if s.out.Buffered() > 0 && s.out.Available() < lengthBytes+len(b) {
		s.out.Flush() // an error stays with the writer
	}
	s.out.Write(binary.BigEndian.AppendUint32(s.out.AvailableBuffer(), uint32(len(b))))
	if _, err := s.out.Write(b); err != nil {
		return fmt.Errorf("device: write a frame: %w", err)
	}
	if more {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("device: write frames: %w", err)
	}
	return nil
}

// Close closes the connection.
func (s *Stream) Close() error { return s.conn.Close() }
