//go:build linux

package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/atoll-os/atoll/host"
)

// requestsMax is how many requests one read takes.
const requestsMax = 16

// Driver serves the sockets of the program that it is part of.
type Driver struct {
	kernel io.ReadWriteCloser // /dev/sockets
	host   *host.Host

	mu   sync.Mutex
	open map[uint64]*served
}

// served is a socket of the program's that the driver looks after, but for connections, which look
// after themselves.
type served struct {
	end  func()        // what ends it
	room chan struct{} // of a listener: its queue has room again
}

// Open becomes the driver of this program: from now on the kernel asks it. The error wraps
// fs.ErrNotExist if this is not Atoll's kernel, and syscall.EBUSY if there is a driver.
func Open() (*Driver, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("sockets: become the driver: %w", err)
	}
	return newDriver(file), nil
}

func newDriver(kernel io.ReadWriteCloser) *Driver {
	return &Driver{kernel: kernel, open: map[uint64]*served{}}
}

// Close ends the driver: the program's sockets are for the inside of the machine again.
func (d *Driver) Close() error { return d.kernel.Close() }

// Serve joins the program's sockets to a host until the driver is closed, which is no error.
func (d *Driver) Serve(h *host.Host) error {
	d.host = h
	var b [requestsMax * recordBytes]byte
	for {
		n, err := d.kernel.Read(b[:])
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sockets: read requests: %w", err)
		}
		for at := 0; at+recordBytes <= n; at += recordBytes {
			d.serve(parseRequest(b[at:]))
		}
	}
}

// serve begins what a request wants.
func (d *Driver) serve(r request) {
	switch r.want {
	case wantListen:
		d.listen(r)
	case wantConnect:
		ctx, cancel := context.WithCancel(context.Background())
		d.add(r.number, &served{end: cancel})
		go d.connect(ctx, r)
	case wantDatagrams:
		d.datagrams(r)
	case wantRoom:
		d.mu.Lock()
		s := d.open[r.number]
		d.mu.Unlock()
		if s != nil {
			select {
			case s.room <- struct{}{}:
			default: // it knows
			}
		}
	case wantClosed:
		if s := d.remove(r.number); s != nil {
			s.end()
		}
	}
}

func (d *Driver) add(number uint64, s *served) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[number] = s
}

// remove forgets a socket, and returns what was known of it.
func (d *Driver) remove(number uint64) *served {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.open[number]
	delete(d.open, number)
	return s
}

// done answers a request: it is served, or has failed.
func (d *Driver) done(number uint64, err error) error {
	return d.answer(answer{kind: answerDone, number: number, errno: errnoOf(err)})
}

func (d *Driver) answer(a answer) error {
	b := a.record()
	_, err := d.kernel.Write(b[:])
	return err
}

// socket makes a socket of the kernel's that nothing is joined to.
func socket(kind int) (fd int, err error) {
	return syscall.Socket(syscall.AF_INET, kind|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
}

// join makes a socket of the driver's the other end of the program's, and returns it as a file.
func (d *Driver) join(fd int, number uint64, local, peer net.Addr) (*os.File, error) {
	a := answer{kind: answerJoin, fd: fd, number: number, local: addrPort(local),
		peer: addrPort(peer)}
	if err := d.answer(a); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// control calls f with a file's descriptor.
func control(file *os.File, f func(fd int)) {
	if raw, err := file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) }) // it is closed
	}
}
