package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// sendKind says why a segment is sent.
type sendKind uint8

const (
	newData        sendKind = iota // sequence numbers never sent before, in order
	retransmission                 // a range that retransmit returned
	probeNew                       // new data sent because probe said so
	probeOld                       // the old range that probe returned
)

// recoveryConfig is what a connection knows before its handshake.
type recoveryConfig struct {
	congestion CongestionControl
	iss        uint32 // the SYN's sequence number
	mss        int    // payload bytes of one segment, until negotiated says better
	segmentMax int    // payload bytes of one super-segment, 0 if there are none
	tsOffset   uint32 // of the timestamp clock, see timestamp
}

// phase is what recovery is doing.
//
//	from           event                                       to
//	open           loss found: RACK, probe, 3 duplicate ACKs   fast
//	fast, timeout  a retransmission of this episode is lost    fast, a new episode
//	any            retransmission timeout                      timeout
//	fast, timeout  SND.UNA reaches the recovery point          open
//	fast, timeout  the episode is proved needless (undo)       open
type phase uint8

const (
	phaseOpen    phase = iota // nothing is known to be lost
	phaseFast                 // fast recovery: retransmitting at the rate that PRR allows
	phaseTimeout              // after a retransmission timeout: slow start from one segment
)

// recovery is everything about segments sent and not yet acknowledged: which are lost, when to send
// them again, and how much may be in flight.
//
// The connection's duties: call negotiated when it has the peer's SYN, before ack of that segment;
// call sent for every segment that carries SYN, FIN or data; call ack for every acceptable segment
// with ACK set, after it has checked that SND.UNA <= SEG.ACK <= SND.NXT; in Poll first take probe,
// then retransmit until it says no, then new data within sendQuota; and call timeout when next is
// reached. Zero-window probes are the connection's own and are not reported here, unless they carry
// new sequence numbers.
type recovery struct {
	recs          *records // nil while nothing is outstanding
	una, nxt, iss uint32
	tsOffset      uint32
	order         uint32 // transmissions so far
	segmentMax    int

	sack, timestamps bool
	fin              bool // the last sequence number sent is FIN's
	synLost          bool
	phase            phase
	retries          uint8 // retransmission timeouts since SND.UNA last advanced

	recover uint32 // the episode is over when this is acknowledged
	episode uint32 // number of the first transmission of this episode

	flying         int    // bytes of records in flight
	lostBytes      int    // bytes of records lost
	sackedBytes    int    // bytes of records sacked
	sackedSegments int    // RACK.segs_sacked
	lostFrom       uint32 // no record before this is lost
	dupAcks        int    // duplicate ACKs in a row, without SACK

	rtoAt, probeAt, reorderAt clock.Instant
	lastSent                  clock.Instant // when new data was last sent

	rtt  rttEstimate
	rack rack
	tlp  tlp
	prr  prr
	cc   congestion
	undo undo

	resent, expired, undone, duplicates uint32 // counts for info
}

// init makes r ready for a connection whose SYN has not been sent.
func (r *recovery) init(c recoveryConfig) {
	*r = recovery{
		una: c.iss, nxt: c.iss, iss: c.iss, recover: c.iss, lostFrom: c.iss,
		tsOffset: c.tsOffset, segmentMax: c.segmentMax,
		rtoAt: clock.Never, probeAt: clock.Never, reorderAt: clock.Never,
		lastSent: clock.Never,
		rtt:      rttEstimate{initial: RTOInitial},
		rack:     rack{fack: c.iss},
	}
	r.cc.init(c.congestion, c.mss, c.segmentMax)
}

// negotiated says what the handshake has settled, before any data is sent.
func (r *recovery) negotiated(mss int, sack, timestamps bool) {
	r.sack, r.timestamps = sack, timestamps
	r.cc.init(r.cc.kind, mss, r.segmentMax)
	if r.synLost {
		r.cc.window = mss // RFC 5681 §3.1: after a lost SYN or SYN-ACK one segment
	}
}

// resize takes a new segment size, from path-MTU discovery. What is in flight and larger counts as
// lost, without an answer of congestion control (RFC 1191 §6.5).
func (r *recovery) resize(mss int) {
	r.cc.resize(mss, r.segmentMax)
	if r.recs == nil {
		return
	}
	for i := range r.recs.n {
		if c := r.recs.at(i); c.fate == inFlight && r.piece(c) < c.len() {
			r.markLost(r.recs.slot(i))
			r.probeAt = clock.Never
		}
	}
}

// piece returns how many sequence numbers of c one segment carries.
func (r *recovery) piece(c *record) uint32 {
	mss := uint32(r.cc.mss)
	if r.fin && c.end == r.nxt && c.len() == mss+1 {
		return c.len()
	}
	return min(c.len(), mss)
}

// finSent says that the last sequence number sent is FIN's, so that it needs no segment of its own
// beside a full one.
func (r *recovery) finSent() { r.fin = true }

// release lets go of all memory, when the connection ends.
func (r *recovery) release() {
	r.recs = nil
	r.flying, r.lostBytes, r.sackedBytes, r.sackedSegments = 0, 0, 0, 0
	r.rtoAt, r.probeAt, r.reorderAt = clock.Never, clock.Never, clock.Never
	r.una, r.tlp = r.nxt, tlp{}
}

// pipe returns how many bytes are thought to be in the network (RFC 6675 §2, RFC 8985 §7.1).
// Without SACK each duplicate ACK stands for a segment that has left it.
func (r *recovery) pipe() int {
	if r.dupAcks == 0 {
		return r.flying
	}
	return max(r.flying-r.dupAcks*r.cc.mss, 0)
}

// inEpisode reports whether c was retransmitted in this episode.
func (r *recovery) inEpisode(c *record) bool {
	return c.again && int32(c.order-r.episode) >= 0
}

// recoveryInfo is what [Conn.Info] shows of recovery.
type recoveryInfo struct {
	rtt, rttVar, minRTT, rto time.Duration
	window, threshold        int // congestion window and slow start threshold, bytes
	inFlight                 int // bytes
	resent, timeouts, undone uint32
	reordering               bool
}

func (r *recovery) info() recoveryInfo {
	return recoveryInfo{
		rtt: r.rtt.srtt, rttVar: r.rtt.rttvar, minRTT: r.rtt.min(), rto: r.rtt.timeout(),
		window: r.cc.window, threshold: r.cc.threshold, inFlight: r.pipe(),
		resent: r.resent, timeouts: r.expired, undone: r.undone,
		reordering: r.rack.reordering,
	}
}
