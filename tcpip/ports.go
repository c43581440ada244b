package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Ephemeral ports: the range that Linux uses by default, so that the dynamic range of RFC 6335 and
// what people expect in a capture both fit.
const (
	ephemeralFirst = 32768
	ephemeralCount = 28232
)

// destination is what RFC 6056 calls the three values of a connection that are known before its
// source port is.
type destination struct {
	protocol wire.Protocol
	local    netip.Addr
	remote   netip.AddrPort
}

// portOffsets counts ports per destination. RFC 6056 §3.3.3 has one counter for all; with one each,
// the port that a program gets does not depend on what other programs do at the same instant.
type portOffsets map[destination]uint32

// candidates calls try with the ephemeral ports in the order in which a destination uses them,
// until try says that it takes one. It reports whether one was taken.
func (s *Stack) candidates(d destination, try func(port uint16) bool) bool {
	next, known := s.offsets[d]
	if !known && len(s.offsets) >= DestinationsMax {
		// Old destinations begin again at their first port; those in use are passed over.
		clear(s.offsets)
	}
	local := netip.AddrPortFrom(d.local, 0)
	start := uint32(s.keys.port.tuple(d.protocol, local, d.remote, 0) % ephemeralCount)
	for i := range uint32(ephemeralCount) {
		if try(uint16(ephemeralFirst + (start+next+i)%ephemeralCount)) {
			s.offsets[d] = (next + i + 1) % ephemeralCount
			return true
		}
	}
	return false
}

// claim makes room in the table for a connection between two addresses. It returns the connection
// in TIME-WAIT that had to go for it, nil if there was none.
func (s *Stack) claim(now clock.Instant, local, remote netip.AddrPort) (old *TCPSocket, err error) {
	old = s.tcp.find(s.socketID(wire.ProtoTCP, local, remote), local, remote)
	if old == nil {
		return nil, nil
	}
	// RFC 6191 §2, from the other side: a connection in TIME-WAIT may be begun again once the
	// timestamps that go with it have moved on, since PAWS then keeps old duplicates out.
	if old.stage != stageTimeWait || !old.CanRedial(now) {
		return nil, ErrAddrInUse
	}
	s.stats.TimeWaitReused++
	s.remove(old)
	return old, nil
}

// ephemeral chooses the local port of a connection.
func (s *Stack) ephemeral(now clock.Instant, local netip.Addr, remote netip.AddrPort,
) (at netip.AddrPort, old *TCPSocket, err error) {
	d := destination{wire.ProtoTCP, local, remote}
	ok := s.candidates(d, func(port uint16) bool {
		at = netip.AddrPortFrom(local, port)
		if s.listenerAt(at) != nil {
			return false
		}
		old, err = s.claim(now, at, remote)
		return err == nil
	})
	if !ok {
		return at, nil, ErrNoPorts
	}
	return at, old, nil
}
