package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Read first: RFC 8985 §7. When acknowledgements stop coming, one segment is sent to ask for one,
// so that a lost tail is found by RACK and not by the retransmission timeout.

const (
	// maxAckDelay is TLP.max_ack_delay (RFC 8985 §7.2): what is granted to the delayed ACK of a
	// lone segment. It covers our own delay and Linux's, 40 ms both.
	maxAckDelay = 50 * time.Millisecond

	probeInitial = time.Second // PTO without a sample
)

// tlp is the state of RFC 8985 §7.1.
type tlp struct {
	active  bool   // a probe is on its way: TLP.end_seq is set
	retrans bool   // it was a retransmission: TLP.is_retrans
	due     bool   // the timer has fired, and the probe has not been sent
	end     uint32 // TLP.end_seq
}

// scheduleProbe starts or stops the probe timer (RFC 8985 §7.2).
func (r *recovery) scheduleProbe(now clock.Instant) {
	r.probeAt = clock.Never
	if !r.sack || r.recs == nil || r.phase != phaseOpen || r.una == r.iss || r.tlp.active ||
		r.sackedBytes > 0 || r.lostBytes > 0 {
		return
	}
	pto := probeInitial
	if r.rtt.srtt != 0 {
		pto = 2 * r.rtt.srtt
		if r.recs.n == 1 && r.recs.at(0).segments == 1 {
			pto += maxAckDelay
		}
	}
	r.probeAt = min(now.Add(pto), r.rtoAt)
}

// probe says whether a tail loss probe is due (RFC 8985 §7.3), and clears it. unsent says whether
// the caller has new data that the peer's window allows. If newData, the caller sends one segment
// of that as probeNew, whatever sendQuota says; otherwise it sends [left, right) as probeOld.
func (r *recovery) probe(now clock.Instant, unsent bool) (left, right uint32, newData, ok bool) {
	if !r.tlp.due {
		return 0, 0, false, false
	}
	r.tlp.due = false
	if r.recs == nil || r.recs.n >= RecordsMax {
		return 0, 0, false, false
	}
	if unsent {
		return 0, 0, true, true
	}
	c := r.recs.at(r.recs.n - 1)
	if c.fate == sacked {
		return 0, 0, false, false
	}
	left = c.seq
	if n := r.piece(c); n < c.len() {
		left += (c.len() - 1) / n * n
	}
	return left, r.nxt, false, true
}

// probed notes that a probe has been sent.
func (r *recovery) probed(now clock.Instant, retrans bool) {
	r.tlp = tlp{active: true, retrans: retrans, end: r.nxt}
	r.probeAt = clock.Never
	r.rtoAt = now.Add(r.rtt.timeout())
}

// probeAcked looks whether the acknowledgement ends the probe's episode (RFC 8985 §7.4.2). It
// reports whether the probe repaired a loss, to which congestion control must answer.
func (r *recovery) probeAcked(ack uint32, dsack *wire.SACKBlock, bare bool) bool {
	if !r.tlp.active || before(ack, r.tlp.end) {
		return false
	}
	if !r.tlp.retrans {
		r.tlp.active = false
		return false
	}
	switch {
	case dsack != nil && dsack.Right == r.tlp.end: // both copies arrived
		r.tlp.active = false
	case before(r.tlp.end, ack): // something later was acknowledged, and no D-SACK came
		r.tlp.active = false
		return true
	case bare: // the second copy, at a receiver without D-SACK
		r.tlp.active = false
	}
	return false
}
