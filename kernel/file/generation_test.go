package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// TestGeneration is the file /dev/generation: a line for each generation, and a page.
func TestGeneration(t *testing.T) {
	f := newTable(t)
	path := []byte(generationPath)
	want(t, "without an identifier", f.Open(here, path, 0, 0), -abi.ENOENT)
	at, _ := f.Space.Pages.Take()
	f.Space.RAM.Store(at, 4711)
	f.SetGeneration(at, [DigestBytes]byte{0x12, 0xab, 0, 0xff})
	want(t, "to be written", f.Open(here, path, abi.OpenReadWrite, 0), -abi.EACCES)
	fd := f.path(t, generationPath, abi.OpenNonblock)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, fd, edge), 0)
	line := func(what, text string) {
		t.Helper()
		want(t, what, f.Read(fd, f.base, 100), int64(len(text)))
		b := make([]byte, len(text))
		if f.Space.CopyIn(b, f.base); string(b) != text {
			t.Errorf("%s: %q, want %q", what, b, text)
		}
	}
	if got := f.polled(t, ep); got[fd] != abi.EpollIn {
		t.Errorf("told %#x", got)
	}
	want(t, "into bad memory", f.Read(fd, 8, 100), -abi.EFAULT)
	line("the first", "0 12ab00ff\n")
	want(t, "once more", f.Read(fd, f.base, 100), -abi.EAGAIN)
	if got := f.polled(t, ep); len(got) != 0 {
		t.Errorf("told %#x of nothing", got)
	}
	changes := f.Changes
	for range 12 {
		f.SetGeneration(at, [DigestBytes]byte{1, 2, 3, 4})
	}
	if got := f.polled(t, ep); got[fd] != abi.EpollIn || f.Changes == changes {
		t.Errorf("told %#x of a copy", got)
	}
	line("the next", "12 01020304\n")
	want(t, "pread", f.ReadAt(fd, f.base, 3, 10), 2)
	want(t, "pread beyond", f.ReadAt(fd, f.base, 3, 100), 0)

	address := f.Map(fd, mem.PageBytes, abi.ProtRead, abi.MapShared, 0)
	want(t, "made writable", f.Space.Protect(uint64(address), mem.PageBytes,
		abi.ProtRead|abi.ProtWrite), -abi.EACCES)
	if address < 0 {
		t.Fatalf("mmap: %d", address)
	}
	if v, ok := f.Space.Load64(uint64(address)); !ok || v != 4711 {
		t.Errorf("the page begins with %d", v)
	}
	if f.Space.Store64(uint64(address), 1) {
		t.Error("the page is writable")
	}
	for what, c := range map[string]struct {
		fd, length, prot, flags, offset uint64
		want                            int64
	}{
		"nothing":   {99, 1, abi.ProtRead, abi.MapShared, 0, -abi.EBADF},
		"a console": {1, 1, abi.ProtRead, abi.MapShared, 0, -abi.ENODEV},
		"writable":  {fd, 1, abi.ProtRead | abi.ProtWrite, abi.MapShared, 0, -abi.EACCES},
		"private":   {fd, 1, abi.ProtRead, abi.MapPrivate, 0, -abi.EINVAL},
		"two pages": {fd, 2 * mem.PageBytes, abi.ProtRead, abi.MapShared, 0, -abi.EINVAL},
		"no length": {fd, 0, abi.ProtRead, abi.MapShared, 0, -abi.EINVAL},
		"behind it": {fd, 1, abi.ProtRead, abi.MapShared, mem.PageBytes, -abi.EINVAL},
	} {
		want(t, what, f.Map(c.fd, c.length, c.prot, c.flags, c.offset), c.want)
	}
}
