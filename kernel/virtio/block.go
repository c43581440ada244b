package virtio

import (
	"sync/atomic"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// SectorBytes is the unit of a disk. A transfer of up to BlockBytesMax bytes goes through a buffer
// of ours, with whole sectors before and after.
const (
	SectorBytes   = 512
	BlockBytesMax = 64 << 10
	blockPages    = BlockBytesMax/mem.PageBytes + 1
	sectorsMax    = 1 << 53 // so that bytes are a number with a sign
)

// Features and requests (virtio 1.2 §5.2).
const (
	featureSizeMax  = 1 << 1
	featureReadOnly = 1 << 5
	featureFlush    = 1 << 9

	blockHeader  = 2048 // where in the queue's page the request's header is: kind, 0, sector
	blockStatus  = blockHeader + 16
	headerLength = 16
	chained      = 1 // there is a next descriptor
	blockChain   = 3 // header, data, status
)

// Request is what a disk is asked for.
type Request uint32

// The requests.
const (
	Read  Request = 0
	Write Request = 1
	Flush Request = 4
)

// Busy says that a disk does something else: ask again when that has ended.
const Busy = -1 << 61

// Block is a disk. It does one thing at a time. A write of parts of sectors reads them first.
type Block struct {
	device   Device
	Present  bool
	ReadOnly bool
	Broken   uint64 // how often the device said what cannot be

	ram         mem.RAM
	page        uint64 // of the queue: see queue.go, with descriptors for one request
	data        uint64 // the buffer
	most        uint64 // bytes of one request
	sectors     uint64
	flushes     bool
	avail, used uint16

	busy    bool
	asked   Request // what the device does now
	what    Request // what was begun
	space   *mem.Space
	address uint64
	n       uint64
	from    uint64 // where in the buffer the bytes begin
	first   uint64 // sector
	count   uint64 // sectors
}

// Start finds out whether the disk can be used.
func (b *Block) Start(p *Place, s *mem.Space) bool {
	got, ok := b.device.begin(p, featureSizeMax|featureReadOnly|featureFlush)
	if !ok || s.Pages.Left() < 1+blockPages {
		return false
	}
	b.ram = s.RAM
	b.page, _ = s.Pages.Take()
	for i := range uint64(blockPages) { // pages that are the first to be taken are in order
		at, _ := s.Pages.Take()
		if i == 0 {
			b.data = at
		}
		if at != b.data+i*mem.PageBytes {
			return b.device.refuse()
		}
	}
	b.sectors = uint64(b.device.config(0, 4)) | uint64(b.device.config(4, 4))<<32
	b.most = blockPages * mem.PageBytes
	if got&featureSizeMax != 0 {
		b.most = min(b.most, uint64(b.device.config(8, 4)))
	}
	b.most &^= SectorBytes - 1
	if b.most == 0 || b.sectors > sectorsMax || !b.device.queue(0, QueueBuffers, b.page+tableAt,
		b.page+availAt, b.page+usedAt) {
		return b.device.refuse()
	}
	b.ReadOnly, b.flushes = got&featureReadOnly != 0, got&featureFlush != 0
	b.device.run()
	b.Present = true
	return true
}

// Line returns the disk's interrupt.
func (b *Block) Line() uint32 { return b.device.Line }

// Bytes returns the size.
func (b *Block) Bytes() uint64 { return b.sectors * SectorBytes }

// Begin has n bytes moved between the program's memory and the disk, or what was written made safe.
// It returns how many bytes that are, or 1 for a flush: Interrupt tells when it has happened. It
// returns at once with 0 if there is nothing to do, Busy, or a negative error: -ENOSPC for a write
// at the end.
func (b *Block) Begin(what Request, s *mem.Space, address, n, offset uint64) int64 {
	switch {
	case b.busy:
		return Busy
	case what == Flush && !b.flushes:
		return 0
	case what == Flush:
		b.what, b.n, b.busy = Flush, 0, true
		b.ask(Flush, 0)
		return 1
	case what == Write && b.ReadOnly:
		return -abi.EROFS
	case n == 0:
		return 0
	case offset >= b.Bytes() && what == Read:
		return 0
	case offset >= b.Bytes():
		return -abi.ENOSPC
	}
	b.from = offset % SectorBytes
	b.n = min(n, BlockBytesMax, b.Bytes()-offset, b.most-b.from)
	b.first = offset / SectorBytes
	b.count = (b.from + b.n + SectorBytes - 1) / SectorBytes
	b.what, b.space, b.address = what, s, address
	whole := b.from == 0 && b.n%SectorBytes == 0
	switch {
	case what == Read && !s.Writable(address, b.n):
		return -abi.EFAULT
	case what == Write && !s.CopyIn(b.bytes(), address):
		return -abi.EFAULT
	case what == Write && whole:
		b.ask(Write, b.count*SectorBytes)
	default:
		b.ask(Read, b.count*SectorBytes)
	}
	b.busy = true
	return int64(b.n)
}

// bytes returns what of the buffer is the program's.
func (b *Block) bytes() []byte { return b.ram[b.data+b.from : b.data+b.from+b.n] }

// ask gives the device a request with so many bytes of the buffer.
func (b *Block) ask(what Request, length uint64) {
	b.asked = what
	header := b.ram[b.page+blockHeader:]
	mem.Store32(header, uint32(what))
	mem.Store32(header[4:], 0)
	mem.Store64(header[8:], b.first)
	b.ram[b.page+blockStatus] = 0xff
	dataFlags, next := uint64(chained), uint64(1)
	if what == Read {
		dataFlags |= descriptorWrite
	}
	if what == Flush {
		mem.Store64(header[8:], 0)
		next = 2 // no data
	}
	for i, d := range [blockChain][2]uint64{
		{b.page + blockHeader, headerLength | chained<<32 | next<<48},
		{b.data, length | dataFlags<<32 | 2<<48},
		{b.page + blockStatus, 1 | descriptorWrite<<32}} {
		b.ram.Store(b.page+tableAt+16*uint64(i), d[0])
		b.ram.Store(b.page+tableAt+16*uint64(i)+8, d[1])
	}
	mem.Store16(b.ram[b.page+availAt+4+2*uint64(b.avail%QueueBuffers):], 0)
	b.avail++
	mem.Store16(b.ram[b.page+availAt+2:], b.avail)
	atomic.AddUint32(&fence, 1)
	b.device.ring(b.device.bells[0], 0)
}

// Interrupt looks at what the disk did. When what was begun has ended, done is true and result how
// many bytes were moved, or a negative error.
func (b *Block) Interrupt() (result int64, done bool) {
	b.device.acknowledge()
	used := mem.Load16(b.ram[b.page+usedAt+2:])
	if used == b.used {
		return 0, false
	}
	entry := b.ram[b.page+usedAt+4+8*uint64(b.used%QueueBuffers):]
	id := mem.Load32(entry)
	b.used = used
	if !b.busy || used != b.avail || id != 0 {
		b.Broken++
		if !b.busy || used != b.avail {
			return 0, false
		}
		return b.end(-abi.EIO)
	}
	switch status := b.ram[b.page+blockStatus]; {
	case status != 0:
		return b.end(-abi.EIO)
	case b.asked == Read && b.what == Write:
		// The sectors are there: now the program's bytes among them.
		if !b.space.CopyIn(b.bytes(), b.address) {
			return b.end(-abi.EFAULT)
		}
		b.ask(Write, b.count*SectorBytes)
		return 0, false
	case b.asked == Read && !b.space.CopyOut(b.address, b.bytes()):
		return b.end(-abi.EFAULT)
	}
	return b.end(int64(b.n))
}

func (b *Block) end(result int64) (int64, bool) {
	b.busy = false
	return result, true
}
