package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// DisksMax is how many disks a machine has at most; they are /dev/blk0 and so on.
const DisksMax = 4

// Begun is the result of a transfer that the disk has begun: its caller's thread waits for the
// disk, and Disks[].Interrupt gives the result.
const Begun = -1 << 62

// disk returns the disk that a path names.
func (t *Table) disk(path []byte) (index int, ok bool) {
	const prefix = "/dev/blk"
	if len(path) != len(prefix)+1 || !Equal(path[:len(prefix)], prefix) {
		return 0, false
	}
	index = int(path[len(prefix)]) - '0'
	return index, index >= 0 && index < DisksMax && t.Disks[index].Present
}

// openDisk opens a disk: a file of fixed size that is read and written anywhere.
func (t *Table) openDisk(path []byte, mode uint32, closeExec bool) (fd int64, ok bool) {
	index, ok := t.disk(path)
	if !ok {
		return 0, false
	}
	if mode&abi.OpenAccess != abi.OpenReadOnly && t.Disks[index].ReadOnly {
		return -abi.EROFS, true
	}
	return t.open(Object{Kind: Disk, Flags: mode &^ abi.OpenNonblock, index: index}, closeExec), true
}

// moveDisk has the disk of a file read or write up to n bytes, and moves the file's position if
// asked to.
func (t *Table) moveDisk(o *Object, what virtio.Request, address, n, offset uint64,
	position bool) int64 {
	moved := t.Disks[o.index].Begin(what, t.Space, address, min(n, TransferMax), offset)
	switch {
	case moved == virtio.Busy:
		return -abi.EAGAIN
	case moved <= 0:
		return moved
	case position:
		o.count += uint64(moved)
	}
	return Begun
}

// Sync is fsync(2): what was written to a disk is safe when it ends. Of others nothing is to be
// done.
func (t *Table) Sync(fd uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind != Disk {
		return 0
	}
	switch t.Disks[o.index].Begin(virtio.Flush, t.Space, 0, 0, 0) {
	case virtio.Busy:
		return -abi.EAGAIN
	case 0:
		return 0
	}
	return Begun
}

// DiskOf returns the disk of a file that has begun a transfer.
func (t *Table) DiskOf(fd uint64) uint64 { return uint64(t.Object(fd).index) }

func (t *Table) statDisk(index int, address uint64) int64 {
	return t.stat(modeDisk|0o600, uint64(index)+1, t.Disks[index].Bytes(), 0, address)
}
