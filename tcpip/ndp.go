package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// addressTimers is what an address needs for duplicate address detection and lifetimes.
type addressTimers struct{}

// ndpState is what an interface needs for router discovery.
type ndpState struct{}

func (s *Stack) startDAD(now clock.Instant, i *iface, a *address) { a.state = preferred }
func (s *Stack) startNDP(now clock.Instant, i *iface)             {}
func (s *Stack) pollNDP(now clock.Instant)                        {}
func (s *Stack) nextNDP() clock.Instant                           { return clock.Never }

// sendSolicitation asks for a neighbour, by multicast if mac is zero.
func (s *Stack) sendSolicitation(now clock.Instant, i *iface, addr netip.Addr, mac wire.MAC) {}
