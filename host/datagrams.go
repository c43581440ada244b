package host

import (
	"net/netip"

	"github.com/atoll-os/atoll/tcpip/buffer"
)

// DatagramBytesMax bounds the bytes of received datagrams that wait for ReadFrom, and of sent ones
// that wait for the engine. A datagram that does not fit on arrival is dropped. Of those that
// arrive at one instant the stack holds less (udp.Limits).
const DatagramBytesMax = 1 << 20

// DatagramMax is the largest UDP payload: an IPv4 packet of 65,535 bytes less its headers.
const DatagramMax = 65507

// datagramOverhead is what a waiting datagram counts beyond its payload, so that empty ones are
// bounded too.
const datagramOverhead = 64

// datagrams is a queue of datagrams, their bytes one after the other.
type datagrams struct {
	bytes   buffer.Queue
	heads   []datagram
	waiting int // bytes with overhead
}

type datagram struct {
	size int
	peer netip.AddrPort
}

func (q *datagrams) push(p []byte, peer netip.AddrPort) {
	q.bytes.Append(p)
	q.heads = append(q.heads, datagram{len(p), peer})
	q.waiting += len(p) + datagramOverhead
}

// front copies the first datagram to p, as much as fits.
func (q *datagrams) front(p []byte) ([]byte, netip.AddrPort) {
	d := q.heads[0]
	p = p[:min(d.size, len(p))]
	q.bytes.CopyAt(p, 0)
	return p, d.peer
}

// drop drops the first datagram.
func (q *datagrams) drop() {
	size := q.heads[0].size
	q.heads = q.heads[1:]
	if len(q.heads) == 0 {
		q.heads = nil
	}
	q.bytes.Discard(size)
	q.waiting -= size + datagramOverhead
}

func (q *datagrams) full(n int) bool { return q.waiting+n+datagramOverhead > DatagramBytesMax }
