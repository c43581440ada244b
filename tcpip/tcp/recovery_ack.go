package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// ackResult is what an acknowledgement did.
type ackResult struct {
	acked     uint32 // sequence numbers newly acknowledged, cumulatively
	duplicate bool   // RFC 5681 §2 duplicate ACK
	undone    bool   // it proved the last reduction of the window needless, which is taken back
}

// delivery collects what one acknowledgement says was delivered.
type delivery struct {
	echo      uint32        // TSEcr
	hasEcho   bool          //
	bytes     int           // newly acknowledged or sacked
	oldest    time.Duration // round trip of the first segment acknowledged and sent but once
	newest    time.Duration // and of the last one delivered
	again     bool          // a retransmitted segment was acknowledged
	spurious  uint32        // bytes of which the original arrived: their retransmission was needless
	newestSeq uint32        // transmission of newest
}

// ack takes an acknowledgement: h's Ack, SACK blocks and timestamps. dataOrWindow says that the
// segment carried data, SYN or FIN, or changed the window, so that it is no duplicate ACK by
// RFC 5681 §2.
func (r *recovery) ack(now clock.Instant, h *wire.TCP, dataOrWindow bool) (res ackResult) {
	acked := h.Ack - r.una
	if acked > r.nxt-r.una {
		return res
	}
	res.acked = acked
	res.duplicate = acked == 0 && !dataOrWindow && r.una != r.nxt
	d := delivery{echo: h.TSEcr, hasEcho: r.timestamps && h.HasTimestamps}
	syn := acked > 0 && r.una == r.iss
	flight := 0
	if r.recs != nil {
		flight = r.recs.n
	}
	dsack, blocks := r.duplicateBlock(h)
	r.acknowledge(now, h.Ack, &d)
	for _, b := range blocks {
		r.selective(now, b, &d)
	}
	if !r.sack {
		r.countDuplicates(acked, res.duplicate, &d)
	}
	r.sample(now, &d, acked, flight)
	if syn {
		r.synAcked()
	}
	if dsack != nil {
		r.takeDuplicate(now, dsack)
	}
	res.undone = r.detectSpurious(now, &d, acked)
	bare := acked == 0 && !dataOrWindow && h.SACKCount == 0
	r.judge(now, &d, acked, syn, dsack, bare)
	if acked > 0 {
		r.advanced(now)
	} else if r.rtoAt != clock.Never {
		r.rtoAt = min(r.rtoAt, now.Add(r.rtt.timeout())) // a SACK may have ended the backoff
	}
	return res
}

// advanced restarts the timers after SND.UNA has advanced (RFC 6298 §5.2 and 5.3).
func (r *recovery) advanced(now clock.Instant) {
	r.retries = 0
	r.rtoAt = clock.Never
	if r.recs != nil {
		r.rtoAt = now.Add(r.rtt.timeout())
	}
	r.scheduleProbe(now)
}

// synAcked ends the handshake.
func (r *recovery) synAcked() {
	if r.synLost && r.rtt.srtt == 0 {
		r.rtt.initial, r.rtt.backoff = rtoAfterSYN, 0 // RFC 6298 §5.7
	}
	r.phase, r.undo.valid, r.recover = phaseOpen, false, r.iss
}

// acknowledge moves SND.UNA to ack.
func (r *recovery) acknowledge(now clock.Instant, ack uint32, d *delivery) {
	for r.una != ack {
		c := r.recs.at(0)
		if before(ack, c.end) {
			r.sackedSegments -= r.sackedCount(0)
			r.recs.split(0, ack, r.cc.mss)
			r.sackedSegments += r.sackedCount(0) + r.sackedCount(1)
			c = r.recs.at(0)
		}
		if c.fate == sacked {
			r.sackedBytes -= int(c.len())
			r.sackedSegments -= int(c.segments)
		} else {
			if c.again {
				d.again = true
				if r.originalArrived(c, d) {
					d.spurious += c.len()
				}
			}
			r.deliver(now, r.recs.slot(0), d)
		}
		r.una = c.end
		r.recs.pop()
	}
	if r.recs != nil && r.recs.n == 0 {
		recordsPool.Put(r.recs)
		r.recs = nil
	}
	if before(r.lostFrom, r.una) {
		r.lostFrom = r.una
	}
}

// sackedCount returns how many segments the record of index i adds to sackedSegments.
func (r *recovery) sackedCount(i int) int {
	if c := r.recs.at(i); c.fate == sacked {
		return int(c.segments)
	}
	return 0
}

// deliver takes slot s, not sacked so far, out of the network, since the receiver has it.
func (r *recovery) deliver(now clock.Instant, s int32, d *delivery) {
	c := &r.recs.slots[s]
	n := int(c.len())
	d.bytes += n
	if c.fate == lost {
		r.lostBytes -= n
	} else {
		r.recs.land(s)
		r.flying -= n
	}
	trip := now.Sub(c.sentAt)
	// RFC 8985 §6.2 step 2: is it the retransmission that was delivered, or the original?
	ambiguous := c.again && (trip < r.rtt.min() ||
		d.hasEcho && before(d.echo, timestamp(c.sentAt, r.tsOffset)))
	r.rack.delivered(c, trip, ambiguous)
	if c.again {
		return
	}
	if d.oldest == 0 {
		d.oldest = max(trip, 1)
	}
	if d.newest == 0 || int32(c.order-d.newestSeq) > 0 {
		d.newest, d.newestSeq = max(trip, 1), c.order
	}
}

// selective marks what a SACK block covers. Only whole segments count: records longer than one are
// cut at multiples of the segment size, and a block that covers less of one says nothing of it.
func (r *recovery) selective(now clock.Instant, b wire.SACKBlock, d *delivery) {
	if r.recs == nil || !before(b.Left, b.Right) || before(r.nxt, b.Right) ||
		!before(r.una, b.Right) {
		return
	}
	if before(b.Left, r.una) {
		b.Left = r.una
	}
	mss := uint32(r.cc.mss)
	for i := r.recs.find(b.Left); i < r.recs.n && before(r.recs.at(i).seq, b.Right); i++ {
		c := r.recs.at(i)
		if c.fate == sacked {
			continue
		}
		if before(c.seq, b.Left) {
			cut := c.seq + (b.Left-c.seq+mss-1)/mss*mss
			if !before(cut, c.end) || before(b.Right, cut) || r.recs.n >= 2*RecordsMax {
				continue
			}
			r.recs.split(i, cut, r.cc.mss)
			continue // with the right half
		}
		if before(b.Right, c.end) {
			cut := c.seq + (b.Right-c.seq)/mss*mss
			if cut == c.seq || r.recs.n >= 2*RecordsMax {
				return
			}
			r.recs.split(i, cut, r.cc.mss)
		}
		i = r.markSacked(now, i, d)
	}
}

// markSacked marks the record of index i and joins it with sacked neighbours. It returns the index
// of the record that holds it then.
func (r *recovery) markSacked(now clock.Instant, i int, d *delivery) int {
	r.deliver(now, r.recs.slot(i), d)
	c := r.recs.at(i)
	c.fate = sacked
	r.sackedBytes += int(c.len())
	r.sackedSegments += int(c.segments)
	if i+1 < r.recs.n && r.recs.at(i+1).fate == sacked {
		r.recs.merge(i)
	}
	if i > 0 && r.recs.at(i-1).fate == sacked {
		r.recs.merge(i - 1)
		i--
	}
	return i
}

// sample measures the round-trip time (RFC 6298 §3): of the oldest segment that this acknowledges
// and that was sent once, which includes the receiver's delay; by the echoed timestamp (RFC 7323
// §4.1) where a segment was sent more than once.
func (r *recovery) sample(now clock.Instant, d *delivery, acked uint32, flight int) {
	if d.newest != 0 {
		r.rtt.sampleLeast(now, d.newest)
	}
	if d.oldest != 0 && !d.again {
		r.rtt.sample(d.oldest, flight)
		return
	}
	if acked == 0 || !d.hasEcho || d.echo == 0 {
		return
	}
	// What is echoed cannot be from the future; an echo older than RTOMax is not believed.
	if ms := timestamp(now, r.tsOffset) - d.echo; ms <= uint32(RTOMax/time.Millisecond) {
		r.rtt.sample(time.Duration(max(ms, 1))*time.Millisecond, flight)
	}
}

// judge decides what the acknowledgement means: an episode's end, a new one, or growth. bare is one
// that says nothing new at all.
func (r *recovery) judge(now clock.Instant, d *delivery, acked uint32, syn bool,
	dsack *wire.SACKBlock, bare bool) {
	repaired := r.probeAcked(r.una, dsack, bare)
	ended := r.phase != phaseOpen && !before(r.una, r.recover)
	if ended {
		r.endEpisode()
	}
	bytes, again := 0, false
	if r.sack {
		bytes, again = r.detectLoss(now)
	} else {
		bytes = r.detectDuplicates(acked)
	}
	switch {
	case bytes > 0:
		r.lossFound(again, d.bytes)
	case repaired && r.phase == phaseOpen:
		r.beginEpisode(d.bytes)
		if ended = r.recs == nil; ended {
			r.endEpisode()
		}
	}
	switch {
	case r.phase == phaseFast:
		r.cc.window = r.prr.window(r.pipe(), r.cc.threshold, d.bytes, r.cc.mss,
			acked > 0 && bytes == 0)
	case acked > 0 && !ended && !syn:
		r.cc.grow(progress{
			now: now, una: r.una, nxt: r.nxt, acked: int(acked), pipe: r.pipe(),
			rtt: d.newest, srtt: r.rtt.srtt, afterTimeout: r.phase == phaseTimeout,
		})
	}
}

// lossFound answers the loss of bytes that RACK or duplicate ACKs have found. again says that a
// retransmission of this episode was among them: "the loss of a retransmission should be taken as
// two indications of congestion" (RFC 5681 §4.3), so another episode begins.
func (r *recovery) lossFound(again bool, delivered int) {
	r.probeAt, r.tlp.due = clock.Never, false
	if r.phase == phaseOpen || again {
		r.beginEpisode(delivered)
	}
}

// beginEpisode begins a fast recovery and reduces the window.
func (r *recovery) beginEpisode(delivered int) {
	outstanding := int(r.nxt-r.una) - r.sackedBytes + delivered
	r.saveUndo(false)
	if r.phase == phaseFast {
		r.cc.window = r.cc.threshold // PRR's window was on its way there
	}
	r.cc.reduce(int(r.nxt - r.una))
	r.phase, r.recover, r.episode = phaseFast, r.nxt, r.order
	r.prr.begin(outstanding)
	r.probeAt = clock.Never
}

// endEpisode ends a loss recovery: all that was outstanding when it began is acknowledged.
func (r *recovery) endEpisode() {
	if r.phase == phaseFast {
		r.cc.window = r.cc.threshold // RFC 9937 §6
	}
	r.phase = phaseOpen
	r.rack.recovered()
}
