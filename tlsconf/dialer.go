package tlsconf

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// TimeoutDefault is how long a handshake may take, if nothing else is said.
const TimeoutDefault = 10 * time.Second

// Dialer makes connections that have shaken hands. Its DialContext is a DialTLSContext for
// http.Transport.
type Dialer struct {
	// Dial connects beneath TLS; nil: the kernel's sockets.
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	Config  *tls.Config   // such as that of Client
	Clones  Clones        // nil: nobody tells of copies
	Timeout time.Duration // for the handshake; 0: TimeoutDefault

	live live
}

// DialContext connects to addr and shakes hands, as [tls.Dialer.DialContext]: with no ServerName
// in the configuration, the server must have a certificate for the host in addr. What it returns
// is a *tls.Conn.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := d.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	config := d.Config
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("tlsconf: dial: %w", err)
		}
		config = config.Clone()
		config.ServerName = host
	}
	raw, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	raw = d.live.track(raw, d.Clones)
	ctx, cancel := context.WithTimeout(ctx, or(d.Timeout, TimeoutDefault))
	defer cancel()
	c := tls.Client(raw, config)
	if err := c.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, fmt.Errorf("tlsconf: shake hands with %s: %w", addr, err)
	}
	return c, nil
}

// or returns n, or if that is 0 what is meant by it.
func or[T int | time.Duration](n, otherwise T) T {
	if n != 0 {
		return n
	}
	return otherwise
}
