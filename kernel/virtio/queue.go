package virtio

import (
	"sync/atomic"

	"github.com/atoll-os/atoll/kernel/mem"
)

// QueueBuffers is how many buffers a queue has, and BufferBytes how long each is: a whole Ethernet
// frame with its header. Two fit in a page.
const (
	QueueBuffers = 64
	BufferBytes  = mem.PageBytes / 2
	queuePages   = 1 + QueueBuffers*BufferBytes/mem.PageBytes
)

// A queue's first page has its three parts (virtio 1.2 §2.7): descriptors of 16 bytes; what the
// driver makes available, 4 bytes and 2 for each; what the device has used, 4 bytes and 8 for each.
const (
	tableAt = 0
	availAt = tableAt + 16*QueueBuffers
	usedAt  = (availAt + 6 + 2*QueueBuffers + 3) &^ 3

	descriptorWrite = 2 // the device writes
	noInterrupt     = 1 // in the flags of what is available
	noNotify        = 1 // in the flags of what is used
)

// Queue is a queue of buffers. Each descriptor stands for one buffer for ever, so that there are no
// chains; the driver gives buffers to the device and gets them back.
type Queue struct {
	ram    mem.RAM
	page   uint64 // the first page
	buffer [QueueBuffers]uint64
	given  [QueueBuffers]bool // the device has it
	avail  uint16             // how many were ever given
	used   uint16             // how many ever came back
	Broken uint64             // how often the device said what cannot be
}

// open makes queue number n of a device, with pages from the pool; write says that the device fills
// the buffers. It reports false if the device has no such queue or there is no memory.
func (q *Queue) open(d *Device, n uint32, s *mem.Space, write bool) bool {
	if s.Pages.Left() < queuePages {
		return false
	}
	q.ram = s.RAM
	q.page, _ = s.Pages.Take()
	flags := uint64(0)
	if write {
		flags = descriptorWrite
	}
	for i := range uint64(QueueBuffers) {
		if i%2 == 0 {
			q.buffer[i], _ = s.Pages.Take()
		} else {
			q.buffer[i] = q.buffer[i-1] + BufferBytes
		}
		q.ram.Store(q.page+tableAt+16*i, q.buffer[i])
		q.ram.Store(q.page+tableAt+16*i+8, BufferBytes|flags<<32)
	}
	return d.queue(n, QueueBuffers, q.page+tableAt, q.page+availAt, q.page+usedAt)
}

// bytes returns buffer i.
func (q *Queue) bytes(i int) []byte {
	at := q.buffer[i]
	return q.ram[at : at+BufferBytes : at+BufferBytes]
}

// give lets the device have buffer i, of which it may use so many bytes.
func (q *Queue) give(i, length int) {
	mem.Store32(q.ram[q.page+tableAt+16*uint64(i)+8:], uint32(length))
	slot := uint64(q.avail % QueueBuffers)
	mem.Store16(q.ram[q.page+availAt+4+2*slot:], uint16(i))
	q.given[i] = true
	q.avail++
	mem.Store16(q.ram[q.page+availAt+2:], q.avail)
}

// fence is something to do an atomic operation on: it orders what was written before what is read
// after it.
var fence uint32

// notify tells the device that there are buffers, if it wants to know.
func (q *Queue) notify(d *Device, n uint32) {
	atomic.AddUint32(&fence, 1)
	if mem.Load16(q.ram[q.page+usedAt:])&noNotify == 0 {
		d.ring(d.bells[n], n)
	}
}

// interrupts says whether the device is to interrupt when it has used buffers.
func (q *Queue) interrupts(on bool) {
	flags := uint16(noInterrupt)
	if on {
		flags = 0
	}
	mem.Store16(q.ram[q.page+availAt:], flags)
	atomic.AddUint32(&fence, 1)
}

// pending returns how many buffers have come back that take has not given yet.
func (q *Queue) pending() int {
	n := mem.Load16(q.ram[q.page+usedAt+2:]) - q.used
	if n > QueueBuffers {
		return QueueBuffers // nonsense, of which take drops the entries
	}
	return int(n)
}

// take returns a buffer that came back, and how many bytes the device wrote; i is -1 if there is
// none.
func (q *Queue) take() (i, length int) {
	for q.pending() > 0 {
		entry := q.ram[q.page+usedAt+4+8*uint64(q.used%QueueBuffers):]
		id, n := mem.Load32(entry), mem.Load32(entry[4:])
		q.used++
		if id >= QueueBuffers || !q.given[id] || n > BufferBytes {
			q.Broken++
			if q.Broken > BrokenMax {
				q.used = mem.Load16(q.ram[q.page+usedAt+2:])
			}
			continue
		}
		q.given[id] = false
		return int(id), int(n)
	}
	return -1, 0
}

// BrokenMax is how much nonsense of a device is looked at one by one.
const BrokenMax = 1000
