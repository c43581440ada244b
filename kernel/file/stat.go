package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/tree"
)

// struct stat of Linux on amd64: offsets, and the kinds in its mode.
const (
	statBytes  = 144
	statInode  = 8
	statLinks  = 16
	statMode   = 24
	statSize   = 48
	statBlock  = 56
	statBlocks = 64
	statAccess = 72 // seconds and nanoseconds; modification and change follow

	modeFile   = 0x8000
	modeFolder = 0x4000
	modeDevice = 0x2000
	modeDisk   = 0x6000
	modePipe   = 0x1000
	modeSocket = 0xc000
)

// Stat is fstat(2).
func (t *Table) Stat(fd, address uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	switch o.Kind {
	case File, Folder:
		return t.statNode(o.index, address)
	case Socket:
		return t.statOther(modeSocket|0o600, address)
	case Disk:
		return t.statDisk(o.index, address)
	case PipeRead, PipeWrite:
		return t.statOther(modePipe|0o600, address)
	}
	return t.statOther(modeDevice|0o666, address)
}

// StatOf is newfstatat(2); with no path it is about the descriptor.
func (t *Table) StatOf(dirfd uint64, path []byte, address, flags uint64) int64 {
	if len(path) == 0 && flags&abi.EmptyPath != 0 {
		return t.Stat(uint64(uint32(dirfd)), address)
	}
	for i := range devices {
		if Equal(path, devices[i].path) {
			return t.statOther(modeDevice|0o666, address)
		}
	}
	if i, ok := t.disk(path); ok {
		return t.statDisk(i, address)
	}
	n := t.find(dirfd, path)
	if n < 0 {
		return n
	}
	return t.statNode(int(n), address)
}

// Access is faccessat(2): what is there may be used.
func (t *Table) Access(dirfd uint64, path []byte) int64 {
	for i := range devices {
		if Equal(path, devices[i].path) {
			return 0
		}
	}
	if _, ok := t.disk(path); ok {
		return 0
	}
	return min(t.find(dirfd, path), 0)
}

func (t *Table) statOther(mode uint32, address uint64) int64 {
	return t.stat(mode, 1, 0, 0, address)
}

func (t *Table) statNode(n int, address uint64) int64 {
	node := t.Tree.Node(n)
	mode := uint32(node.Mode) | modeFile
	if node.Kind == tree.Folder {
		mode = uint32(node.Mode) | modeFolder
	}
	return t.stat(mode, inode(n), node.Size, node.Time, address)
}

func (t *Table) stat(mode uint32, inode, size uint64, time int64, address uint64) int64 {
	const nanoseconds = 1e9
	var b [statBytes]byte
	mem.Store64(b[statInode:], inode)
	mem.Store64(b[statLinks:], 1)
	mem.Store32(b[statMode:], mode)
	mem.Store64(b[statSize:], size)
	mem.Store64(b[statBlock:], mem.PageBytes)
	mem.Store64(b[statBlocks:], (size+511)/512)
	for i := range 3 {
		mem.Store64(b[statAccess+16*i:], uint64(time/nanoseconds))
		mem.Store64(b[statAccess+16*i+8:], uint64(time%nanoseconds))
	}
	if !t.Space.CopyOut(address, b[:]) {
		return -abi.EFAULT
	}
	return 0
}
