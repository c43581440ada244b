package tcp

import (
	"sync"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
)

// receive takes the text of an acceptable segment: it cuts off what is old or beyond the window,
// keeps the rest in order or for reassembly, and decides when it is acknowledged.
func (c *Conn) receive(now clock.Instant, seq uint32, p []byte) {
	end := seq + uint32(len(p))
	c.rcvMSS = max(c.rcvMSS, min(len(p), c.cfg.mss))
	if before(seq, c.rcvNxt) {
		c.noteDuplicate(seq, earlier(end, c.rcvNxt))
		if !before(c.rcvNxt, end) {
			c.oweDuplicate()
			return
		}
		c.owed.ack = true
		p = p[c.rcvNxt-seq:]
		seq = c.rcvNxt
	}
	if right := c.rightEdge(); before(right, end) {
		c.owed.ack = true // a zero-window probe, or a peer that did not heed the window
		if !before(seq, right) {
			return
		}
		p = p[:right-seq]
		end = right
	}
	if seq != c.rcvNxt {
		c.hold(seq, p)
		c.oweDuplicate() // RFC 5681 §4.2: an out-of-order segment is acknowledged at once
		return
	}
	switch {
	case c.readClosed:
	case c.lender != nil && len(p) >= AdoptBytesMin:
		c.ready.Adopt(p, c.lender)
		c.lender = nil
	default:
		c.ready.Append(p)
	}
	c.rcvNxt = end
	if c.reassembly != nil {
		// RFC 5681 §4.2: so is one that fills all or part of a gap.
		c.owed.ack = true
		c.fillGap(seq)
	} else {
		c.acknowledgeLater(now, len(p))
	}
	c.counters.bytesReceived += uint64(c.rcvNxt - seq)
}

// rightEdge is the end of the text that may come: that of the window, or the peer's FIN.
func (c *Conn) rightEdge() uint32 {
	if c.finKnown && before(c.finSeq, c.rcvAdv) {
		return c.finSeq
	}
	return c.rcvAdv
}

// acknowledgeLater is the delayed ACK of RFC 9293 §3.8.6.3. It wants one for at least every second
// full segment; we acknowledge every second of any size, so that only a lone segment ever waits,
// for which the peer's tail loss probe allows (RFC 8985 §7.2).
func (c *Conn) acknowledgeLater(now clock.Instant, n int) {
	switch {
	case c.cfg.NoDelayedAck, c.delayedAt != clock.Never, n >= 2*c.rcvMSS:
		c.owed.ack = true
	case c.owed.quick > 0 && n >= c.rcvMSS && n > defaultMSS4:
		c.owed.quick--
		c.owed.ack = true
	default:
		c.delayedAt = now.Add(DelayedACK)
	}
}

// oweDuplicate owes one more ACK for a segment out of order, apart from all others: the peer counts
// them (RFC 5681 §3.2).
func (c *Conn) oweDuplicate() {
	if c.owed.duplicates < DuplicateACKsMax {
		c.owed.duplicates++
	}
}

// span is text that waits for a hole before it to be filled: the bytes [left, right).
type span struct {
	left, right uint32
	bytes       buffer.Queue
}

// reassembly is what arrived out of order: spans in order of sequence, with holes between them. All
// lie within the receive window, so it bounds their bytes, and ReassemblyRangesMax their number.
type reassembly struct {
	spans []span
	// recent holds a sequence number out of each of the spans that were touched last, the latest
	// first: what RFC 2018 §4 wants reported first.
	recent  [4]uint32
	recents int
}

// reassemblies keeps those not in use, with their arrays: a connection has one only while something
// is out of order.
var reassemblies = sync.Pool{New: func() any { return new(reassembly) }}

// find returns the index of the first span that ends at or after seq. New text mostly belongs to
// the end of the last one.
func (r *reassembly) find(seq uint32) int {
	lo, hi := 0, len(r.spans)
	if hi > 0 && before(r.spans[hi-1].left, seq) {
		lo = hi - 1
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if before(r.spans[mid].right, seq) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// hold keeps text that is out of order.
func (c *Conn) hold(seq uint32, p []byte) {
	if c.reassembly == nil {
		c.reassembly = reassemblies.Get().(*reassembly)
	}
	r := c.reassembly
	end := seq + uint32(len(p))
	i := r.find(seq)
	if i < len(r.spans) && !before(seq, r.spans[i].left) {
		s := &r.spans[i]
		if seq != s.right {
			c.noteDuplicate(seq, earlier(end, s.right))
		}
		if before(s.right, end) {
			s.bytes.Append(p[s.right-seq:])
			s.right = end
		}
	} else {
		if len(r.spans) >= ReassemblyRangesMax {
			c.counters.reassemblyDrops++
			return
		}
		r.spans = append(r.spans, span{})
		copy(r.spans[i+1:], r.spans[i:])
		r.spans[i] = span{left: seq, right: end}
		r.spans[i].bytes.Append(p)
	}
	c.joinSpans(i, seq)
	r.touch(r.spans[i].left, r.spans[i].right, seq)
}

// joinSpans adds to span i those after it that it has reached. What is there twice and came with
// the segment at seq is a duplicate.
func (c *Conn) joinSpans(i int, seq uint32) {
	r := c.reassembly
	s := &r.spans[i]
	j := i + 1
	for ; j < len(r.spans) && !before(s.right, r.spans[j].left); j++ {
		next := &r.spans[j]
		if twice := earlier(s.right, next.right); twice != next.left {
			c.noteDuplicate(later(seq, next.left), twice)
			next.bytes.Discard(int(twice - next.left))
		}
		if before(s.right, next.right) {
			s.right = next.right
			next.bytes.MoveTo(&s.bytes)
		}
	}
	r.remove(i+1, j)
}

// remove drops the spans [i, j), whose bytes have gone.
func (r *reassembly) remove(i, j int) {
	if i == j {
		return
	}
	n := copy(r.spans[i:], r.spans[j:])
	clear(r.spans[i+n:])
	r.spans = r.spans[:i+n]
}

// fillGap moves the spans that the text from seq to rcvNxt has reached to the ready bytes.
func (c *Conn) fillGap(seq uint32) {
	r := c.reassembly
	i := 0
	for ; i < len(r.spans) && !before(c.rcvNxt, r.spans[i].left); i++ {
		s := &r.spans[i]
		if twice := earlier(c.rcvNxt, s.right); twice != s.left {
			c.noteDuplicate(later(seq, s.left), twice)
			s.bytes.Discard(int(twice - s.left))
		}
		if before(c.rcvNxt, s.right) {
			c.rcvNxt = s.right
			if !c.readClosed {
				s.bytes.MoveTo(&c.ready)
			}
		}
		s.bytes.Release()
	}
	r.remove(0, i)
	if len(r.spans) == 0 {
		c.releaseReassembly()
	}
}

// releaseReassembly lets go of everything that waits for a hole to be filled.
func (c *Conn) releaseReassembly() {
	r := c.reassembly
	if r == nil {
		return
	}
	for i := range r.spans {
		r.spans[i].bytes.Release()
	}
	clear(r.spans)
	r.spans, r.recents = r.spans[:0], 0
	c.reassembly = nil
	reassemblies.Put(r)
}
