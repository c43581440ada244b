package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/tree"
)

const create = abi.OpenReadWrite | abi.OpenCreate

// content reads a file from its beginning.
func (f *fixture) content(t *testing.T, fd uint64) string {
	t.Helper()
	n := f.ReadAt(fd, f.base+page, 4096, 0)
	if n < 0 {
		t.Fatalf("pread: %d", n)
	}
	b := make([]byte, n)
	f.Space.CopyIn(b, f.base+page)
	return string(b)
}

// TestFiles: opening, reading, writing, seeking.
func TestFiles(t *testing.T) {
	f := newTable(t)
	want(t, "open of nothing", f.Open(here, []byte("a"), 0, 0), -abi.ENOENT)
	fd := f.path(t, "/a", create)
	want(t, "exclusive", f.Open(here, []byte("/a"), create|abi.OpenExclusive, 0), -abi.EEXIST)
	want(t, "as a folder", f.Open(here, []byte("/a"), abi.OpenDirectory, 0), -abi.ENOTDIR)
	want(t, "in no folder", f.Open(here, []byte("/x/a"), create, 0), -abi.ENOENT)
	want(t, "no name", f.Open(here, []byte("/x/.."), create, 0), -abi.EINVAL)
	want(t, "a folder to write", f.Open(here, []byte("/tmp"), abi.OpenReadWrite, 0), -abi.EISDIR)

	at, n := f.put("hello")
	want(t, "write", f.Write(fd, at, n), 5)
	want(t, "write on", f.Write(fd, at, n), 5)
	want(t, "pwrite", f.WriteAt(fd, at, 1, 9), 1)
	if got := f.content(t, fd); got != "hellohellh" {
		t.Errorf("the file has %q", got)
	}
	want(t, "read at the end", f.Read(fd, f.base, 5), 0)
	want(t, "seek", f.Seek(fd, 2, 0), 2)
	want(t, "read", f.Read(fd, f.base, 3), 3)
	want(t, "seek on", f.Seek(fd, ^uint64(0), 1), 4)
	want(t, "seek from the end", f.Seek(fd, 0, 2), 10)
	want(t, "seek before the beginning", f.Seek(fd, 1<<63, 0), -abi.EINVAL)
	want(t, "seek some other way", f.Seek(fd, 0, 9), -abi.EINVAL)
	want(t, "ftruncate", f.Truncate(fd, 3), 0)
	if got := f.content(t, fd); got != "hel" {
		t.Errorf("the file has %q", got)
	}
	more := f.path(t, "/a", abi.OpenWriteOnly|abi.OpenAppend)
	f.put("lo")
	want(t, "append", f.Write(more, f.base, 2), 2)
	if got := f.content(t, fd); got != "hello" {
		t.Errorf("the file has %q", got)
	}
	want(t, "pread of a file for writing", f.ReadAt(more, f.base, 1, 0), -abi.EBADF)
	f.path(t, "/a", abi.OpenReadWrite|abi.OpenTruncate)
	if got := f.content(t, fd); got != "" {
		t.Errorf("the file has %q", got)
	}
	read := f.path(t, "/a", 0)
	want(t, "pwrite of a file for reading", f.WriteAt(read, f.base, 1, 0), -abi.EBADF)
	want(t, "ftruncate of one", f.Truncate(read, 0), -abi.EINVAL)
	for _, other := range []uint64{1, 99} {
		e := map[uint64]int64{1: -abi.ESPIPE, 99: -abi.EBADF}[other]
		want(t, "seek", f.Seek(other, 0, 0), e)
		want(t, "pread", f.ReadAt(other, f.base, 1, 0), e)
		want(t, "pwrite", f.WriteAt(other, f.base, 1, 0), e)
	}
	want(t, "pread before", f.ReadAt(fd, f.base, 1, 1<<63), -abi.EINVAL)
	want(t, "pwrite before", f.WriteAt(fd, f.base, 1, 1<<63), -abi.EINVAL)
	want(t, "ftruncate of nothing", f.Truncate(99, 0), -abi.EBADF)
	want(t, "ftruncate of the console", f.Truncate(1, 0), -abi.EINVAL)
}

// TestFolders: making, removing, renaming, going there.
func TestFolders(t *testing.T) {
	f := newTable(t)
	name := func(s string) []byte { return []byte(s) }
	want(t, "mkdir", f.MakeFolder(here, name("d"), 0o700), 0)
	want(t, "mkdir again", f.MakeFolder(here, name("d"), 0), -abi.EEXIST)
	want(t, "mkdir of the root", f.MakeFolder(here, name("/"), 0), -abi.EEXIST)
	want(t, "mkdir in nothing", f.MakeFolder(here, name("x/y"), 0), -abi.ENOENT)
	d := f.path(t, "/d", abi.OpenDirectory)
	want(t, "open in it", f.Open(d, name("f"), create, 0o600), int64(d)+1)
	want(t, "open in a file", f.Open(d+1, name("f"), 0, 0), -abi.ENOTDIR)
	want(t, "open in nothing", f.Open(99, name("f"), 0, 0), -abi.EBADF)
	want(t, "mkdir in nothing open", f.MakeFolder(99, name("f"), 0), -abi.EBADF)
	want(t, "rename", f.Rename(d, name("f"), here, name("/g")), 0)
	want(t, "rename of nothing", f.Rename(d, name("f"), here, name("/g")), -abi.ENOENT)
	want(t, "rename to nowhere", f.Rename(here, name("/g"), here, name("/x/g")), -abi.ENOENT)
	want(t, "the new name", f.Access(here, name("/g")), 0)
	want(t, "the old name", f.Access(d, name("f")), -abi.ENOENT)
	want(t, "a device", f.Access(here, name("/dev/null")), 0)
	want(t, "unlink as what is not", f.Remove(here, name("/g"), 1), -abi.EINVAL)
	want(t, "unlink of nothing", f.Remove(here, name("/f"), 0), -abi.ENOENT)
	want(t, "unlink of a folder", f.Remove(here, name("/d"), 0), -abi.EISDIR)
	want(t, "unlink", f.Remove(here, name("/g"), 0), 0)

	want(t, "getcwd", f.Here(f.base, 2), 2)
	want(t, "chdir", f.Go(name("d")), 0)
	want(t, "getcwd", f.Here(f.base, 100), 3)
	var b [3]byte
	if f.Space.CopyIn(b[:], f.base); string(b[:]) != "/d\x00" {
		t.Errorf("getcwd %q", b)
	}
	want(t, "getcwd into too little", f.Here(f.base, 2), -abi.ERANGE)
	want(t, "getcwd into bad memory", f.Here(8, 100), -abi.EFAULT)
	want(t, "rmdir", f.Remove(here, name("/d"), abi.RemoveDir), 0)
	want(t, "getcwd of what is gone", f.Here(f.base, 100), -abi.ENOENT)
	want(t, "chdir to nothing", f.Go(name("/d")), -abi.ENOENT)
	want(t, "chdir", f.Go(name("/tmp")), 0)
	root := f.path(t, "/", 0)
	file := f.path(t, "f", create)
	want(t, "chdir to a file", f.Go(name("f")), -abi.ENOTDIR)
	want(t, "fchdir to a file", f.GoTo(file), -abi.ENOTDIR)
	want(t, "fchdir to nothing", f.GoTo(99), -abi.EBADF)
	want(t, "fchdir", f.GoTo(root), 0)
	want(t, "the file", f.Access(here, name("tmp/f")), 0)
}

// TestEntries is getdents64.
func TestEntries(t *testing.T) {
	f := newTable(t)
	f.path(t, "/tmp/one", create)
	f.MakeFolder(here, []byte("/tmp/two"), 0)
	d := f.path(t, "/tmp", 0)
	want(t, "too little room", f.Entries(d, f.base, 8), -abi.EINVAL)
	want(t, "bad memory", f.Entries(d, 8, 100), -abi.EFAULT)
	want(t, "of the console", f.Entries(1, f.base, 100), -abi.ENOTDIR)
	want(t, "of nothing", f.Entries(99, f.base, 100), -abi.EBADF)
	for _, c := range []struct {
		name string
		kind byte
	}{{"one", entryFile}, {"two", entryFolder}} {
		want(t, c.name, f.Entries(d, f.base, 30), 24)
		var b [24]byte
		f.Space.CopyIn(b[:], f.base)
		if got := string(b[entryBytes : entryBytes+3]); got != c.name || b[18] != c.kind ||
			mem.Load16(b[16:]) != 24 {
			t.Errorf("entry %q, want %s", b, c.name)
		}
	}
	want(t, "the end", f.Entries(d, f.base, 100), 0)
	want(t, "back", f.Seek(d, 0, 0), 0)
	want(t, "both", f.Entries(d, f.base, 100), 48)
}

// TestStat: what programs learn of files.
func TestStat(t *testing.T) {
	f := newTable(t)
	f.Now = 1700000000_123456789
	fd := f.path(t, "/a", create)
	at, n := f.put("hello")
	f.Write(fd, at, n)
	stat := func(why string, e int64, mode uint32, size uint64) {
		t.Helper()
		want(t, why, e, 0)
		got, _ := f.Space.Load32(f.base + statMode)
		length, _ := f.Space.Load64(f.base + statSize)
		if got != mode || length != size {
			t.Errorf("%s: mode %#o, %d bytes; want %#o, %d", why, got, length, mode, size)
		}
	}
	want(t, "fchmod", f.Mode(fd, 0o640), 0)
	stat("fstat", f.Stat(fd, f.base), modeFile|0o640, 5)
	seconds, _ := f.Space.Load64(f.base + statAccess + 16)
	nanoseconds, _ := f.Space.Load64(f.base + statAccess + 24)
	if seconds != 1700000000 || nanoseconds != 123456789 {
		t.Errorf("changed at %d.%09d", seconds, nanoseconds)
	}
	want(t, "fchmodat", f.ModeOf(here, []byte("a"), 0o7600), 0)
	stat("stat", f.StatOf(here, []byte("/a"), f.base, 0), modeFile|0o600, 5)
	stat("stat of a descriptor", f.StatOf(fd, nil, f.base, abi.EmptyPath), modeFile|0o600, 5)
	stat("stat of a folder", f.StatOf(here, []byte("/tmp"), f.base, 0), modeFolder|0o777, 0)
	stat("stat of a device", f.StatOf(here, []byte("/dev/null"), f.base, 0), modeDevice|0o666, 0)
	stat("fstat of the console", f.Stat(1, f.base), modeDevice|0o666, 0)
	r, _ := f.pipe(t)
	stat("fstat of a pipe", f.Stat(r, f.base), modePipe|0o600, 0)
	want(t, "fstat of nothing", f.Stat(99, f.base), -abi.EBADF)
	want(t, "stat of nothing", f.StatOf(here, []byte("/x"), f.base, 0), -abi.ENOENT)
	want(t, "stat of no path", f.StatOf(here, nil, f.base, 0), -abi.ENOENT)
	want(t, "stat into bad memory", f.StatOf(here, []byte("/a"), 8, 0), -abi.EFAULT)
	want(t, "fchmod of nothing", f.Mode(99, 0), -abi.EBADF)
	want(t, "fchmod of the console", f.Mode(1, 0), 0)
	want(t, "fchmodat of nothing", f.ModeOf(here, []byte("/x"), 0), -abi.ENOENT)
	if f.Tree.Node(tree.Root).Kind != tree.Folder {
		t.Error("the root is no folder")
	}
}
