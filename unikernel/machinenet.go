package unikernel

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path"
	"runtime/debug"
)

// machineNet is the network that a machine of target vm has in its program; nil where programs are
// given one by their kernel. name is the machine's in a DHCP server's list, random is what secrets
// are made of.
type machineNet func(ctx context.Context, name string, random io.Reader, environ []string,
	log *slog.Logger) (Net, error)

// vmName returns the name of a program that is a machine: the last element of its package, since
// there is no file that was started. It is the same name as that of the process.
func vmName(fallback string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Path == "" || info.Path == "command-line-arguments" {
		return fallback
	}
	return path.Base(info.Path)
}

// network returns the network of the process: its own stack on a machine of target vm, else the
// kernel's sockets. A signal ends the wait for an address: cancel is called, and the error wraps
// [ErrStopped].
func (p *process) network(ctx context.Context, cancel context.CancelCauseFunc, random io.Reader,
	log *slog.Logger) (Net, error) {
	if p.own == nil {
		return &kernelNet{Dialer: net.Dialer{}, Resolver: net.Resolver{}}, nil
	}
	type result struct {
		net Net
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := p.own(ctx, p.name, random, p.environ, log)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.net, r.err
	case sig := <-p.signals:
		cause := fmt.Errorf("%w by signal: %v", ErrStopped, sig)
		cancel(cause)
		<-done
		return nil, cause
	}
}
