package card

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/atoll-os/atoll/host"
)

// resolver knows a table of names, and asks DNS servers for others once it knows some.
type resolver struct {
	hosts map[string][]netip.Addr // by name in lower case
	dns   atomic.Pointer[net.Resolver]
}

// use makes a host's own network the way to the servers, which are asked in turn.
func (r *resolver) use(h *host.Host, servers []netip.Addr) {
	if len(servers) == 0 {
		return
	}
	var next atomic.Uint32
	r.dns.Store(&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (
		net.Conn, error) {
		server := servers[int(next.Add(1)-1)%len(servers)]
		return h.DialContext(ctx, network, netip.AddrPortFrom(server, 53).String())
	}})
}

// LookupNetIP returns the addresses of a name.
func (r *resolver) LookupNetIP(ctx context.Context, name string) ([]netip.Addr, error) {
	if addrs, ok := r.hosts[strings.ToLower(strings.TrimSuffix(name, "."))]; ok {
		return slices.Clone(addrs), nil
	}
	dns := r.dns.Load()
	if dns == nil {
		return nil, &net.DNSError{Err: "no DNS server is known", Name: name, IsNotFound: true}
	}
	return dns.LookupNetIP(ctx, "ip", name)
}
