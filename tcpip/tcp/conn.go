package tcp

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// Conn is one connection. It is not safe for concurrent use; it never blocks, and never keeps what
// it is given. After any call that may change something (Input, Send, Consumed, the closing verbs)
// Poll until it returns false.
type Conn struct {
	cfg   settings
	err   error // why the connection ended
	state State
	soft  softError

	// Send sequence space (RFC 9293 §3.3.1). queue holds the bytes from SND.UNA, or from ISS+1
	// while the SYN is not acknowledged.
	iss, una, nxt uint32
	queue         buffer.Queue
	rec           recovery
	wnd, maxWnd   uint32 // SND.WND and MAX.SND.WND, bytes
	wl1, wl2      uint32 // SND.WL1 and SND.WL2
	mss           int    // payload of a full segment, options taken off
	peerMSS       int    // what the peer announced
	smallEnd      uint32 // the end of the last segment below mss, for Nagle by Minshall
	sndShift      uint8  // Snd.Wind.Shift (RFC 7323 §2.3)
	active        bool   // Connect made it, not Accept
	synAcked      bool   // una is beyond our SYN
	finQueued     bool   // FIN follows the last byte of queue
	finSent       bool   // FIN is below nxt

	// Receive sequence space.
	irs, rcvNxt uint32
	rcvAdv      uint32       // right edge of the window as the peer knows it
	rcvWndMax   int          // the largest window ever offered
	ready       buffer.Queue // in order, not yet taken by Receive
	lender      buffer.Owner // of the payload that comes in; nil if it must not be kept
	held        int          // taken by Receive and not yet Consumed
	rcvMSS      int          // the largest segment seen, at most cfg.MSS: what the peer calls full
	rcvShift    uint8        // Rcv.Wind.Shift
	readClosed  bool         // CloseRead: what comes is acknowledged and dropped
	finKnown    bool         // finSeq is set
	finSeq      uint32       // the peer's FIN
	peerClosed  bool         // FIN is below rcvNxt
	reassembly  *reassembly  // what is out of order; nil if nothing is
	duplicate   buffer.Range // text received twice and not yet reported (RFC 2883)

	// Options of the handshake.
	sackOK, tsOK bool
	scaled       bool          // window scaling is in force
	tsRecent     uint32        // TS.Recent (RFC 7323 §4.3)
	tsRecentAt   clock.Instant // when it was set, for §5.5
	lastAckSent  uint32        // Last.ACK.sent

	owed owed

	// Timers; those of rec are its own.
	delayedAt  clock.Instant // delayed ACK
	persistAt  clock.Instant // zero-window probe
	lingerAt   clock.Instant // end of TIME-WAIT, or of FIN-WAIT-2 after Close
	stalledAt  clock.Instant // when what waits for the peer began to wait; Never if nothing does
	heardAt    clock.Instant // the last segment from the peer
	keepAt     clock.Instant // the last keepalive probe
	probeAt    clock.Instant // the last zero-window probe
	keepProbes int32         // keepalive probes since heardAt
	persists   uint8         // zero-window probes since the window last opened: backs off
	unanswered uint8         // zero-window probes since the peer last answered
	probing    bool          // one sequence number beyond nxt was sent as a probe

	closed     bool // Close was called: nobody reads any more
	challenges challenges
	counters   counters
}

// owed is what the next Poll sends beside data.
type owed struct {
	ack         bool   // an ACK, now
	duplicates  uint8  // ACKs for out-of-order segments, each of its own
	quick       uint8  // full segments still to be acknowledged at once
	synAck      bool   // our SYN-ACK once more
	keepalive   bool   // a keepalive probe
	windowProbe bool   // a zero-window probe
	forced      bool   // a segment smaller than SWS avoidance likes
	finalReset  bool   // the RST that ends the connection
	reset       bool   // a RST in answer to an unacceptable ACK
	resetSeq    uint32 // and its sequence number
}

// Connect returns a connection in SYN-SENT; the SYN comes with the first Poll.
func Connect(now clock.Instant, cfg *Config) *Conn {
	c := newConn(now, cfg)
	c.active = true
	c.setState(now, SynSent, "connect")
	return c
}

// Accept returns a connection in SYN-RECEIVED that answers syn, which has SYN set and ACK and RST
// clear; the SYN-ACK comes with the first Poll. Text in the SYN is left to be sent again.
func Accept(now clock.Instant, cfg *Config, syn *wire.TCP) *Conn {
	c := newConn(now, cfg)
	c.takeSYN(now, syn)
	c.setState(now, SynReceived, "accept")
	return c
}

func newConn(now clock.Instant, cfg *Config) *Conn {
	c := &Conn{
		cfg:       newSettings(cfg),
		delayedAt: clock.Never, persistAt: clock.Never, lingerAt: clock.Never,
		stalledAt: clock.Never, heardAt: now,
	}
	c.iss, c.una, c.nxt = cfg.ISS, cfg.ISS, cfg.ISS
	c.smallEnd = c.iss
	c.rcvMSS = min(c.cfg.mss, defaultMSS4)
	c.owed.quick = QuickACKs
	for c.cfg.ReceiveBuffer>>c.rcvShift > 65535 {
		c.rcvShift++
	}
	c.peerMSS = c.defaultMSS()
	c.setMSS()
	c.rec.init(recoveryConfig{
		congestion: c.cfg.Congestion,
		iss:        c.iss,
		mss:        c.mss,
		segmentMax: c.cfg.segmentMax,
		tsOffset:   c.cfg.tsOffset,
	})
	return c
}

// defaultMSS is what a peer that announces no MSS can receive (RFC 9293 §3.7.1 MUST-15).
func (c *Conn) defaultMSS() int {
	if c.cfg.ipv4 {
		return defaultMSS4
	}
	return defaultMSS6
}

// setMSS computes Eff.snd.MSS (RFC 9293 §3.7.1 MUST-16) without the options that every segment has;
// SACK blocks are taken off where they are sent (RFC 6691).
func (c *Conn) setMSS() {
	c.mss = max(min(c.cfg.pathMSS, c.peerMSS), SegmentBytesMin)
	if c.tsOK {
		c.mss -= timestampBytes
	}
}

// State returns the connection's state.
func (c *Conn) State() State { return c.state }

// Err returns nil, or why the connection ended: one of this package's errors.
func (c *Conn) Err() error { return c.err }

// fail ends the connection with an error.
func (c *Conn) fail(now clock.Instant, err error, why string) {
	c.err = err
	c.setState(now, Closed, why)
}

// releaseSend lets go of everything that is to be sent.
func (c *Conn) releaseSend() {
	c.queue.Release()
	c.rec.release()
	c.delayedAt, c.persistAt, c.stalledAt = clock.Never, clock.Never, clock.Never
	c.probing = false
}
