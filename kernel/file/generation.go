package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// DigestBytes is how long the digest of a generation is.
const DigestBytes = 4

// generation is which copy of the machine this is, where the hypervisor tells.
type generation struct {
	present bool
	page    uint64 // physical address of the page that begins with the hypervisor's identifier
	count   uint64 // of copies that were found
	digest  [DigestBytes]byte
}

const generationPath = "/dev/generation"

// SetGeneration says which copy of the machine this is: for the first time, and whenever it has
// become another. page is the physical address of the page that begins with the hypervisor's
// identifier. From then on there is the file /dev/generation.
func (t *Table) SetGeneration(page uint64, digest [DigestBytes]byte) {
	g := &t.generation
	if g.present {
		g.count++
		t.Changes++
	}
	g.present, g.page, g.digest = true, page, digest
}

// Map is mmap(2) of a file: of /dev/generation, for reading only, so that a program can look for
// another generation without asking the kernel.
func (t *Table) Map(fd, length, prot, flags, offset uint64) int64 {
	o := t.Object(fd)
	switch {
	case o == nil:
		return -abi.EBADF
	case o.Kind != Generation:
		return -abi.ENODEV
	case prot != abi.ProtRead:
		return -abi.EACCES
	case flags != abi.MapShared || length == 0 || length > mem.PageBytes || offset != 0:
		return -abi.EINVAL
	}
	at, ok := t.Space.Areas.Gap(mem.PageBytes, layout.UserMin, layout.MapTop)
	if !ok || !t.Space.Place(mem.Area{Start: at, End: at + mem.PageBytes, Phys: t.generation.page,
		Prot: abi.ProtRead, Origin: mem.Image}) {
		return -abi.ENOMEM
	}
	return int64(at)
}

// openGeneration opens /dev/generation. A read gives a line with the count of copies that were
// found and a digest of the hypervisor's identifier: the first at once, the next when the count has
// grown. A pread gives it always.
func (t *Table) openGeneration(path []byte, mode uint32, closeExec bool) (fd int64, ok bool) {
	if !Equal(path, generationPath) || !t.generation.present {
		return 0, false
	}
	if mode&abi.OpenAccess != 0 {
		return -abi.EACCES, true
	}
	return t.open(Object{Kind: Generation, Flags: mode}, closeExec), true
}

// readGeneration gives the line, or -EAGAIN if the file gave it before: o.count is what it gave
// last, plus one.
func (t *Table) readGeneration(o *Object, address, n uint64) int64 {
	next := t.generation.count + 1
	if o.count == next {
		return -abi.EAGAIN
	}
	got := t.generationLine(0, address, n)
	if got >= 0 {
		o.count = next
	}
	return got
}

// generationLine gives what the line has from an offset on.
func (t *Table) generationLine(offset, address, n uint64) int64 {
	var line [32]byte
	digit := len(line) - 2*DigestBytes - 2 // the space
	end := digit + 1
	line[digit] = ' '
	for v, first := t.generation.count, true; first || v > 0; first = false {
		digit--
		line[digit] = '0' + byte(v%10)
		v /= 10
	}
	for _, b := range t.generation.digest {
		line[end], line[end+1] = hexDigits[b>>4], hexDigits[b&15]
		end += 2
	}
	line[end] = '\n'
	rest := line[digit:]
	rest = rest[min(offset, uint64(len(rest))):]
	rest = rest[:min(n, uint64(len(rest)))]
	if !t.Space.CopyOut(address, rest) {
		return moved(0)
	}
	return int64(len(rest))
}
