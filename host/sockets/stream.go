//go:build linux

package sockets

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/atoll-os/atoll/host"
)

// chunkBytes is how much one read takes of what the program has written.
const chunkBytes = 32 << 10

// chunks are buffers that a connection has only while bytes are on their way.
var chunks = sync.Pool{New: func() any { b := make([]byte, chunkBytes); return &b }}

// receive waits for what the program writes and reads it into a buffer of the pool, which is taken
// only then. The buffer is nil if the file is closed.
func receive(raw syscall.RawConn, pool *sync.Pool) (b *[]byte, n int, err error) {
	closed := raw.Read(func(fd uintptr) bool {
		b = pool.Get().(*[]byte)
		if n, err = syscall.Read(int(fd), *b); err != syscall.EAGAIN {
			return true
		}
		pool.Put(b)
		return false
	})
	if closed != nil {
		return nil, 0, closed
	}
	return b, n, err
}

// carry moves bytes both ways until both ends are through.
func (d *Driver) carry(c *host.TCPConn, file *os.File) {
	go d.toProgram(c, file)
	go func() {
		d.fromProgram(c, file)
		c.Close()
		file.Close()
	}()
}

// toProgram gives the program what the peer sends.
func (d *Driver) toProgram(c *host.TCPConn, file *os.File) {
	_, err := c.WriteTo(file)
	switch {
	case err == nil: // the peer's FIN
		control(file, func(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_WR) })
	case errors.Is(err, syscall.EPIPE): // the program reads no more
		c.CloseRead()
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed): // the other direction's doing
	default:
		d.reset(c, file, err)
	}
}

// reset ends a connection by an error of the stack's: the program's calls return it.
func (d *Driver) reset(c *host.TCPConn, file *os.File, err error) {
	control(file, func(fd int) {
		_ = d.answer(answer{kind: answerReset, fd: fd, errno: errnoOf(err)}) // it is closed
	})
	c.Close()
	file.Close()
}

// fromProgram sends what the program writes, and its end.
func (d *Driver) fromProgram(c *host.TCPConn, file *os.File) {
	raw, err := file.SyscallConn()
	if err != nil {
		return // closed
	}
	for {
		b, n, err := receive(raw, &chunks)
		if b == nil {
			return // the other direction has ended it
		}
		var sent error
		if n > 0 {
			_, sent = c.Write((*b)[:n])
		}
		chunks.Put(b)
		switch {
		case sent != nil && !errors.Is(sent, net.ErrClosed):
			d.reset(c, file, sent)
			return
		case sent != nil:
			return
		case err != nil: // the program has not read all, or wants a reset
			refuse(c)
			return
		case n == 0:
			if !closed(file) {
				c.CloseWrite()
				_ = raw.Read(func(fd uintptr) bool { return readerGone(int(fd)) }) // or it is closed
			}
			return
		}
	}
}

// closed tells whether the program has closed its end, and not only said that it writes no more.
func closed(file *os.File) (gone bool) {
	control(file, func(fd int) { gone = readerGone(fd) })
	return gone
}

// readerGone asks by a write of nothing.
func readerGone(fd int) bool {
	_, err := syscall.SendmsgN(fd, nil, nil, nil, syscall.MSG_NOSIGNAL)
	return err != nil
}
