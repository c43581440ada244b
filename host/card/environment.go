package card

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Variables of the environment.
const (
	AddressVariable = "ATOLL_IP"  // ADDRESS/BITS[,ROUTER]
	ServersVariable = "ATOLL_DNS" // ADDRESS[,ADDRESS]
)

// ServersMax is how many DNS servers can be named.
const ServersMax = 4

// settings are what the environment says.
type settings struct {
	prefix  netip.Prefix // invalid: none is set, and DHCP looks after it
	router  netip.Addr   // invalid: none
	servers []netip.Addr // of names
}

// fromEnviron reads the variables that say where the machine is.
func fromEnviron(environ []string) (s settings, err error) {
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		example := ""
		switch name {
		case AddressVariable:
			err, example = s.setAddress(text), "10.0.2.15/24,10.0.2.2"
		case ServersVariable:
			err, example = s.setServers(text), "10.0.2.3,10.0.2.4"
		}
		if err != nil {
			return s, fmt.Errorf("card: %s=%.80q: %w; write %s=%s", name, text, err, name, example)
		}
	}
	return s, nil
}

func (s *settings) setAddress(text string) (err error) {
	prefix, router, routed := strings.Cut(text, ",")
	if s.prefix, err = netip.ParsePrefix(prefix); err == nil && routed {
		s.router, err = netip.ParseAddr(router)
	}
	switch {
	case err != nil:
		return err
	case !s.prefix.Addr().Is4() || routed && !s.router.Is4():
		return errors.New("it is no IPv4 address")
	case routed && !s.prefix.Contains(s.router):
		return errors.New("the router is not in that network")
	}
	return nil
}

func (s *settings) setServers(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		server, err := netip.ParseAddr(word)
		if err != nil {
			return err
		}
		if s.servers = append(s.servers, server); len(s.servers) > ServersMax {
			return fmt.Errorf("there are more than %d", ServersMax)
		}
	}
	return nil
}
