package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Sizes of a pipe. A write of at most pipeAtomic bytes is never split (pipe(7)). There is one page
// more than bytes need, so that what is written never comes into the page that is being read: that
// one is given back as a whole.
const (
	pipePages  = 17
	PipeBytes  = (pipePages - 1) * mem.PageBytes
	pipeAtomic = mem.PageBytes
)

// pipe is a ring of pages, each taken when bytes come to it and given back when it is read out.
type pipe struct {
	used             bool
	closed           uint8 // ends that have no descriptor any more: 1 the reader's, 2 the writer's
	readers, writers bool
	page             [pipePages]uint64 // physical; 0 is not there
	head             uint64            // bytes that were read
	tail             uint64            // bytes that were written
	in, out          uint64            // as in Object, for the two ends
}

// NewPipe is pipe2(2): it writes the two descriptors, of 4 bytes each, to the program's memory.
func (t *Table) NewPipe(address, flags uint64) int64 {
	const known = abi.OpenNonblock | abi.OpenCloseExec
	if flags&^known != 0 {
		return -abi.EINVAL
	}
	i := t.freePipe()
	if i < 0 {
		return -abi.ENFILE
	}
	mode, closeExec := uint32(flags&abi.OpenNonblock), flags&abi.OpenCloseExec != 0
	t.pipes[i] = pipe{used: true, readers: true, writers: true}
	r := t.open(Object{Kind: PipeRead, Flags: mode | abi.OpenReadOnly, index: i}, closeExec)
	if r < 0 {
		t.pipes[i] = pipe{}
		return r
	}
	w := t.open(Object{Kind: PipeWrite, Flags: mode | abi.OpenWriteOnly, index: i}, closeExec)
	if w < 0 {
		t.pipes[i].closed |= 2
		t.Close(uint64(r))
		return w
	}
	if !t.Space.Store32(address, uint32(r)) || !t.Space.Store32(address+4, uint32(w)) {
		t.Close(uint64(r))
		t.Close(uint64(w))
		return -abi.EFAULT
	}
	return 0
}

// freePipe returns the index of a pipe that is not used, or -1.
func (t *Table) freePipe() int {
	for i := range t.pipes {
		if !t.pipes[i].used {
			return i
		}
	}
	return -1
}

// closeEnd ends one side of a pipe.
func (t *Table) closeEnd(i int, reader bool) {
	p := &t.pipes[i]
	if reader {
		p.closed |= 1
		p.readers = false
		p.out++
	} else {
		p.closed |= 2
		p.writers = false
		p.in++
	}
	if p.closed != 1|2 {
		return
	}
	for _, page := range p.page {
		if page != 0 {
			t.Space.Pages.Give(page)
		}
	}
	*p = pipe{}
}

// readPipe gives what is there; 0 bytes mean that nobody will write again.
func (t *Table) readPipe(i int, address, n uint64) int64 {
	p := &t.pipes[i]
	if n == 0 {
		return 0
	}
	if p.head == p.tail {
		if p.writers {
			return -abi.EAGAIN
		}
		return 0
	}
	done := t.drain(p, address, min(n, p.tail-p.head))
	p.out++
	t.Changes++
	return moved(done)
}

// drain moves n bytes, which are there, to the program's memory and returns how many it moved.
func (t *Table) drain(p *pipe, address, n uint64) (done uint64) {
	for done < n {
		chunk := t.Space.Chunk(address+done, n-done, abi.ProtWrite)
		if chunk == nil {
			break
		}
		done += t.copyOut(p, chunk)
	}
	return done
}

// copyOut moves what lies in the page that is being read.
func (t *Table) copyOut(p *pipe, b []byte) uint64 {
	slot, at := p.head/mem.PageBytes%pipePages, p.head%mem.PageBytes
	held := min(mem.PageBytes-at, p.tail-p.head)
	n := uint64(copy(b, t.Space.RAM.Page(p.page[slot])[at:at+held]))
	t.skip(p, n)
	return n
}

// skip goes on by n bytes of the page that is being read, which is given back at its end.
func (t *Table) skip(p *pipe, n uint64) {
	slot := p.head / mem.PageBytes % pipePages
	p.head += n
	if p.head%mem.PageBytes == 0 && n > 0 {
		t.Space.Pages.Give(p.page[slot])
		p.page[slot] = 0
	}
}

// room returns how many bytes a pipe takes now.
func (p *pipe) room() uint64 { return PipeBytes - (p.tail - p.head) }

// writePipe takes what there is room for; if nobody will read, that is EPIPE.
func (t *Table) writePipe(i int, address, n uint64) int64 {
	p := &t.pipes[i]
	switch {
	case !p.readers:
		return -abi.EPIPE
	case n == 0:
		return 0
	case p.room() == 0 || n <= pipeAtomic && n > p.room():
		return -abi.EAGAIN
	}
	done := t.fillPipe(p, address, min(n, p.room()))
	p.in++
	t.Changes++
	return moved(done)
}

// fillPipe moves n bytes, for which there is room, from the program's memory and returns how many
// it moved.
func (t *Table) fillPipe(p *pipe, address, n uint64) (done uint64) {
	for done < n {
		chunk := t.Space.Chunk(address+done, n-done, abi.ProtRead)
		if chunk == nil {
			break
		}
		got := t.copyIn(p, chunk)
		if got == 0 {
			break
		}
		done += got
	}
	return done
}

// copyIn moves what fits in the page that is being written; 0 bytes mean that there is no page.
func (t *Table) copyIn(p *pipe, b []byte) uint64 {
	slot, at := p.tail/mem.PageBytes%pipePages, p.tail%mem.PageBytes
	if p.page[slot] == 0 {
		page, ok := t.Space.Pages.Take()
		if !ok {
			return 0
		}
		p.page[slot] = page
	}
	n := uint64(copy(t.Space.RAM.Page(p.page[slot])[at:], b))
	p.tail += n
	return n
}
