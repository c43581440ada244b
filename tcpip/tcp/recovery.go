package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// RecordsMax is how many sent and unacknowledged segments are remembered at most; sendQuota is 0
// when so many are.
const RecordsMax = 1 << 15

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

// timestamp returns the value of the timestamp clock: milliseconds (RFC 7323 §5.4) from offset.
func timestamp(now clock.Instant, offset uint32) uint32 {
	return offset + uint32(now/clock.Instant(time.Millisecond))
}

// recovery is everything about segments sent and not yet acknowledged: which are lost, when to send
// them again, and how much may be in flight.
//
// The connection's duties: call sent for every segment that carries SYN, FIN or data; call ack for
// every acceptable segment with ACK set, after it has checked that SND.UNA <= SEG.ACK <= SND.NXT;
// in Poll first take probe, then retransmit until it says no, then new data within sendQuota; and
// call timeout when next is reached. Zero-window probes are the connection's own and are not
// reported here, unless they carry new sequence numbers.
type recovery struct {
	una, nxt uint32
	mss      int
	cwnd     int
	rto      time.Duration
	rtoAt    clock.Instant
	resend   uint32 // next to send again
}

// ackResult is what an acknowledgement did.
type ackResult struct {
	acked     uint32 // sequence numbers newly acknowledged, cumulatively
	duplicate bool   // RFC 5681 §2 duplicate, or it brought nothing but SACK news
	undone    bool   // it proved the last reduction of the window needless, which is taken back
}

// init makes r ready for a connection whose SYN has not been sent.
func (r *recovery) init(c recoveryConfig) {
	*r = recovery{
		una: c.iss, nxt: c.iss, resend: c.iss,
		mss: c.mss, cwnd: 10 * c.mss, rto: time.Second, rtoAt: clock.Never,
	}
}

// negotiated says what the handshake has settled, before any data is sent.
func (r *recovery) negotiated(mss int, sack, timestamps bool) {
	r.mss = mss
	r.cwnd = 10 * mss
}

// resize takes a new segment size, from path-MTU discovery. What is in flight and larger counts as
// lost, without a reduction of the window (RFC 1191 §6.5).
func (r *recovery) resize(now clock.Instant, mss int) { r.mss = mss }

// sent records a segment of n sequence numbers from seq, SYN and FIN included.
func (r *recovery) sent(now clock.Instant, seq, n uint32, kind sendKind) {
	if kind == newData || kind == probeNew {
		r.nxt = seq + n
	}
	if int32(seq+n-r.resend) > 0 {
		r.resend = seq + n
	}
	if r.rtoAt == clock.Never {
		r.rtoAt = now.Add(r.rto)
	}
}

// ack takes an acknowledgement: h's Ack, SACK blocks and timestamps. dataOrWindow says that the
// segment carried data, SYN or FIN, or changed the window, so that it is no duplicate ACK by
// RFC 5681 §2.
func (r *recovery) ack(now clock.Instant, h *wire.TCP, dataOrWindow bool) ackResult {
	n := h.Ack - r.una
	if n == 0 {
		return ackResult{duplicate: !dataOrWindow && r.una != r.nxt}
	}
	r.una = h.Ack
	if int32(r.resend-r.una) < 0 {
		r.resend = r.una
	}
	r.rtoAt = clock.Never
	if r.una != r.nxt {
		r.rtoAt = now.Add(r.rto)
	}
	return ackResult{acked: n}
}

// retransmit returns the next range to send again now, of at most one segment's payload; the range
// may hold SYN or FIN. The caller sends it and calls sent, or does neither.
func (r *recovery) retransmit(now clock.Instant) (left, right uint32, ok bool) {
	if int32(r.nxt-r.resend) <= 0 {
		return 0, 0, false
	}
	return r.resend, r.resend + min(uint32(r.mss), r.nxt-r.resend), true
}

// sendQuota returns how many bytes of new data the congestion window lets go now. The caller sends
// whole segments: it never cuts one short to fit.
func (r *recovery) sendQuota(now clock.Instant) int {
	return max(0, r.cwnd-int(r.nxt-r.una))
}

// probe says whether a tail loss probe is due (RFC 8985 §7.3), and clears it. unsent says whether
// the caller has new data that the peer's window allows. If newData, the caller sends one segment
// of that as probeNew, whatever sendQuota says; otherwise it sends [left, right) as probeOld.
func (r *recovery) probe(now clock.Instant, unsent bool) (left, right uint32, newData, ok bool) {
	return 0, 0, false, false
}

// next returns when timeout must be called: the earliest of retransmission timeout, tail loss probe
// and RACK's reordering timer.
func (r *recovery) next() clock.Instant { return r.rtoAt }

// timeout does what is due at now. Then the caller polls probe, retransmit and sendQuota.
func (r *recovery) timeout(now clock.Instant) {
	if now < r.rtoAt {
		return
	}
	r.resend = r.una
	r.rto = min(2*r.rto, time.Minute)
	r.rtoAt = now.Add(r.rto)
}

// timeouts returns how many retransmission timeouts there were since SND.UNA last advanced
// (RFC 9293 §3.8.3 R1 and R2 count them).
func (r *recovery) timeouts() int { return 0 }

// statistics for Info.
type recoveryInfo struct {
	rtt, rttVar, minRTT, rto     time.Duration
	window, threshold            int // congestion window and slow start threshold, bytes
	inFlight                     int // bytes
	retransmits, timeouts, undos uint64
	reordering                   bool
}

func (r *recovery) info() recoveryInfo { return recoveryInfo{rto: r.rto, window: r.cwnd} }
