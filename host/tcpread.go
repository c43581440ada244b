package host

import (
	"io"
	"net"
	"os"
)

// Read reads what has arrived into p, waiting for the first byte. Its errors are those of
// net.TCPConn: io.EOF after the peer's FIN, a timeout at the deadline, net.ErrClosed, ECONNRESET.
func (c *TCPConn) Read(p []byte) (int, error) {
	if err := c.beginRead(len(p) == 0); err != nil {
		return 0, c.opError("read", err)
	}
	n := c.rq.Read(p)
	if c.endRead(n) {
		c.touch()
	}
	return n, nil
}

// beginRead waits until c.rq has bytes and makes the caller the one reader, if it returns nil.
func (c *TCPConn) beginRead(poll bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.reading && !c.closed {
		c.readable.Wait()
	}
	for {
		switch {
		case c.closed:
			return net.ErrClosed
		case c.readBy.passed():
			return os.ErrDeadlineExceeded
		case poll || c.rq.Len() > 0:
			c.reading = true
			return nil
		case c.in.Len() > 0:
			c.in.MoveTo(&c.rq)
		case c.failure != nil && !c.readFailed:
			c.readFailed = true
			return c.failure
		case c.peerClosed || c.readShut || c.failure != nil:
			return io.EOF
		default:
			c.readWaits = true
			c.readable.Wait()
			c.readWaits = false
			for c.reading && !c.closed { // another reader was first
				c.readable.Wait()
			}
		}
	}
}

// endRead lets the next reader in. It reports whether the engine is to be told of what was read,
// which is once it is worth a window update: an eighth of the buffer.
func (c *TCPConn) endRead(n int) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	c.consumed += n
	if c.closed {
		c.rq.Release()
	}
	c.readable.Broadcast()
	return c.consumed >= c.socket.ReceiveBuffer()/8
}

// WriteTo hands received bytes to w from where they lie, without a copy, until the peer's FIN.
func (c *TCPConn) WriteTo(w io.Writer) (n int64, err error) {
	for err == nil {
		if err = c.beginRead(false); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, c.opError("read", err)
		}
		front := c.rq.Front()
		var wrote int
		wrote, err = w.Write(front)
		if wrote < len(front) && err == nil {
			err = io.ErrShortWrite
		}
		c.rq.Discard(wrote)
		if c.endRead(wrote) {
			c.touch()
		}
		n += int64(wrote)
	}
	return n, err
}
