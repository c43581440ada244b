package tcp

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Read first: RFC 8985. A segment is lost if one sent later has been delivered, and a reordering
// window has passed since. Where the RFC compares times of transmission and, if these are equal,
// sequence numbers, we compare the numbers of the transmissions: the order is then exact.

const (
	dupThresh         = 3  // RFC 5681 §3.2, RFC 8985 §6.2 step 4
	reorderPersist    = 16 // recoveries without D-SACK until the window is small again
	reorderMultiplier = 64 // largest reo_wnd_mult; SRTT bounds the window long before
)

// rack is the state of RFC 8985 §5.3.
type rack struct {
	order, end uint32        // transmission and end of the segment sent last among those delivered
	valid      bool          // there is one
	rtt        time.Duration // RACK.rtt
	fack       uint32        // highest sequence number delivered
	reordering bool          // RACK.reordering_seen
	inRound    bool          // dsack_round is set
	multiplier uint8         // reo_wnd_mult, minus 1
	persist    uint8         // reo_wnd_persist
	round      uint32        // dsack_round
}

// delivered takes a segment newly acknowledged, cumulatively or selectively (RFC 8985 §6.2 steps 2
// and 3).
func (k *rack) delivered(c *record, d time.Duration, ambiguous bool) {
	if int32(c.end-k.fack) > 0 {
		k.fack = c.end
	} else if c.end != k.fack && !c.again {
		k.reordering = true
	}
	if ambiguous {
		return
	}
	k.rtt = d
	if !k.valid || k.sentBefore(c) {
		k.valid, k.order, k.end = true, c.order, c.end
	}
}

// sentBefore reports whether the segment sent last among those delivered was sent before c
// (RACK_sent_after). Parts of one super-segment were sent in order of sequence.
func (k *rack) sentBefore(c *record) bool {
	return int32(c.order-k.order) > 0 || c.order == k.order && int32(c.end-k.end) > 0
}

// duplicate takes a D-SACK: a retransmission was needless, so the reordering window grows, once a
// round trip (RFC 8985 §6.2 step 4).
func (k *rack) duplicate(una, nxt uint32) {
	if k.inRound && int32(una-k.round) < 0 {
		return
	}
	k.inRound, k.round = true, nxt
	k.multiplier = min(k.multiplier+1, reorderMultiplier-1)
	k.persist = reorderPersist
}

// recovered says that a recovery is over.
func (k *rack) recovered() {
	if k.persist > 0 {
		k.persist--
	}
	if k.persist == 0 {
		k.multiplier = 0
	}
}

// reorderWindow returns how long after a later segment's delivery a segment is still waited for
// (RFC 8985 §6.2 step 4).
func (r *recovery) reorderWindow() time.Duration {
	if !r.rack.reordering && (r.phase != phaseOpen || r.sackedSegments >= dupThresh) {
		return 0
	}
	return min(time.Duration(r.rack.multiplier+1)*r.rtt.min()/4, r.rtt.srtt)
}

// detectLoss marks as lost what RACK says is lost (RFC 8985 §6.2 step 5), and sets the reordering
// timer if something may become so. It reports how many bytes were marked, and whether there was a
// retransmission of this episode among them.
func (r *recovery) detectLoss(now clock.Instant) (bytes int, again bool) {
	r.reorderAt = clock.Never
	if !r.rack.valid || r.recs == nil {
		return 0, false
	}
	window := r.rack.rtt + r.reorderWindow()
	for s := r.recs.first; s != none; {
		c := &r.recs.slots[s]
		if r.rack.sentBefore(c) {
			break
		}
		if deadline := c.sentAt.Add(window); deadline > now {
			r.reorderAt = deadline // the last one: all of them are looked at in one go
			s = c.next
			continue
		}
		next := c.next
		again = again || r.inEpisode(c)
		bytes += int(c.len())
		r.markLost(s)
		s = next
	}
	if r.reorderAt != clock.Never {
		r.probeAt = clock.Never // one timer at a time (RFC 8985 §8)
	}
	return bytes, again
}

// reorderTimeout is the end of the reordering timer (RFC 8985 §6.3).
func (r *recovery) reorderTimeout(now clock.Instant) {
	bytes, again := r.detectLoss(now)
	if bytes == 0 {
		return
	}
	r.lossFound(again, 0)
	if r.phase == phaseFast {
		r.cc.window = r.prr.window(r.pipe(), r.cc.threshold, 0, r.cc.mss, false)
	}
}
