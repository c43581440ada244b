package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/tree"
)

// from returns the folder in which a relative path begins, or a negative error.
func (t *Table) from(dirfd uint64, path []byte) int64 {
	if int32(dirfd) == abi.OpenHere || len(path) > 0 && path[0] == '/' {
		return int64(t.Tree.Here)
	}
	o := t.Object(uint64(uint32(dirfd)))
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind != Folder {
		return -abi.ENOTDIR
	}
	return int64(o.index)
}

// find returns the node of a path, or a negative error.
func (t *Table) find(dirfd uint64, path []byte) int64 {
	from := t.from(dirfd, path)
	if from < 0 {
		return from
	}
	return t.Tree.Find(int(from), path)
}

// place returns the folder and the last name of a path.
func (t *Table) place(dirfd uint64, path []byte) (folder int64, name []byte) {
	from := t.from(dirfd, path)
	if from < 0 {
		return from, nil
	}
	return t.Tree.Place(int(from), path)
}

// Open is openat(2).
func (t *Table) Open(dirfd uint64, path []byte, flags, mode uint64) int64 {
	kept, closeExec := uint32(flags)&(abi.OpenAccess|settable), flags&abi.OpenCloseExec != 0
	if Equal(path, DriverPath) {
		return t.openDriver(kept, closeExec)
	}
	for i := range devices {
		if d := &devices[i]; Equal(path, d.path) {
			return t.open(Object{Kind: d.kind, Flags: kept}, closeExec)
		}
	}
	if fd, ok := t.openNet(path, kept, closeExec); ok {
		return fd
	}
	if fd, ok := t.openGeneration(path, kept, closeExec); ok {
		return fd
	}
	if fd, ok := t.openDisk(path, kept, closeExec); ok {
		return fd
	}
	n := t.find(dirfd, path)
	switch {
	case n == -abi.ENOENT && flags&abi.OpenCreate != 0:
		folder, name := t.place(dirfd, path)
		if folder < 0 {
			return folder
		}
		if n = t.Tree.Make(int(folder), name, tree.File, uint16(mode), t.Now); n < 0 {
			return n
		}
	case n < 0:
		return n
	case flags&(abi.OpenCreate|abi.OpenExclusive) == abi.OpenCreate|abi.OpenExclusive:
		return -abi.EEXIST
	}
	o := Object{Kind: File, Flags: kept, index: int(n)}
	switch node := t.Tree.Node(int(n)); {
	case node.Kind == tree.Folder && (flags&abi.OpenAccess != 0 || flags&abi.OpenCreate != 0):
		return -abi.EISDIR
	case node.Kind == tree.Folder:
		o.Kind = Folder
	case flags&abi.OpenDirectory != 0:
		return -abi.ENOTDIR
	case flags&abi.OpenTruncate != 0 && flags&abi.OpenAccess != 0:
		t.Tree.Truncate(int(n), 0, t.Now)
	}
	fd := t.open(o, closeExec)
	if fd >= 0 {
		t.Tree.Open(int(n))
	}
	return fd
}

// MakeFolder is mkdirat(2).
func (t *Table) MakeFolder(dirfd uint64, path []byte, mode uint64) int64 {
	folder, name := t.place(dirfd, path)
	if folder == -abi.EINVAL {
		return -abi.EEXIST // "." and the root are there
	}
	if folder < 0 {
		return folder
	}
	return min(t.Tree.Make(int(folder), name, tree.Folder, uint16(mode), t.Now), 0)
}

// Remove is unlinkat(2).
func (t *Table) Remove(dirfd uint64, path []byte, flags uint64) int64 {
	n := t.find(dirfd, path)
	switch {
	case flags&^abi.RemoveDir != 0:
		return -abi.EINVAL
	case n < 0:
		return n
	case flags != 0:
		return t.Tree.Remove(int(n), tree.Folder)
	}
	return t.Tree.Remove(int(n), tree.File)
}

// Rename is renameat(2).
func (t *Table) Rename(dirfd uint64, path []byte, toDir uint64, to []byte) int64 {
	n := t.find(dirfd, path)
	if n < 0 {
		return n
	}
	folder, name := t.place(toDir, to)
	if folder < 0 {
		return folder
	}
	return t.Tree.Rename(int(n), int(folder), name)
}

// Here is getcwd(2): it writes the path, with a zero byte, to the program's memory.
func (t *Table) Here(address, size uint64) int64 {
	path := t.Tree.Path(t.Tree.Here, t.scratch[:len(t.scratch)-1])
	switch n := uint64(len(path)) + 1; {
	case path == nil:
		return -abi.ENOENT
	case n > size:
		return -abi.ERANGE
	case !t.Space.CopyOut(address, t.scratch[uint64(len(t.scratch))-n:]):
		return -abi.EFAULT
	default:
		return int64(n)
	}
}

// Go is chdir(2).
func (t *Table) Go(path []byte) int64 {
	n := t.Tree.Find(t.Tree.Here, path)
	if n < 0 {
		return n
	}
	return t.goTo(int(n))
}

// GoTo is fchdir(2).
func (t *Table) GoTo(fd uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if o.Kind != Folder {
		return -abi.ENOTDIR
	}
	return t.goTo(o.index)
}

func (t *Table) goTo(n int) int64 {
	if t.Tree.Node(n).Kind != tree.Folder {
		return -abi.ENOTDIR
	}
	t.Tree.Open(n)
	before := t.Tree.Here
	t.Tree.Here = n
	t.Tree.Close(before)
	return 0
}
