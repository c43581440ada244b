package card

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Variables of the environment.
const (
	AddressVariable  = "ATOLL_IP"    // ADDRESS/BITS[,ROUTER]
	Address6Variable = "ATOLL_IP6"   // likewise, of IPv6
	ServersVariable  = "ATOLL_DNS"   // ADDRESS[,ADDRESS]
	HostsVariable    = "ATOLL_HOSTS" // NAME=ADDRESS[,NAME=ADDRESS]; a name may have several
)

// Limits of the variables.
const (
	ServersMax = 4    // DNS servers
	HostsMax   = 1024 // addresses of names
)

// settings are what the environment says.
type settings struct {
	prefix  netip.Prefix            // invalid: none is set, and DHCP looks after it
	router  netip.Addr              // invalid: none
	prefix6 netip.Prefix            // invalid: only those that routers advertise
	router6 netip.Addr              // invalid: likewise
	servers []netip.Addr            // of names
	hosts   map[string][]netip.Addr // by name in lower case
}

// fromEnviron reads the variables that say where the machine is.
func fromEnviron(environ []string) (s settings, err error) {
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		example := ""
		switch name {
		case AddressVariable:
			err, example = setAddress(&s.prefix, &s.router, text, false), "10.0.2.15/24,10.0.2.2"
		case Address6Variable:
			err, example = setAddress(&s.prefix6, &s.router6, text, true), "fd00::f/64,fd00::2"
		case ServersVariable:
			err, example = s.setServers(text), "10.0.2.3,10.0.2.4"
		case HostsVariable:
			err, example = s.setHosts(text), "web=10.0.2.15,db=10.0.2.16"
		}
		if err != nil {
			return s, fmt.Errorf("card: %s=%.80q: %w; write %s=%s", name, text, err, name, example)
		}
	}
	return s, nil
}

// setAddress reads an address with its network, and a router if there is one.
func setAddress(to *netip.Prefix, via *netip.Addr, text string, v6 bool) (err error) {
	prefix, router, routed := strings.Cut(text, ",")
	if *to, err = netip.ParsePrefix(prefix); err == nil && routed {
		*via, err = netip.ParseAddr(router)
	}
	switch {
	case err != nil:
		return err
	case to.Addr().Is6() != v6 || routed && via.Is6() != v6:
		return fmt.Errorf("it is no %s address", map[bool]string{false: "IPv4", true: "IPv6"}[v6])
	case !usable(to.Addr()) || routed && !usable(*via):
		return errors.New("no machine can have that address")
	case routed && !to.Contains(*via):
		return errors.New("the router is not in that network")
	}
	return nil
}

// usable tells whether an address can be one machine's on a network.
func usable(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.Is4In6() &&
		a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

func (s *settings) setServers(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		server, err := netip.ParseAddr(word)
		if err != nil {
			return err
		}
		if s.servers = append(s.servers, server.Unmap()); len(s.servers) > ServersMax {
			return fmt.Errorf("there are more than %d", ServersMax)
		}
	}
	return nil
}

// setHosts reads the table of names.
func (s *settings) setHosts(text string) error {
	s.hosts = map[string][]netip.Addr{}
	pairs := strings.Split(text, ",")
	if len(pairs) > HostsMax {
		return fmt.Errorf("there are more than %d", HostsMax)
	}
	for _, pair := range pairs {
		name, addr, _ := strings.Cut(pair, "=")
		a, err := netip.ParseAddr(addr)
		switch {
		case err != nil:
			return err
		case name == "":
			return errors.New("an address has no name")
		}
		name = strings.ToLower(name)
		s.hosts[name] = append(s.hosts[name], a.Unmap())
	}
	return nil
}
