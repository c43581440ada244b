package tcp

import (
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Named limits. A peer can make no queue, table or loop grow beyond them.
const (
	// RetransmitsMax is R2 of RFC 9293 §3.8.3: so many retransmission timeouts in a row without
	// progress, or zero-window probes without an answer, end the connection.
	RetransmitsMax = 15
	// SYNRetransmitsMax is R2 for SYN and SYN-ACK. RFC 9293 MUST-23 says three minutes at least; with
	// six we give up after 1+2+4+8+16+32+60 s, because that is what programs know from other systems.
	SYNRetransmitsMax = 6
	// ChallengeACKsMax is how many challenge ACKs a connection sends in one second (RFC 5961 §7).
	ChallengeACKsMax = 10
	// DuplicateACKsMax is how many duplicate ACKs may be owed at one time.
	DuplicateACKsMax = 64
	// ReassemblyRangesMax is how many separate ranges may wait for a hole to be filled; what arrives
	// for one more is dropped and not acknowledged.
	ReassemblyRangesMax = 1024
	// ReceiveBufferMax is the largest window that RFC 7323 §2.3 can express.
	ReceiveBufferMax = 65535 << wire.WindowScaleMax
	// SegmentBytesMin is the least segment size a peer can make us use, whatever MSS it announces.
	SegmentBytesMin = 48
	// AdoptBytesMin is the least payload that is kept where it lies instead of being copied: a quarter
	// of the memory of a super-segment's frame, so that what a program leaves unread is not much
	// more memory than bytes.
	AdoptBytesMin = 16 << 10
	// PathMTUMin4 and PathMTUMin6 are the least path MTUs that PacketTooBig is believed for: what
	// RFC 1191 §3 would allow, 68, would let a forged message cost 20 times the packets.
	PathMTUMin4 = 552
	PathMTUMin6 = 1280 // RFC 8200 §5
)

// Times and sizes that are not options.
const (
	// DelayedACK is how long an ACK may wait for company (RFC 9293 §3.8.6.3 allows 500 ms).
	DelayedACK = 40 * time.Millisecond
	// FinWait2Max is how long a connection that was closed whole waits for the peer's FIN.
	FinWait2Max = 60 * time.Second
	// PersistMax is the longest time between two zero-window probes.
	PersistMax = 60 * time.Second
	// QuickACKs is how many full segments at the start of a connection are acknowledged at once, so
	// that the sender's window grows by all it can.
	QuickACKs = 16

	defaultMSS4    = 536  // RFC 9293 §3.7.1
	defaultMSS6    = 1220 // RFC 9293 §3.7.1
	timestampBytes = 12   // NOP NOP timestamps (RFC 7323 Appendix A)
)

// Defaults of Options.
const (
	DefaultSendBuffer        = 256 << 10
	DefaultReceiveBuffer     = 1 << 20
	DefaultTimeWait          = 60 * time.Second // twice an MSL of 30 s
	DefaultKeepAliveInterval = 15 * time.Second
	DefaultKeepAliveCount    = 9
)

// Options are what a program may choose for a connection. The zero value is the defaults.
type Options struct {
	// Congestion is the algorithm of congestion avoidance.
	Congestion CongestionControl
	// NoDelay sends small segments at once (no Nagle algorithm, RFC 9293 §3.7.4).
	NoDelay bool
	// NoDelayedAck acknowledges every segment at once.
	NoDelayedAck bool
	// SendBuffer is how many bytes Send takes before SendSpace is 0; DefaultSendBuffer if 0.
	SendBuffer int
	// ReceiveBuffer is how many bytes that the program has not consumed are kept: the largest window
	// offered. DefaultReceiveBuffer if 0.
	ReceiveBuffer int
	// KeepAlive makes a silent peer prove that it is there.
	KeepAlive KeepAlive
	// UserTimeout ends the connection when something sent stays unacknowledged, or something queued
	// unsendable, for so long (RFC 9293 §3.9.1.8). 0: only RetransmitsMax ends it.
	UserTimeout time.Duration
	// TimeWait is how long TIME-WAIT lasts; DefaultTimeWait if 0.
	TimeWait time.Duration
}

// KeepAlive is RFC 9293 §3.8.4: after Idle without a segment from the peer a probe is sent, then
// one each Interval; after Count of them without an answer the connection ends with ErrTimeout.
// Idle 0 is off; Interval 0 is DefaultKeepAliveInterval, Count 0 is DefaultKeepAliveCount.
type KeepAlive struct {
	Idle, Interval time.Duration
	Count          int
}

// Config is what a connection is made of.
type Config struct {
	Local, Remote netip.AddrPort
	// MSS is the payload of the largest segment that we can receive, from the interface's MTU.
	MSS int
	// PathMSS is the payload of the largest segment that the path carries to the peer, MSS if 0.
	// Both count no TCP options.
	PathMSS int
	// SegmentMax, if above 0, lets Poll return super-segments of up to so many payload bytes.
	SegmentMax int
	// ISS is the initial sequence number (RFC 6528 says how to choose it).
	ISS uint32
	// TSOffset is added to the timestamp clock (RFC 7323 §7.1).
	TSOffset uint32
	Options
	// Trace, if not nil, is called for each change of state.
	Trace func(now clock.Instant, from, to State, why string)
}

// settings are what a connection keeps of its Config, every value that was left out filled in.
type settings struct {
	Options
	trace                 func(now clock.Instant, from, to State, why string)
	mss, pathMSS          int
	segmentMax            int
	tsOffset              uint32
	localPort, remotePort uint16
	ipv4                  bool
}

func newSettings(cfg *Config) settings {
	if cfg.MSS <= 0 {
		panic("tcp: BUG: a connection without MSS")
	}
	s := settings{
		Options: cfg.Options, trace: cfg.Trace,
		mss: cfg.MSS, pathMSS: cfg.PathMSS, segmentMax: cfg.SegmentMax, tsOffset: cfg.TSOffset,
		localPort: cfg.Local.Port(), remotePort: cfg.Remote.Port(),
		ipv4: cfg.Remote.Addr().Unmap().Is4(),
	}
	if s.pathMSS == 0 {
		s.pathMSS = s.mss
	}
	if s.SendBuffer <= 0 {
		s.SendBuffer = DefaultSendBuffer
	}
	if s.ReceiveBuffer <= 0 {
		s.ReceiveBuffer = DefaultReceiveBuffer
	}
	s.ReceiveBuffer = min(s.ReceiveBuffer, ReceiveBufferMax)
	if s.TimeWait <= 0 {
		s.TimeWait = DefaultTimeWait
	}
	s.KeepAlive = s.KeepAlive.withDefaults()
	return s
}

func (k KeepAlive) withDefaults() KeepAlive {
	if k.Interval <= 0 {
		k.Interval = DefaultKeepAliveInterval
	}
	if k.Count <= 0 {
		k.Count = DefaultKeepAliveCount
	}
	return k
}
