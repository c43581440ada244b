package host

import (
	"io"
	"net"
	"os"
	"sync"
)

// Write hands all of p to the connection, waiting while its send buffer is full. On an error n says
// how many bytes were taken.
//
// Between any two of its steps the engine may take what there is to take and bring what has
// arrived. Each step is whole by itself, under the connection's lock or on bytes that nobody else
// looks at.
func (c *TCPConn) Write(p []byte) (n int, err error) {
	if err := c.beginWrite(); err != nil {
		return 0, c.opError("write", err)
	}
	for n < len(p) && err == nil {
		var room int
		if room, err = c.reserve(len(p) - n); err == nil {
			c.wq.Append(p[n : n+room])
			c.commit()
			c.touch()
			n += room
		}
	}
	c.endWrite()
	if err != nil {
		return n, c.opError("write", err)
	}
	return n, nil
}

// beginWrite makes the caller the one writer.
func (c *TCPConn) beginWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing && !c.closed {
		c.writable.Wait()
	}
	if err := c.writeError(); err != nil {
		return err
	}
	c.writing = true
	return nil
}

func (c *TCPConn) endWrite() {
	c.mu.Lock()
	c.writing = false
	if c.closed {
		c.wq.Release()
	}
	c.writable.Broadcast()
	c.mu.Unlock()
}

func (c *TCPConn) writeError() error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.writeBy.passed():
		return os.ErrDeadlineExceeded
	case c.writeShut || c.writeFailed || c.readFailed:
		return errBrokenPipe
	case c.failure != nil:
		c.writeFailed = true
		return c.failure
	}
	return nil
}

// reserve waits for room in the send buffer and takes up to n bytes of it.
func (c *TCPConn) reserve(n int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if err := c.writeError(); err != nil {
			return 0, err
		}
		if c.space > 0 {
			n = min(n, c.space)
			c.space -= n
			c.reserved = n
			return n, nil
		}
		c.writeWaits = true
		c.writable.Wait()
		c.writeWaits = false
	}
}

// commit gives the engine the bytes for which room was reserved.
func (c *TCPConn) commit() {
	c.mu.Lock()
	c.reserved = 0
	if !c.closed {
		c.wq.MoveTo(&c.out)
	}
	c.mu.Unlock()
}

const copyBufferSize = 64 << 10

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, copyBufferSize); return &b }}

// ReadFrom writes all of r, in pieces of 64 KiB.
func (c *TCPConn) ReadFrom(r io.Reader) (int64, error) {
	b := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(b)
	return io.CopyBuffer(struct{ io.Writer }{c}, r, *b)
}
