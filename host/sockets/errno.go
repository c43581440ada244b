//go:build linux

package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// errnoOf returns the number that a kernel would have for an error of the stack's; 0 for none.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	var addr *net.AddrError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, net.ErrClosed):
		return syscall.ENETDOWN
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return syscall.ETIMEDOUT
	case errors.As(err, &addr):
		return syscall.EAFNOSUPPORT
	}
	return syscall.EIO
}

// addrPort returns where an end of a connection is.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}
