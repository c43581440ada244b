package tcpip

import (
	"net/netip"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/tcpip/udp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Stack is the TCP/IP of one machine. It is not safe for concurrent use.
type Stack struct {
	cfg  Config
	keys keys

	lo         *iface
	ifaces     []*iface
	own        map[netip.Addr]*iface // usable addresses
	generation uint32                // counts changes of addresses, routes and path MTUs

	routes                 ip.Routes
	sources                []ip.Source // scratch
	paths                  ip.PathMTU
	ids                    ip.IDs
	fragments4, fragments6 *ip.Reassembler

	tcp       table
	listeners map[netip.AddrPort]*TCPListener
	udp       udp.Table[*UDPSocket]
	icmp      icmpState
	offsets   portOffsets
	timers    timers
	timeWait  ageList
	last      *TCPSocket // that a segment came for

	touched, spare, changed []*endpoint
	due                     []*TCPSocket

	out          []*vnet.Frame // to be handed over by the next Poll
	polling      bool          // Poll is at work: out goes to its caller
	loop, looped []*vnet.Frame // sent to ourselves, to be received by the next Poll
	pieces       []*vnet.Frame // scratch
	resets       ip.Limiter
	discovery    discovery // of ndp.go

	// Scratch, so that nothing escapes to the heap.
	segment tcp.Segment
	header  wire.TCP
	packet  packet

	stats Stats
}

// keys are derived from the secret, one for each purpose.
type keys struct{ id, sequence, timestamp, port, cookie, packet sipKey }

// New returns a stack with nothing but its loopback: 127.0.0.0/8 and ::1.
func New(cfg Config) *Stack {
	if cfg.HopLimit == 0 {
		cfg.HopLimit = DefaultHopLimit
	}
	s := &Stack{
		cfg: cfg,
		keys: keys{
			id:        deriveKey(cfg.Secret, "id"),
			sequence:  deriveKey(cfg.Secret, "sequence"),
			timestamp: deriveKey(cfg.Secret, "timestamp"),
			port:      deriveKey(cfg.Secret, "port"),
			cookie:    deriveKey(cfg.Secret, "cookie"),
			packet:    deriveKey(cfg.Secret, "packet"),
		},
		own:       map[netip.Addr]*iface{},
		listeners: map[netip.AddrPort]*TCPListener{},
		offsets:   portOffsets{},
		icmp:      newICMPState(),
		discovery: discovery{key: deriveKey(cfg.Secret, "discovery")},
		resets:    ip.NewLimiter(ResetsPerSecondMax, ResetsBurst),

		fragments4: ip.NewReassembler(ip.ReassemblyConfig{Timeout: ip.Timeout4}),
		fragments6: ip.NewReassembler(ip.ReassemblyConfig{}),
	}
	s.lo = &iface{Interface: Interface{Name: "lo", MTU: packetBytesMax, Offload: true}, index: -1}
	s.addAddress(0, s.lo, netip.MustParsePrefix("127.0.0.1/8"))
	s.addAddress(0, s.lo, netip.MustParsePrefix("::1/128"))
	return s
}

// Name returns Config.Name.
func (s *Stack) Name() string { return s.cfg.Name }

// socketID is the id of what has these addresses: see Socket.
func (s *Stack) socketID(p wire.Protocol, local, remote netip.AddrPort) uint64 {
	scope := 0
	if z := local.Addr().Zone(); z != "" {
		if i := s.named(z); i != nil {
			scope = i.scope()
		}
	}
	return s.keys.id.tuple(p, local, remote, scope)
}

// named returns the interface of a name.
func (s *Stack) named(name string) *iface {
	for _, i := range s.ifaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// Poll appends the frames that are to be sent now to out, each with its port, and returns when it
// must be called again: at the earliest timer, or at now if something is left to do.
func (s *Stack) Poll(now clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	own := s.out
	s.out = append(out, own...)
	clear(own)
	s.polling = true
	s.pollLoop(now)
	s.pollTouched(now)
	s.pollTimers(now)
	s.pollFragments(now)
	s.pollNDP(now)
	s.pollNeighbors(now)
	out, s.out, s.polling = s.out, own[:0], false
	if len(s.loop) > 0 || len(s.touched) > 0 {
		return out, now
	}
	return out, min(s.timers.next(), s.fragments4.Next(), s.fragments6.Next(), s.nextNDP(),
		s.nextNeighbors())
}

// emit hands over a frame that is complete.
func (s *Stack) emit(f *vnet.Frame) {
	if !s.polling && len(s.out) >= PendingMax {
		s.drop(DropPending)
		f.Release()
		return
	}
	s.stats.FramesSent++
	s.out = append(s.out, f)
}

// loopBack takes a frame for ourselves. The next Poll receives it, so nothing calls itself.
func (s *Stack) loopBack(f *vnet.Frame) {
	if len(s.loop) >= PendingMax {
		s.drop(DropPending)
		f.Release()
		return
	}
	s.loop = append(s.loop, f)
}

// pollLoop receives what was sent to ourselves before.
func (s *Stack) pollLoop(now clock.Instant) {
	batch := s.loop
	s.loop = s.looped[:0]
	for k, f := range batch {
		s.input(now, s.lo, f)
		batch[k] = nil
	}
	s.looped = batch[:0]
}
