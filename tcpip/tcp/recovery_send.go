package tcp

import "github.com/atoll-os/atoll/clock"

// sent records a segment of n sequence numbers from seq, SYN and FIN included.
func (r *recovery) sent(now clock.Instant, seq, n uint32, kind sendKind) {
	if n == 0 {
		panic("tcp: BUG: a segment without a sequence number is recorded")
	}
	switch kind {
	case newData, probeNew:
		r.sentNew(now, seq, n)
	case retransmission, probeOld:
		r.sentAgain(now, seq, seq+n, kind)
	}
	if r.phase == phaseFast {
		r.prr.out += int(n)
	}
	r.cc.sent(r.pipe())
	if r.rtoAt == clock.Never { // RFC 6298 §5.1
		r.rtoAt = now.Add(r.rtt.timeout())
	}
	switch kind {
	case newData:
		r.scheduleProbe(now)
	case probeNew, probeOld:
		r.probed(now, kind == probeOld)
	}
}

// sentNew records new sequence numbers.
func (r *recovery) sentNew(now clock.Instant, seq, n uint32) {
	if seq != r.nxt {
		panic("tcp: BUG: new data is not sent in order")
	}
	if r.recs == nil {
		r.recs = newRecords()
	}
	r.recs.push(record{
		seq: seq, end: seq + n, sentAt: now, order: r.order, segments: segments(n, r.cc.mss),
	})
	r.order++
	r.nxt = seq + n
	r.flying += int(n)
	r.lastSent = now
}

// sentAgain records a retransmission of [left, right).
func (r *recovery) sentAgain(now clock.Instant, left, right uint32, kind sendKind) {
	if before(left, r.una) || before(r.nxt, right) {
		panic("tcp: BUG: what is not outstanding is sent again")
	}
	if left == r.una {
		r.rtoAt = now.Add(r.rtt.timeout())
	}
	for i := r.recs.find(left); i < r.recs.n && before(r.recs.at(i).seq, right); i++ {
		c := r.recs.at(i)
		if c.fate == sacked {
			continue
		}
		if before(c.seq, left) {
			r.recs.split(i, left, r.cc.mss)
			continue
		}
		if before(right, c.end) {
			r.recs.split(i, right, r.cc.mss)
			c = r.recs.at(i) // the slots may have moved
		}
		s := r.recs.slot(i)
		if c.fate == lost {
			r.lostBytes -= int(c.len())
			r.flying += int(c.len())
			c.fate = inFlight
		} else {
			r.recs.land(s)
		}
		if kind == retransmission {
			r.undo.resent(c.len(), timestamp(now, r.tsOffset), !r.inEpisode(c))
		}
		c.sentAt, c.order, c.again = now, r.order, true
		r.recs.launch(s)
		r.order++
	}
	r.resent++
}

// retransmit returns the next range to send again now, of at most one segment's payload; the range
// may hold SYN, and may hold FIN beside a full payload. The caller sends it and calls sent, or does
// neither.
func (r *recovery) retransmit() (left, right uint32, ok bool) {
	if r.lostBytes == 0 {
		return 0, 0, false
	}
	i := r.recs.find(later(r.lostFrom, r.una))
	for r.recs.at(i).fate != lost {
		i++
	}
	c := r.recs.at(i)
	r.lostFrom = c.seq
	n := r.piece(c)
	if r.pipe()+min(int(n), r.cc.mss) > r.cc.window {
		return 0, 0, false
	}
	return c.seq, c.seq + n, true
}

// sendQuota returns how many bytes of new data the congestion window lets go now. The caller sends
// whole segments, or multiples of one: it never cuts one short to fit. Duplicate and selective ACKs
// take bytes out of the network, so limited transmit (RFC 3042) is part of it.
func (r *recovery) sendQuota(now clock.Instant) int {
	if r.lostBytes > 0 { // what is lost goes first (RFC 6675 §4 NextSeg)
		return 0
	}
	if r.recs == nil {
		if now > r.lastSent && now.Sub(r.lastSent) > r.rtt.timeout() {
			r.cc.restart() // RFC 5681 §4.1
		}
		return r.cc.window
	}
	if r.recs.n >= RecordsMax {
		return 0
	}
	return max(r.cc.window-r.pipe(), 0)
}

// markLost takes slot s, in flight, out of the network.
func (r *recovery) markLost(s int32) {
	c := &r.recs.slots[s]
	r.recs.land(s)
	c.fate = lost
	r.flying -= int(c.len())
	if r.lostBytes == 0 || before(c.seq, r.lostFrom) {
		r.lostFrom = c.seq
	}
	r.lostBytes += int(c.len())
}
