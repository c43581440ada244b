package tcp

import "github.com/atoll-os/atoll/clock"

// next returns when timeout must be called: the earliest of retransmission timeout, tail loss probe
// and RACK's reordering timer.
func (r *recovery) next() clock.Instant { return min(r.rtoAt, r.probeAt, r.reorderAt) }

// timeout does what is due at now. Then the caller polls probe, retransmit and sendQuota.
func (r *recovery) timeout(now clock.Instant) {
	if r.reorderAt <= now {
		r.reorderTimeout(now)
	}
	switch {
	case r.probeAt <= now:
		r.probeAt, r.tlp.due = clock.Never, true
		r.rtoAt = now.Add(r.rtt.timeout())
	case r.rtoAt <= now:
		r.retransmissionTimeout(now)
	}
}

// timeouts returns how many retransmission timeouts there were since SND.UNA last advanced: what R1
// and R2 of RFC 9293 §3.8.3 count.
func (r *recovery) timeouts() int { return int(r.retries) }

// retransmissionTimeout takes what is unacknowledged as lost (RFC 6298 §5.4 to 5.6, RFC 8985 §6.3)
// and begins again with one segment (RFC 5681 §3.1).
func (r *recovery) retransmissionTimeout(now clock.Instant) {
	if r.recs == nil {
		r.rtoAt = clock.Never
		return
	}
	// RFC 5681 §3.1: the threshold falls once for data that times out again and again; and the
	// timeout of an episode that has reduced the window already does not do so again.
	fresh := r.retries == 0 && r.phase != phaseFast
	r.retries = min(r.retries+1, 1<<8-2)
	r.expired++
	r.rtt.backoff = min(r.rtt.backoff+1, 32)
	if r.una == r.iss {
		r.synLost, fresh = true, false
	} else if r.retries == 1 {
		r.saveUndo(true)
		r.episode = r.order
	}
	r.tlp, r.dupAcks = tlp{}, 0
	r.probeAt, r.reorderAt = clock.Never, clock.Never
	flight := int(r.nxt - r.una)
	r.markTimedOut(now)
	r.cc.timeout(flight, r.pipe(), fresh)
	r.phase, r.recover = phaseTimeout, r.nxt
	r.rtoAt = now.Add(r.rtt.timeout())
}

// markTimedOut marks as lost the first segment and all that were sent longer ago than RACK waits
// (RFC 8985 §6.3); without SACK all.
func (r *recovery) markTimedOut(now clock.Instant) {
	if r.recs.at(0).fate == sacked {
		// The receiver has dropped what it had reported (RFC 2018 §8), or this would be acknowledged.
		r.forgetSacked()
	}
	deadline := r.rack.rtt + r.reorderWindow()
	head := r.recs.slot(0)
	for s := r.recs.first; s != none; {
		c := &r.recs.slots[s]
		next := c.next
		if !r.sack || s == head || !r.rack.valid || c.sentAt.Add(deadline) <= now {
			r.markLost(s)
		}
		s = next
	}
}

// forgetSacked takes everything that was sacked as lost.
func (r *recovery) forgetSacked() {
	for i := range r.recs.n {
		c := r.recs.at(i)
		if c.fate != sacked {
			continue
		}
		c.fate = lost
		if r.lostBytes == 0 || before(c.seq, r.lostFrom) {
			r.lostFrom = c.seq
		}
		r.lostBytes += int(c.len())
	}
	r.sackedBytes, r.sackedSegments = 0, 0
}
