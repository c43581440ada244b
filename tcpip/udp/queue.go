package udp

import (
	"net/netip"

	"github.com/atoll-os/atoll/vnet"
)

// Limits are how much a queue holds at most. A zero field is its default.
type Limits struct {
	BytesMax     int // memory for payloads, in bytes as allocated; 256 KiB
	DatagramsMax int // 1024
}

func (l Limits) withDefaults() Limits {
	if l.BytesMax == 0 {
		l.BytesMax = 256 << 10
	}
	if l.DatagramsMax == 0 {
		l.DatagramsMax = 1024
	}
	return l
}

// Queue is a FIFO of datagrams, each with the address that it came from or goes to. The zero value
// is an empty queue with the default limits; an empty queue holds next to no memory.
type Queue struct {
	limits  Limits
	ring    []datagram // a power of two long, or empty
	head, n int
	bytes   int
}

type datagram struct {
	frame *vnet.Frame // Data is the payload alone
	addr  netip.AddrPort
}

const (
	ringMin  = 8  // slots of the first ring
	ringKeep = 64 // slots that an empty queue may keep
)

// NewQueue returns an empty queue.
func NewQueue(l Limits) *Queue { return &Queue{limits: l} }

// Len returns how many datagrams wait.
func (q *Queue) Len() int { return q.n }

// Bytes returns how much memory their payloads take.
func (q *Queue) Bytes() int { return q.bytes }

// Push copies a datagram to the end. It reports false, and has done nothing, if the queue is full.
// An empty queue takes a datagram of any size.
func (q *Queue) Push(p []byte, addr netip.AddrPort) bool {
	l := q.limits.withDefaults()
	if q.n >= l.DatagramsMax {
		return false
	}
	f := vnet.NewFrame(len(p))
	if q.n > 0 && q.bytes+cap(f.Data) > l.BytesMax {
		f.Release()
		return false
	}
	f.Data = append(f.Data, p...)
	if q.n == len(q.ring) {
		q.resize(max(2*len(q.ring), ringMin))
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = datagram{f, addr}
	q.n++
	q.bytes += cap(f.Data)
	return true
}

// Front returns the oldest datagram, which stays in the queue. ok is false if there is none. The
// payload is valid until it is dropped.
func (q *Queue) Front() (p []byte, addr netip.AddrPort, ok bool) {
	if q.n == 0 {
		return nil, netip.AddrPort{}, false
	}
	d := &q.ring[q.head]
	return d.frame.Data, d.addr, true
}

// Drop takes out the oldest datagram; there must be one.
func (q *Queue) Drop() {
	if q.n == 0 {
		panic("udp: BUG: Drop of an empty queue")
	}
	d := &q.ring[q.head]
	q.bytes -= cap(d.frame.Data)
	d.frame.Release()
	*d = datagram{}
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	if q.n == 0 && len(q.ring) > ringKeep {
		q.ring, q.head = nil, 0
	}
}

// Pop copies the oldest datagram into p and takes it out. What does not fit into p is lost, as with
// recvfrom: size is the datagram's own and may be larger than len(p).
func (q *Queue) Pop(p []byte) (size int, addr netip.AddrPort, ok bool) {
	payload, addr, ok := q.Front()
	if !ok {
		return 0, addr, false
	}
	copy(p, payload)
	size = len(payload)
	q.Drop()
	return size, addr, true
}

// Clear takes out all datagrams and frees what they held.
func (q *Queue) Clear() {
	for q.n > 0 {
		q.Drop()
	}
	q.ring, q.head = nil, 0
}

func (q *Queue) resize(size int) {
	ring := make([]datagram, size)
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = ring, 0
}
