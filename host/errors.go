package host

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
)

// The texts and types are those of package net, so that code which asks errors.Is for
// syscall.ECONNREFUSED, net.ErrClosed or os.ErrDeadlineExceeded gets the answer it knows.

// dialTimeout is what net.Dialer returns when a deadline ends a dial: it is a timeout and a
// context.DeadlineExceeded at once.
type dialTimeout struct{}

func (dialTimeout) Error() string        { return "i/o timeout" }
func (dialTimeout) Timeout() bool        { return true }
func (dialTimeout) Temporary() bool      { return true }
func (dialTimeout) Is(target error) bool { return target == context.DeadlineExceeded }

type dialCanceled struct{}

func (dialCanceled) Error() string        { return "operation was canceled" }
func (dialCanceled) Is(target error) bool { return target == context.Canceled }

// contextError turns why a context ended into what net.Dialer would say.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return dialTimeout{}
	}
	if errors.Is(err, context.Canceled) {
		return dialCanceled{}
	}
	return err
}

// errno maps what the stack says to the number the kernel would give.
func errno(err error) (syscall.Errno, bool) {
	for _, m := range [...]struct {
		err   error
		errno syscall.Errno
	}{
		{tcp.ErrReset, syscall.ECONNRESET},
		{tcp.ErrRefused, syscall.ECONNREFUSED},
		{tcp.ErrTimeout, syscall.ETIMEDOUT},
		{tcp.ErrHostUnreachable, syscall.EHOSTUNREACH},
		{tcp.ErrNetUnreachable, syscall.ENETUNREACH},
		{tcp.ErrAborted, syscall.ECONNABORTED},
		{tcpip.ErrNoRoute, syscall.ENETUNREACH},
		{tcpip.ErrAddrInUse, syscall.EADDRINUSE},
		{tcpip.ErrAddrNotAvailable, syscall.EADDRNOTAVAIL},
		{tcpip.ErrNoPorts, syscall.EADDRNOTAVAIL},
		{tcpip.ErrMessageTooLong, syscall.EMSGSIZE},
		{errBrokenPipe, syscall.EPIPE},
		{errNoDestination, syscall.EDESTADDRREQ},
	} {
		if errors.Is(err, m.err) {
			return m.errno, true
		}
	}
	return 0, false
}

// errBrokenPipe: the program writes after it closed that direction, or after a reset was reported.
var errBrokenPipe = errors.New("host: broken pipe")

// errNoDestination: Write on a packet socket that is not connected.
var errNoDestination = errors.New("host: no destination")

// systemError wraps err the way the system call of that name would have failed.
func systemError(call string, err error) error {
	if n, ok := errno(err); ok {
		return os.NewSyscallError(call, n)
	}
	return err
}

// plain reports whether err goes into a net.OpError without a system call's name.
func plain(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}
