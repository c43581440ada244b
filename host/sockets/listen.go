//go:build linux

package sockets

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/atoll-os/atoll/host"
)

// listen has the host listen for a socket of the program's.
func (d *Driver) listen(r request) {
	l, err := d.host.Listen(r.network("tcp"), r.local.String())
	if err == nil {
		ctx, cancel := context.WithCancel(context.Background())
		s := &served{room: make(chan struct{}, 1), end: func() { cancel(); l.Close() }}
		d.add(r.number, s)
		go d.accept(ctx, l.(*host.Listener), s, r.number)
	}
	_ = d.done(r.number, err) // or it is closed meanwhile, which is told next
}

// accept gives connections to a listener of the program's, as many as its queue takes.
func (d *Driver) accept(ctx context.Context, l *host.Listener, s *served, number uint64) {
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			return // closed
		}
		file, err := d.admit(ctx, c, s, number)
		if err != nil {
			refuse(c)
			continue
		}
		d.carry(c, file)
	}
}

// admit joins a connection to a listener; with a full queue it waits for room.
func (d *Driver) admit(ctx context.Context, c *host.TCPConn, s *served, number uint64) (
	*os.File, error) {
	fd, err := socket(syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	for {
		file, err := d.join(fd, number, c.LocalAddr(), c.RemoteAddr())
		if err == nil {
			return file, nil
		}
		if errors.Is(err, syscall.EAGAIN) {
			select {
			case <-s.room:
				continue
			case <-ctx.Done():
			}
		}
		syscall.Close(fd)
		return nil, err
	}
}

// refuse resets a connection for which there is no socket.
func refuse(c *host.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

// connect connects a socket of the program's.
func (d *Driver) connect(ctx context.Context, r request) {
	conn, err := d.host.DialContext(ctx, "tcp", r.peer.String())
	if s := d.remove(r.number); s != nil {
		s.end() // the context has no more use
	}
	if err != nil {
		_ = d.done(r.number, err) // or the program has closed it
		return
	}
	c := conn.(*host.TCPConn)
	fd, err := socket(syscall.SOCK_STREAM)
	if err == nil {
		var file *os.File
		if file, err = d.join(fd, r.number, c.LocalAddr(), c.RemoteAddr()); err == nil {
			d.carry(c, file)
			return
		}
		syscall.Close(fd)
	}
	refuse(c)
	_ = d.done(r.number, err)
}
