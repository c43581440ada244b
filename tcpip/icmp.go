package tcpip

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
)

// The hooks that input, forwarding and neighbours call.

const unreachableProtocol = 2

func (s *Stack) inputICMPv4(now clock.Instant, p *packet)                               {}
func (s *Stack) inputICMPv6(now clock.Instant, p *packet)                               {}
func (s *Stack) parameterProblem(now clock.Instant, p *packet, code uint8, pointer int) {}
func (s *Stack) unreachable(now clock.Instant, p *packet, code uint8)                   {}
func (s *Stack) hopLimitExceeded(now clock.Instant, p *packet)                          {}
func (s *Stack) portUnreachable(now clock.Instant, p *packet)                           {}
func (s *Stack) noRoute(now clock.Instant, p *packet)                                   {}
func (s *Stack) packetTooBig(now clock.Instant, p *packet, mtu int)                     {}

// hostUnreachable tells the sender of a forwarded packet, which waits in f with our Ethernet header,
// that the neighbour does not answer.
func (s *Stack) hostUnreachable(now clock.Instant, i *iface, f *vnet.Frame) {}

// reassemblyExceeded takes first, which has no Ethernet header.
func (s *Stack) reassemblyExceeded(now clock.Instant, port int, first *vnet.Frame) { first.Release() }
