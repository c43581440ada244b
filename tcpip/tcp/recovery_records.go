package tcp

import (
	"sync"

	"github.com/atoll-os/atoll/clock"
)

// RecordsMax is how many sent and unacknowledged segments are remembered at most; sendQuota is 0
// when so many are.
const RecordsMax = 1 << 15

// fate is where the sequence numbers of a record are thought to be.
type fate uint8

const (
	inFlight fate = iota // in the network, by its last transmission
	lost                 // nowhere: to be sent again
	sacked               // with the receiver, out of order (RFC 2018)
)

// record is one segment sent and not yet acknowledged (RFC 8985 §5.2). Neighbours that are sacked
// become one record, so a window full of holes costs a record a hole and one a block.
type record struct {
	seq, end uint32
	sentAt   clock.Instant // RACK's xmit_ts: the last transmission
	order    uint32        // number of that transmission: finer than any clock
	prev     int32         // slot of the record in flight that was sent before this, or none
	next     int32         // and of the one sent after; or the next free slot
	segments uint32        // how many segments it stands for
	fate     fate
	again    bool // it has been retransmitted (Segment.retransmitted)
}

func (c *record) len() uint32 { return c.end - c.seq }

const none = int32(-1)

// records are the outstanding segments: a ring in order of sequence, without gaps from SND.UNA to
// SND.NXT, and within it a list of those in flight in order of transmission. A connection has one
// only while something is outstanding; it comes from a pool and keeps its size there.
type records struct {
	slots       []record
	free        int32   // first free slot
	ring        []int32 // slots in order of sequence; the length is a power of two
	head, n     int
	first, last int32 // ends of the list of those in flight, oldest transmission first
}

const recordsMin = 16 // slots of a fresh set

var recordsPool = sync.Pool{New: func() any {
	t := &records{}
	t.grow()
	return t
}}

// newRecords returns an empty set.
func newRecords() *records {
	t := recordsPool.Get().(*records)
	t.head, t.n, t.first, t.last = 0, 0, none, none
	return t
}

// grow doubles the number of slots. All were taken.
func (t *records) grow() {
	old := len(t.slots)
	size := max(2*old, recordsMin)
	slots, ring := make([]record, size), make([]int32, size)
	copy(slots, t.slots)
	for i := range t.n {
		ring[i] = t.ring[(t.head+i)&(len(t.ring)-1)]
	}
	t.free = none
	for i := size - 1; i >= old; i-- {
		slots[i].next = t.free
		t.free = int32(i)
	}
	t.slots, t.ring, t.head = slots, ring, 0
}

// at returns the record of index i in order of sequence.
func (t *records) at(i int) *record { return &t.slots[t.slot(i)] }

func (t *records) slot(i int) int32 { return t.ring[(t.head+i)&(len(t.ring)-1)] }

// find returns the index of the record that holds seq, which must be outstanding.
func (t *records) find(seq uint32) int {
	lo, hi := 0, t.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if int32(t.at(mid).end-seq) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// take returns a free slot.
func (t *records) take() int32 {
	if t.free == none {
		t.grow()
	}
	s := t.free
	t.free = t.slots[s].next
	return s
}

func (t *records) release(s int32) {
	t.slots[s].next = t.free
	t.free = s
}

// push appends a record in flight and returns it.
func (t *records) push(c record) {
	s := t.take()
	t.slots[s] = c
	t.ring[(t.head+t.n)&(len(t.ring)-1)] = s
	t.n++
	t.launch(s)
}

// pop removes the first record, which is not in the list of those in flight.
func (t *records) pop() {
	t.release(t.slot(0))
	t.head = (t.head + 1) & (len(t.ring) - 1)
	t.n--
}

// launch puts slot s at the end of the list of those in flight.
func (t *records) launch(s int32) {
	c := &t.slots[s]
	c.prev, c.next = t.last, none
	if t.last == none {
		t.first = s
	} else {
		t.slots[t.last].next = s
	}
	t.last = s
}

// land takes slot s out of the list of those in flight.
func (t *records) land(s int32) {
	c := &t.slots[s]
	if c.prev == none {
		t.first = c.next
	} else {
		t.slots[c.prev].next = c.next
	}
	if c.next == none {
		t.last = c.prev
	} else {
		t.slots[c.next].prev = c.prev
	}
	c.prev, c.next = none, none
}

// launchAfter puts slot s into the list of those in flight behind slot p, or in front if p is none.
func (t *records) launchAfter(p, s int32) {
	c := &t.slots[s]
	c.prev = p
	if p == none {
		c.next, t.first = t.first, s
	} else {
		c.next, t.slots[p].next = t.slots[p].next, s
	}
	if c.next == none {
		t.last = s
	} else {
		t.slots[c.next].prev = s
	}
}

// split cuts the record of index i at seq, which is inside it. Both halves keep its fate and its
// transmission; size is what a segment holds.
func (t *records) split(i int, seq uint32, size int) {
	n := t.take()
	s := t.slot(i)
	left, right := &t.slots[s], &t.slots[n]
	*right = *left
	left.end, right.seq = seq, seq
	left.segments, right.segments = segments(left.len(), size), segments(right.len(), size)
	right.prev, right.next = none, none
	if left.fate == inFlight {
		t.launchAfter(s, n)
	}
	t.open(i + 1)
	t.ring[(t.head+i+1)&(len(t.ring)-1)] = n
}

// segments returns how many segments of size n bytes take.
func segments(n uint32, size int) uint32 { return (n + uint32(size) - 1) / uint32(size) }

// open makes room for an index in the ring, by moving the shorter side.
func (t *records) open(i int) {
	m := len(t.ring) - 1
	t.n++
	if i > t.n/2 {
		for k := t.n - 1; k > i; k-- {
			t.ring[(t.head+k)&m] = t.ring[(t.head+k-1)&m]
		}
		return
	}
	t.head = (t.head - 1) & m
	for k := range i {
		t.ring[(t.head+k)&m] = t.ring[(t.head+k+1)&m]
	}
}

// merge joins the records of indices i and i+1, both sacked, into the first.
func (t *records) merge(i int) {
	a, b := t.at(i), t.at(i+1)
	a.end = b.end
	a.segments += b.segments
	if b.again && (!a.again || int32(b.order-a.order) > 0) {
		a.again, a.order = true, b.order
	}
	t.release(t.slot(i + 1))
	m := len(t.ring) - 1
	t.n--
	if i+1 > t.n/2 {
		for k := i + 1; k < t.n; k++ {
			t.ring[(t.head+k)&m] = t.ring[(t.head+k+1)&m]
		}
		return
	}
	for k := i + 1; k > 0; k-- {
		t.ring[(t.head+k)&m] = t.ring[(t.head+k-1)&m]
	}
	t.head = (t.head + 1) & m
}

// after returns the slot in flight that was sent after slot s, or the first if s is none.
func (t *records) after(s int32) int32 {
	if s == none {
		return t.first
	}
	return t.slots[s].next
}
