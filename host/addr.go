package host

import (
	"context"
	"net"
	"net/netip"
	"strconv"
)

func tcpAddr(a netip.AddrPort) net.TCPAddr {
	return net.TCPAddr{IP: a.Addr().AsSlice(), Port: int(a.Port()), Zone: a.Addr().Zone()}
}

func udpAddr(a netip.AddrPort) *net.UDPAddr {
	return &net.UDPAddr{IP: a.Addr().AsSlice(), Port: int(a.Port()), Zone: a.Addr().Zone()}
}

func netAddr(proto string, a netip.AddrPort) net.Addr {
	if proto == "udp" {
		return udpAddr(a)
	}
	addr := tcpAddr(a)
	return &addr
}

// family says which addresses a network name such as "tcp4" admits.
type family struct{ v4, v6 bool }

func (f family) admits(a netip.Addr) bool { return a.Is4() && f.v4 || a.Is6() && f.v6 }

// splitNetwork takes "tcp4" apart. ok is false for what is neither TCP nor UDP.
func splitNetwork(network string) (proto string, f family, ok bool) {
	if len(network) < 3 {
		return "", f, false
	}
	proto = network[:3]
	switch network[3:] {
	case "":
		f = family{true, true}
	case "4":
		f = family{v4: true}
	case "6":
		f = family{v6: true}
	default:
		return "", f, false
	}
	return proto, f, proto == "tcp" || proto == "udp"
}

// services knows the ports of services by name. It must not ask the C library, which does so in a
// thread of its own: from a bubble of testing/synctest that is a fatal error.
var services = net.Resolver{PreferGo: true}

// splitAddress takes "name:port" apart; the port may be a service's name, as in package net.
func splitAddress(network, address string) (name string, port uint16, err error) {
	name, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(service)
	if err != nil {
		n, err = services.LookupPort(context.Background(), network, service)
	}
	if err == nil && (n < 0 || n > 65535) {
		err = &net.AddrError{Err: "invalid port", Addr: service}
	}
	if err != nil {
		return "", 0, err
	}
	return name, uint16(n), nil
}

// unspecified is the wildcard address of a family: "::" stands for both.
func (f family) unspecified() netip.Addr {
	if !f.v6 {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
