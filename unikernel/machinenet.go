package unikernel

import (
	"context"
	"io"
	"log/slog"
	"net"
)

// machineNet is the network that a machine of target vm has in its program; nil where programs are
// given one by their kernel. random is what secrets are made of.
type machineNet func(ctx context.Context, random io.Reader, environ []string, log *slog.Logger) (
	Net, error)

// network returns the network of the process: its own stack on a machine of target vm, else the
// kernel's sockets.
func (p *process) network(ctx context.Context, random io.Reader, log *slog.Logger) (Net, error) {
	if own := ownNet(); own != nil {
		return own(ctx, random, p.environ, log)
	}
	return &kernelNet{Dialer: net.Dialer{}, Resolver: net.Resolver{}}, nil
}
