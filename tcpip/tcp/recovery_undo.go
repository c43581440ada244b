package tcp

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// Read first: RFC 3522 (Eifel detection), RFC 4015 (response), RFC 3708 (D-SACK), RFC 9438 §4.9.

// undo is what is needed to take back the last reduction of the window.
type undo struct {
	valid     bool // it can be taken back
	timeout   bool // it was a retransmission timeout's
	stamped   bool // stamp is set
	stamp     uint32
	start     uint32 // SND.UNA when it began
	bytes     uint32 // retransmitted since, and not reported as duplicate
	unproved  uint32 // of these, what was not shown to be needless by Eifel
	window    int
	threshold int
	cubic     cubic
}

// saveUndo notes the state before a reduction.
func (r *recovery) saveUndo(timeout bool) {
	r.undo = undo{
		valid: true, timeout: timeout, start: r.una,
		window: r.cc.window, threshold: r.cc.threshold, cubic: r.cc.cubic,
	}
	if r.phase == phaseFast {
		r.undo.window = max(r.cc.window, r.cc.threshold) // PRR's window was on its way there
	}
}

// resent notes a retransmission of n bytes with its timestamp. first says that it is the first of
// these bytes in the episode.
func (u *undo) resent(n, stamp uint32, first bool) {
	if !u.valid {
		return
	}
	if !u.stamped {
		u.stamped, u.stamp = true, stamp
	}
	u.bytes += n
	if first {
		u.unproved += n
	}
}

// originalArrived reports whether the acknowledgement of c, which was retransmitted in this
// episode, was caused by an earlier transmission: the echoed timestamp is older than the first
// retransmission of the episode (RFC 3522 §3.2 step 5).
func (r *recovery) originalArrived(c *record, d *delivery) bool {
	return r.undo.valid && r.undo.stamped && d.hasEcho && d.echo != 0 && r.inEpisode(c) &&
		before(d.echo, r.undo.stamp)
}

// duplicateBlock separates a D-SACK block from the others (RFC 2883 §4): it is first, and below the
// cumulative acknowledgement or within the second block.
func (r *recovery) duplicateBlock(h *wire.TCP) (dsack *wire.SACKBlock, rest []wire.SACKBlock) {
	if !r.sack || h.SACKCount <= 0 {
		return nil, nil
	}
	blocks := h.SACK[:min(h.SACKCount, len(h.SACK))]
	b := &blocks[0]
	below := !before(h.Ack, b.Right)
	within := len(blocks) > 1 && !before(b.Left, blocks[1].Left) && !before(blocks[1].Right, b.Right)
	if !below && !within {
		return nil, blocks
	}
	if !before(b.Left, b.Right) || before(r.nxt, b.Right) || r.nxt-b.Left > CongestionWindowMax {
		return nil, blocks[1:]
	}
	return b, blocks[1:]
}

// takeDuplicate takes a D-SACK: the receiver got these numbers twice.
func (r *recovery) takeDuplicate(now clock.Instant, b *wire.SACKBlock) {
	// A network that duplicates sends more of them than we retransmit; they say nothing.
	if r.duplicates >= r.resent {
		return
	}
	r.duplicates++
	if !r.tlp.active || !r.tlp.retrans || b.Right != r.tlp.end { // not the probe's (RFC 8985 §7.4)
		r.rack.duplicate(r.una, r.nxt)
	}
	if u := &r.undo; u.valid && u.bytes > 0 && before(u.start, b.Right) {
		u.bytes -= min(u.bytes, b.Right-b.Left)
	}
}

// detectSpurious takes back the last reduction if the originals of all that was retransmitted have
// arrived (Eifel), or if all retransmissions have been reported as duplicates. After a timeout this
// is known by the first acknowledgement; in fast recovery one late segment does not excuse another
// that was lost.
func (r *recovery) detectSpurious(now clock.Instant, d *delivery, acked uint32) bool {
	u := &r.undo
	if d.spurious > 0 {
		u.unproved -= min(u.unproved, d.spurious)
		if !u.timeout {
			// What was taken as lost came late. RFC 8985 §6.2 step 3 would not see that, since the
			// segment was retransmitted; and would take the next for lost as quickly.
			r.rack.reordering = true
		}
	}
	if !u.valid || !u.stamped || (d.spurious == 0 || u.unproved > 0) && u.bytes > 0 {
		return false
	}
	u.valid = false
	r.undone++
	r.cc.cubic = u.cubic
	threshold := max(r.cc.threshold, u.threshold)
	if u.timeout {
		// RFC 4015 §3.2 step 5: no burst, but slow start to what was in flight before. RFC 9438
		// §4.9.2: the other state as it was.
		threshold = max(threshold, u.window)
		r.cc.window = max(r.cc.window,
			min(u.window, r.pipe()+r.lostBytes+min(int(acked), initialWindow(r.cc.mss))))
	} else {
		r.cc.window = max(r.cc.window, u.window)
		r.rack.reordering = true
	}
	r.cc.threshold = threshold
	r.unmarkLost()
	if r.phase != phaseOpen {
		r.phase = phaseOpen
		r.rack.recovered()
	}
	r.rtt.backoff = 0
	return true
}

// unmarkLost puts what is marked lost back into the network, in its place by transmission.
func (r *recovery) unmarkLost() {
	if r.recs == nil || r.lostBytes == 0 {
		return
	}
	at := none // the last slot placed: the next one goes near it
	for i := range r.recs.n {
		s := r.recs.slot(i)
		c := &r.recs.slots[s]
		if c.fate != lost {
			continue
		}
		c.fate = inFlight
		r.flying += int(c.len())
		for at != none && int32(r.recs.slots[at].order-c.order) > 0 {
			at = r.recs.slots[at].prev
		}
		for next := r.recs.after(at); next != none; next = r.recs.after(at) {
			if int32(r.recs.slots[next].order-c.order) > 0 {
				break
			}
			at = next
		}
		r.recs.launchAfter(at, s)
		at = s
	}
	r.lostBytes = 0
}
