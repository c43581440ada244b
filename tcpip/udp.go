package tcpip

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

func (s *Stack) inputUDP(now clock.Instant, p *packet)                   {}
func (s *Stack) udpError(i *iface, q *wire.Quoted, u tcp.Unreachability) {}
