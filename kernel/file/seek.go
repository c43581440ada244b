package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/tree"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// readFile reads where the descriptor stands, and goes on from there.
func (t *Table) readFile(o *Object, address, n uint64) int64 {
	got := t.Tree.Read(o.index, o.count, address, n)
	o.count += uint64(max(got, 0))
	return got
}

// writeFile writes where the descriptor stands, or at the end, and goes on from there.
func (t *Table) writeFile(o *Object, address, n uint64) int64 {
	if o.Flags&abi.OpenAppend != 0 {
		o.count = t.Tree.Node(o.index).Size
	}
	got := t.Tree.Write(o.index, o.count, address, n, t.Now)
	o.count += uint64(max(got, 0))
	return got
}

// ReadAt is pread64(2).
func (t *Table) ReadAt(fd, address, n, offset uint64) int64 {
	o := t.Object(fd)
	switch {
	case o == nil || o.Flags&abi.OpenAccess == abi.OpenWriteOnly:
		return -abi.EBADF
	case o.Kind != File && o.Kind != Folder && o.Kind != Disk && o.Kind != Generation:
		return -abi.ESPIPE
	case int64(offset) < 0:
		return -abi.EINVAL
	case o.Kind == Generation:
		return t.generationLine(offset, address, n)
	case o.Kind == Disk:
		return t.moveDisk(o, virtio.Read, address, n, offset, false)
	}
	return t.Tree.Read(o.index, offset, address, min(n, TransferMax))
}

// WriteAt is pwrite64(2).
func (t *Table) WriteAt(fd, address, n, offset uint64) int64 {
	o := t.Object(fd)
	switch {
	case o == nil || o.Flags&abi.OpenAccess == abi.OpenReadOnly:
		return -abi.EBADF
	case o.Kind != File && o.Kind != Disk:
		return -abi.ESPIPE
	case int64(offset) < 0:
		return -abi.EINVAL
	case o.Kind == Disk:
		return t.moveDisk(o, virtio.Write, address, n, offset, false)
	}
	return t.Tree.Write(o.index, offset, address, min(n, TransferMax), t.Now)
}

// Seek is lseek(2). In a folder a position is what entries gave.
func (t *Table) Seek(fd, offset, whence uint64) int64 {
	const set, current, end = 0, 1, 2
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind != File && o.Kind != Folder && o.Kind != Disk {
		return -abi.ESPIPE
	}
	switch whence {
	case set:
	case current:
		offset += o.count
	case end:
		if o.Kind == Disk {
			offset += t.Disks[o.index].Bytes()
		} else {
			offset += t.Tree.Node(o.index).Size
		}
	default:
		return -abi.EINVAL
	}
	if int64(offset) < 0 {
		return -abi.EINVAL
	}
	o.count = offset
	return int64(offset)
}

// Truncate is ftruncate(2).
func (t *Table) Truncate(fd, size uint64) int64 {
	o := t.Object(fd)
	switch {
	case o == nil:
		return -abi.EBADF
	case o.Kind != File || o.Flags&abi.OpenAccess == abi.OpenReadOnly || int64(size) < 0:
		return -abi.EINVAL
	}
	return t.Tree.Truncate(o.index, size, t.Now)
}

// Mode is fchmod(2).
func (t *Table) Mode(fd, mode uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind == File || o.Kind == Folder {
		t.Tree.Node(o.index).Mode = uint16(mode) & 0o777
	}
	return 0
}

// ModeOf is fchmodat(2).
func (t *Table) ModeOf(dirfd uint64, path []byte, mode uint64) int64 {
	n := t.find(dirfd, path)
	if n < 0 {
		return n
	}
	t.Tree.Node(int(n)).Mode = uint16(mode) & 0o777
	return 0
}

// An entry of getdents64: number and position of 8 bytes, length of 2, kind of 1, name with a zero
// byte, to a multiple of 8.
const (
	entryBytes  = 19
	entryFolder = 4
	entryFile   = 8
)

// Entries is getdents64(2).
func (t *Table) Entries(fd, address, size uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind != Folder {
		return -abi.ENOTDIR
	}
	done := uint64(0)
	for {
		n, name := t.Tree.Entry(o.index, int(min(o.count, tree.NodesMax)))
		if n < 0 {
			return int64(done)
		}
		length := uint64(entryBytes+len(name)+1+7) &^ 7
		if done+length > size {
			if done == 0 {
				return -abi.EINVAL
			}
			return int64(done)
		}
		var b [entryBytes + tree.NameBytesMax + 8]byte
		mem.Store64(b[0:], inode(n))
		mem.Store64(b[8:], uint64(n+1))
		mem.Store16(b[16:], uint16(length))
		b[18] = entryFile
		if t.Tree.Node(n).Kind == tree.Folder {
			b[18] = entryFolder
		}
		copy(b[entryBytes:], name)
		if !t.Space.CopyOut(address+done, b[:length]) {
			return -abi.EFAULT
		}
		o.count = uint64(n + 1)
		done += length
	}
}

// inode is the number of a node as programs see it; 0 is none.
func inode(n int) uint64 { return uint64(n) + 1 }
