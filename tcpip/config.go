package tcpip

import (
	"github.com/atoll-os/atoll/tcpip/tcp"
)

// Limits of a stack. A peer can make nothing grow beyond them.
const (
	InterfacesMax   = 64      // interfaces of one stack
	AddressesMax    = 64      // addresses of one interface, those from router advertisements included
	ListenersMax    = 4096    // TCP listeners of one stack
	TimeWaitMax     = 1 << 15 // connections in TIME-WAIT; the oldest goes when one more comes
	SynQueueMax     = 4096    // half-open connections of one listener; SYN cookies beyond
	AcceptQueueMax  = 4096    // connections that wait for Accept at one listener
	PendingMax      = 1 << 16 // frames between an Input and the next Poll, and on the loopback
	DestinationsMax = 1 << 15 // destinations with a port count of their own (RFC 6056)
)

// DefaultHopLimit is the TTL or hop limit of what a stack sends (RFC 1700, RFC 4861 §6.3.2).
const DefaultHopLimit = 64

// Config is what a stack is made of. The zero value is a host with everything at its default and a
// secret that everybody knows.
type Config struct {
	// Name is for traces and tables.
	Name string
	// Secret is what initial sequence numbers (RFC 6528), timestamp offsets (RFC 7323 §5.4), ports
	// (RFC 6056), SYN cookies and socket ids are derived from. It is never seen on the wire.
	Secret [32]byte
	// Forwarding makes the stack a router: packets for others are sent on.
	Forwarding bool
	// TCP is how connections are that come in through a listener; see TCPOptions.
	TCP tcp.Options
	// HopLimit is the TTL or hop limit of packets sent; 0 is DefaultHopLimit.
	HopLimit int
	// Trace is told of every change of state of a TCP connection; nil for nobody.
	Trace func(TraceEvent)
}
