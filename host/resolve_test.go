package host

import (
	"context"
	"net"
	"net/netip"
)

// table is a resolver for tests.
type table map[string][]netip.Addr

func (t table) LookupNetIP(_ context.Context, name string) ([]netip.Addr, error) {
	if addrs, ok := t[name]; ok {
		return addrs, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}
