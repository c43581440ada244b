package unikernel

import (
	"context"
	"net"
	"net/netip"
)

// Net is a machine's network with the verbs of package net. The kernel's sockets are one, a lab's
// host is another; addresses, errors and deadlines are package net's in both.
type Net interface {
	// DialContext connects to addr, as [net.Dialer.DialContext].
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	// Listen listens on addr for streams, as [net.Listen].
	Listen(network, addr string) (net.Listener, error)
	// ListenPacket listens on addr for datagrams, as [net.ListenPacket].
	ListenPacket(network, addr string) (net.PacketConn, error)
	// LookupHost returns the addresses of a name, as [net.Resolver.LookupHost].
	LookupHost(ctx context.Context, name string) ([]string, error)
	// Interfaces lists the machine's network interfaces in their order.
	Interfaces() []Interface
}

// Interface is one network interface as a program sees it. It is an alias of a type without a
// name, so that a network below this package can have the method Interfaces.
type Interface = struct {
	Name         string
	HardwareAddr net.HardwareAddr
	MTU          int            // bytes of the largest IP packet
	Addrs        []netip.Prefix // usable addresses with their networks
}

// kernelNet is the network of a process: package net.
type kernelNet struct {
	net.Dialer
	net.Resolver
}

func (*kernelNet) Listen(network, addr string) (net.Listener, error) {
	return net.Listen(network, addr)
}

func (*kernelNet) ListenPacket(network, addr string) (net.PacketConn, error) {
	return net.ListenPacket(network, addr)
}

// Interfaces leaves out what the kernel does not tell: an interface that vanishes while it is
// asked has no addresses.
func (*kernelNet) Interfaces() []Interface {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	list := make([]Interface, 0, len(all))
	for _, i := range all {
		addrs, _ := i.Addrs()
		list = append(list, Interface{i.Name, i.HardwareAddr, i.MTU, prefixes(addrs)})
	}
	return list
}

func prefixes(addrs []net.Addr) []netip.Prefix {
	var list []netip.Prefix
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if addr, ok := netip.AddrFromSlice(ipnet.IP); ok {
			ones, bits := ipnet.Mask.Size()
			// Package net keeps IPv4 addresses in 16 bytes, but their masks in 4.
			if bits == 32 {
				addr = addr.Unmap()
			}
			list = append(list, netip.PrefixFrom(addr, ones))
		}
	}
	return list
}
