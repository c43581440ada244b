package tcp

// Without SACK, losses are found by three duplicate ACKs and by partial acknowledgements (RFC 5681
// §3.2, RFC 6582 §3.2). Each duplicate stands for a segment that has left the network.

// countDuplicates keeps dupAcks, and counts as delivered what a duplicate stands for.
func (r *recovery) countDuplicates(acked uint32, duplicate bool, d *delivery) {
	behind := max(ceilDiv(int(acked), r.cc.mss)-1, 0) // segments that duplicates had announced
	switch {
	case acked > 0:
		d.bytes = max(d.bytes-min(r.dupAcks, behind)*r.cc.mss, 0)
		r.dupAcks = max(r.dupAcks-behind, 0)
		if r.phase != phaseFast || !before(r.una, r.recover) {
			r.dupAcks = 0
		}
	case !duplicate:
	case r.phase == phaseFast:
		// No more than what is outstanding behind the missing segment.
		r.dupAcks = min(r.dupAcks+1, max(ceilDiv(int(r.nxt-r.una), r.cc.mss)-1, 0))
		d.bytes += r.cc.mss
	case r.phase == phaseOpen && (before(r.recover, r.una) || r.dupAcks < dupThresh-1):
		r.dupAcks++ // the first two let out a segment each: limited transmit (RFC 3042 §2)
		d.bytes += r.cc.mss
	}
}

// detectDuplicates marks the first segment lost on the third duplicate, or on a partial
// acknowledgement in fast recovery. It returns how many bytes were marked.
func (r *recovery) detectDuplicates(acked uint32) int {
	if r.recs == nil {
		return 0
	}
	partial := acked > 0 && r.phase == phaseFast
	// RFC 6582 §3.2 step 2: duplicates that our own retransmissions before recover may have caused
	// do not count.
	third := acked == 0 && r.phase == phaseOpen && r.dupAcks >= dupThresh && before(r.recover, r.una)
	if !partial && !third {
		return 0
	}
	c := r.recs.at(0)
	if c.fate != inFlight {
		return 0
	}
	if n := uint32(r.cc.mss); c.len() > n+1 {
		r.recs.split(0, c.seq+n, r.cc.mss)
	}
	r.markLost(r.recs.slot(0))
	return int(r.recs.at(0).len())
}
