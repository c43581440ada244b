package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"pgregory.net/rapid"
)

const page = mem.PageBytes

// here is where relative paths begin by default, as a descriptor.
const here = 1<<64 + abi.OpenHere

// fixture is a table with some of the program's memory, and what the console was given.
type fixture struct {
	Table
	base    uint64 // 256 KiB of memory begin here; page 64 after it is not there
	console []byte
}

func newTable(t interface{ Fatalf(string, ...any) }) *fixture {
	f := new(fixture)
	s := new(mem.Space)
	s.Init(make(mem.RAM, 256*page), page, 2*page, 256*page)
	at := s.Map(0, 64*page, abi.ProtRead|abi.ProtWrite, abi.MapPrivate|abi.MapAnonymous)
	if at < 0 {
		t.Fatalf("mmap: %d", at)
	}
	f.base = uint64(at)
	f.Init(s, Devices{
		Write: func(p []byte) { f.console = append(f.console, p...) },
		Random: func(p []byte) {
			for i := range p {
				p[i] = 0xaa
			}
		},
	})
	return f
}

// put writes a text to the program's memory and returns where it is.
func (f *fixture) put(text string) (address, n uint64) {
	f.Space.CopyOut(f.base, []byte(text))
	return f.base, uint64(len(text))
}

// open opens a path and returns the descriptor.
func (f *fixture) path(t *testing.T, name string, flags uint64) uint64 {
	t.Helper()
	fd := f.Open(here, []byte(name), flags, 0)
	if fd < 0 {
		t.Fatalf("open %s: %d", name, fd)
	}
	return uint64(fd)
}

// want compares results.
func want(t *testing.T, what string, got, want int64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// TestConsole: what is written comes out; nobody types.
func TestConsole(t *testing.T) {
	f := newTable(t)
	at, n := f.put("hello\n")
	for fd := range uint64(3) {
		want(t, "write", f.Write(fd, at, n), 6)
	}
	if string(f.console) != "hello\nhello\nhello\n" {
		t.Errorf("console %q", f.console)
	}
	want(t, "read", f.Read(0, at, n), 0)
	want(t, "write of bad memory", f.Write(1, 8, 1), -abi.EFAULT)
	want(t, "write that runs off memory", f.Write(1, f.base+64*page-4, 8), 4)
}

// TestDevices are the files under /dev.
func TestDevices(t *testing.T) {
	f := newTable(t)
	null := f.path(t, "/dev/null", abi.OpenReadWrite)
	want(t, "write null", f.Write(null, 8, 5), 5)
	want(t, "read null", f.Read(null, f.base, 5), 0)
	f.Space.Store64(f.base, 7)
	zero := f.path(t, "/dev/zero", abi.OpenReadOnly|abi.OpenCloseExec)
	want(t, "read zero", f.Read(zero, f.base, 1<<20), TransferMax)
	if v, _ := f.Space.Load64(f.base); v != 0 {
		t.Errorf("zeros are %#x", v)
	}
	want(t, "flag of close on exec", f.Control(zero, abi.GetFD, 0), 1)
	random := f.path(t, "/dev/urandom", abi.OpenReadOnly)
	want(t, "read urandom", f.Read(random, f.base, 8), 8)
	if v, _ := f.Space.Load64(f.base); v != 0xaaaaaaaaaaaaaaaa {
		t.Errorf("random bytes are %#x", v)
	}
	want(t, "read into bad memory", f.Read(random, 8, 8), -abi.EFAULT)
	want(t, "read into memory that ends", f.Read(random, f.base+64*page-4, 8), 4)
	want(t, "write of a file for reading", f.Write(random, f.base, 1), -abi.EBADF)
	out := f.path(t, "/dev/null", abi.OpenWriteOnly)
	want(t, "read of a file for writing", f.Read(out, f.base, 1), -abi.EBADF)
	want(t, "no such file", f.Open(here, []byte("/dev/nul"), 0, 0), -abi.ENOENT)
	want(t, "no such file either", f.Open(here, []byte("/dev/nulx"), 0, 0), -abi.ENOENT)
}

// TestDescriptors: the lowest is taken, duplicates share, all can be used up.
func TestDescriptors(t *testing.T) {
	f := newTable(t)
	a := f.path(t, "/dev/null", 0)
	b := f.path(t, "/dev/null", 0)
	want(t, "close", f.Close(a), 0)
	want(t, "close again", f.Close(a), -abi.EBADF)
	want(t, "dup", f.Duplicate(b), int64(a))
	want(t, "dup3", f.DuplicateTo(b, 100, abi.OpenCloseExec), 100)
	want(t, "dup3 to itself", f.DuplicateTo(b, b, 0), -abi.EINVAL)
	want(t, "dup3 of nothing", f.DuplicateTo(200, 3, 0), -abi.EBADF)
	want(t, "dup3 too high", f.DuplicateTo(b, DescriptorsMax, 0), -abi.EBADF)
	want(t, "dup of nothing", f.Duplicate(200), -abi.EBADF)
	want(t, "F_DUPFD", f.Control(b, abi.DupFD, 50), 50)
	want(t, "F_DUPFD too high", f.Control(b, abi.DupFD, DescriptorsMax), -abi.EINVAL)
	want(t, "F_SETFL", f.Control(b, abi.SetFlags, 0xffffffff), 0)
	want(t, "F_GETFL", f.Control(100, abi.GetFlags, 0), settable)
	want(t, "F_SETFD", f.Control(50, abi.SetFD, 1), 0)
	want(t, "F_GETFD", f.Control(50, abi.GetFD, 0), 1)
	want(t, "F_GETFD of another", f.Control(b, abi.GetFD, 0), 0)
	want(t, "an unknown command", f.Control(b, 999, 0), -abi.EINVAL)
	want(t, "fcntl of nothing", f.Control(1<<40, abi.GetFD, 0), -abi.EBADF)
	for f.Open(here, []byte("/dev/null"), 0, 0) >= 0 {
	}
	want(t, "one too many", f.Duplicate(b), -abi.EMFILE)
	want(t, "an event too many", f.NewEvent(0, 0), -abi.EMFILE)
	want(t, "a pipe too many", f.NewPipe(f.base, 0), -abi.EMFILE)
	want(t, "close", f.Close(b), 0)
	want(t, "a pipe half too many", f.NewPipe(f.base, 0), -abi.EMFILE)
	want(t, "the place is free again", f.NewEvent(0, 0), int64(b))
}

// TestEvent is eventfd(2).
func TestEvent(t *testing.T) {
	f := newTable(t)
	fd := uint64(f.NewEvent(3, abi.OpenNonblock|abi.OpenCloseExec))
	want(t, "unknown flags", f.NewEvent(0, 1), -abi.EINVAL)
	want(t, "a short read", f.Read(fd, f.base, 7), -abi.EINVAL)
	want(t, "a read into bad memory", f.Read(fd, 8, 8), -abi.EFAULT)
	want(t, "read", f.Read(fd, f.base, 8), 8)
	if v, _ := f.Space.Load64(f.base); v != 3 {
		t.Errorf("the count is %d", v)
	}
	want(t, "read of nothing", f.Read(fd, f.base, 8), -abi.EAGAIN)
	f.Space.Store64(f.base, eventMax)
	want(t, "a short write", f.Write(fd, f.base, 7), -abi.EINVAL)
	want(t, "a write from bad memory", f.Write(fd, 8, 8), -abi.EFAULT)
	want(t, "write", f.Write(fd, f.base, 8), 8)
	f.Space.Store64(f.base, 1)
	want(t, "write of too much", f.Write(fd, f.base, 8), -abi.EAGAIN)
	f.Space.Store64(f.base, eventMax+1)
	want(t, "write of what never fits", f.Write(fd, f.base, 8), -abi.EINVAL)
}

// pipe opens a pipe and returns its ends.
func (f *fixture) pipe(t *testing.T) (r, w uint64) {
	t.Helper()
	want(t, "pipe2", f.NewPipe(f.base, abi.OpenNonblock), 0)
	a, _ := f.Space.Load32(f.base)
	b, _ := f.Space.Load32(f.base + 4)
	return uint64(a), uint64(b)
}

// TestPipe: bytes come out as they went in, page by page, and all memory comes back.
func TestPipe(t *testing.T) {
	f := newTable(t)
	used, _ := f.Space.Pages.Used()
	r, w := f.pipe(t)
	want(t, "read of nothing", f.Read(r, f.base, 1), -abi.EAGAIN)
	want(t, "read of no bytes", f.Read(r, f.base, 0), 0)
	want(t, "write of no bytes", f.Write(w, f.base, 0), 0)
	next, seen := byte(0), byte(0)
	for round := range 40 {
		b := make([]byte, 1000+round*100)
		for i := range b {
			b[i] = next
			next++
		}
		f.Space.CopyOut(f.base, b)
		want(t, "write", f.Write(w, f.base, uint64(len(b))), int64(len(b)))
		want(t, "read", f.Read(r, f.base+page, uint64(len(b))), int64(len(b)))
		f.Space.CopyIn(b, f.base+page)
		for _, c := range b {
			if c != seen {
				t.Fatalf("round %d: byte %d, want %d", round, c, seen)
			}
			seen++
		}
	}
	filled := int64(0)
	for {
		n := f.Write(w, f.base, 5000)
		if n < 0 {
			want(t, "write into a full pipe", n, -abi.EAGAIN)
			break
		}
		filled += n
	}
	if filled < PipeBytes-pipeAtomic || filled > PipeBytes {
		t.Errorf("the pipe took %d bytes", filled)
	}
	want(t, "close", f.Close(w), 0)
	for filled > 0 {
		filled -= f.Read(r, f.base, 60000)
	}
	want(t, "the end", f.Read(r, f.base, 1), 0)
	want(t, "close", f.Close(r), 0)
	f.Space.Unmap(f.base, 64*page)
	if now, _ := f.Space.Pages.Used(); now != 0 && now > used {
		t.Errorf("%d pages are used, %d before", now, used)
	}
}

// TestPipeKeepsBytes writes and reads at random, and wants each byte back in its place, also when
// the pipe is full and its ring goes round.
func TestPipeKeepsBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newTable(t)
		r, w := f.pipe(t)
		var written, read uint64
		size := rapid.OneOf(rapid.IntRange(1, 40000), rapid.IntRange(1, 5000))
		b := make([]byte, 40000)
		for range 40 {
			n := size.Draw(rt, "write")
			for i := range b[:n] {
				b[i] = byte((written + uint64(i)) * 7 >> 3)
			}
			f.Space.CopyOut(f.base, b[:n])
			written += uint64(max(f.Write(w, f.base, uint64(n)), 0))
			n = int(max(f.Read(r, f.base, uint64(size.Draw(rt, "read"))), 0))
			f.Space.CopyIn(b[:n], f.base)
			for _, c := range b[:n] {
				if c != byte(read*7>>3) {
					rt.Fatalf("byte %d is %d", read, c)
				}
				read++
			}
		}
	})
}

// TestPipeWithoutReader: a write is EPIPE; memory that was full comes back.
func TestPipeWithoutReader(t *testing.T) {
	f := newTable(t)
	want(t, "unknown flags", f.NewPipe(f.base, 1), -abi.EINVAL)
	want(t, "bad memory", f.NewPipe(8, 0), -abi.EFAULT)
	r, w := f.pipe(t)
	if r != 3 || w != 4 {
		t.Errorf("descriptors %d and %d; a pipe that failed must leave none", r, w)
	}
	want(t, "write", f.Write(w, f.base, 100), 100)
	want(t, "a write that runs off memory", f.Write(w, f.base+64*page-10, 20), 10)
	want(t, "a write of bad memory", f.Write(w, 8, 20), -abi.EFAULT)
	want(t, "a read into bad memory", f.Read(r, 8, 20), -abi.EFAULT)
	want(t, "read the wrong end", f.Read(w, f.base, 1), -abi.EBADF)
	f.Close(r)
	want(t, "write", f.Write(w, f.base, 1), -abi.EPIPE)
	f.Close(w)
	for range PipesMax {
		f.pipe(t)
	}
	want(t, "too many pipes", f.NewPipe(f.base, 0), -abi.ENFILE)
}
