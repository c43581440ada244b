package host

import (
	"context"
	"net"
	"net/netip"
)

// Resolver turns names into addresses. A lab's is a table; one that speaks DNS can take its place.
type Resolver interface {
	// LookupNetIP returns the addresses of a name, or a *net.DNSError.
	LookupNetIP(ctx context.Context, name string) ([]netip.Addr, error)
}

// LookupHost returns the addresses of a name as text, IPv6 first.
func (h *Host) LookupHost(ctx context.Context, name string) ([]string, error) {
	addrs, err := h.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, a := range addrs {
		list = append(list, a.String())
	}
	return list, nil
}

// LookupNetIP returns the addresses of a name, IPv6 first. network is "ip", "ip4" or "ip6".
func (h *Host) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	f := family{network != "ip6", network != "ip4"}
	var found []netip.Addr
	switch addr, err := netip.ParseAddr(name); {
	case err == nil:
		found = []netip.Addr{addr.Unmap()}
	case name == "localhost":
		found = []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	case ctx.Err() != nil:
		return nil, contextError(ctx.Err())
	case h.cfg.Resolver != nil:
		if found, err = h.cfg.Resolver.LookupNetIP(ctx, name); err != nil {
			return nil, err
		}
	}
	var list []netip.Addr
	for _, v6 := range [2]bool{true, false} {
		for _, a := range found {
			if a.Is6() == v6 && f.admits(a) {
				list = append(list, a)
			}
		}
	}
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return list, nil
}
