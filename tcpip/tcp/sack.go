package tcp

import (
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// noteDuplicate remembers that [left, right) came a second time, for the next ACK (RFC 2883 §4).
// Two that touch are reported as one.
func (c *Conn) noteDuplicate(left, right uint32) {
	if !c.sackOK || !before(left, right) {
		return
	}
	d := &c.duplicate
	switch {
	case d.Left == d.Right:
		*d = buffer.Range{Left: left, Right: right}
	case left == d.Right:
		d.Right = right
	case right == d.Left:
		d.Left = left
	}
}

// touch makes [left, right), which now holds seq, the span that is reported first.
func (r *reassembly) touch(left, right, seq uint32) {
	list, n := [len(r.recent)]uint32{seq}, 1
	for _, x := range r.recent[:r.recents] {
		if n < len(list) && (before(x, left) || !before(x, right)) {
			list[n] = x
			n++
		}
	}
	r.recent, r.recents = list, n
}

// sackBlocksMax is how many blocks fit beside the other options (RFC 2018 §3).
func (c *Conn) sackBlocksMax() int {
	if c.tsOK {
		return 3
	}
	return len(wire.TCP{}.SACK)
}

// sackBytes is the room that SACK blocks would take from the payload of the next segment.
func (c *Conn) sackBytes() int {
	if !c.sackOK {
		return 0
	}
	n := 0
	if c.reassembly != nil {
		n = min(c.reassembly.recents, len(c.reassembly.spans))
	}
	if c.duplicate.Left != c.duplicate.Right {
		n++
	}
	if n == 0 {
		return 0
	}
	return 4 + 8*min(n, c.sackBlocksMax())
}

// offerSACK adds SACK blocks to s. A super-segment is cut accordingly smaller, since every piece
// repeats them (RFC 6691); text that is sent again in its full size goes without.
func (c *Conn) offerSACK(s *Segment) {
	n := c.sackBytes()
	if n == 0 || s.Len <= c.mss && s.Len > c.mss-n {
		return
	}
	s.SegmentSize = c.mss - n
	c.putSACK(&s.TCP)
}

// putSACK adds SACK blocks to h: a duplicate first (RFC 2883 §4), then the spans in the order in
// which they were last touched (RFC 2018 §4).
func (c *Conn) putSACK(h *wire.TCP) {
	limit := c.sackBlocksMax()
	if d := c.duplicate; d.Left != d.Right {
		h.SACK[0] = wire.SACKBlock{Left: d.Left, Right: d.Right}
		h.SACKCount = 1
		c.duplicate = buffer.Range{}
		c.counters.dsacksSent++
	}
	r := c.reassembly
	if r == nil {
		return
	}
	for _, seq := range r.recent[:r.recents] {
		if h.SACKCount == limit {
			break
		}
		i := r.find(seq + 1)
		if i == len(r.spans) || before(seq, r.spans[i].left) {
			continue // it was taken in order since
		}
		h.SACK[h.SACKCount] = wire.SACKBlock{Left: r.spans[i].left, Right: r.spans[i].right}
		h.SACKCount++
	}
}
