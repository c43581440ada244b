package file

import (
	"bytes"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

const edge = abi.EpollIn | abi.EpollOut | abi.EpollReadHup | abi.EpollEdge

// watch adds or changes a watch; its data is the descriptor.
func (f *fixture) watch(epfd, operation, fd uint64, events uint32) int64 {
	var b [abi.EpollEventBytes]byte
	mem.Store32(b[0:], events)
	mem.Store64(b[4:], fd)
	f.Space.CopyOut(f.base, b[:])
	return f.Watch(epfd, operation, fd, f.base)
}

// polled returns the events that are told, by descriptor.
func (f *fixture) polled(t *testing.T, epfd uint64) map[uint64]uint32 {
	t.Helper()
	n := f.Poll(epfd, f.base, EventsMax)
	if n == -abi.EAGAIN {
		return nil
	}
	if n < 0 {
		t.Fatalf("epoll_pwait: %d", n)
	}
	got := map[uint64]uint32{}
	for i := range uint64(n) {
		events, _ := f.Space.Load32(f.base + abi.EpollEventBytes*i)
		fd, _ := f.Space.Load64(f.base + abi.EpollEventBytes*i + 4)
		got[fd] = events
	}
	return got
}

// TestEdges: what arrived is told once, and again only when more arrives.
func TestEdges(t *testing.T) {
	f := newTable(t)
	ep := uint64(f.NewEpoll(abi.OpenCloseExec))
	r, w := f.pipe(t)
	want(t, "watch r", f.watch(ep, abi.EpollAdd, r, edge), 0)
	want(t, "watch w", f.watch(ep, abi.EpollAdd, w, edge), 0)
	told := func(why string, wantR, wantW uint32) {
		t.Helper()
		got := f.polled(t, ep)
		if got[r] != wantR || got[w] != wantW {
			t.Errorf("%s: reader %#x and writer %#x, want %#x and %#x", why, got[r], got[w], wantR, wantW)
		}
	}
	told("at first there is room", 0, abi.EpollOut)
	told("which is told once", 0, 0)
	f.Write(w, f.base, 10)
	told("bytes came", abi.EpollIn, 0)
	told("which is told once", 0, 0)
	f.Write(w, f.base, 10)
	told("more came", abi.EpollIn, 0)
	f.Read(r, f.base, 5)
	told("room came", 0, abi.EpollOut)
	f.Close(w)
	told("nobody writes any more", abi.EpollHup|abi.EpollIn, 0)
	told("which is told once", 0, 0)
	want(t, "change", f.watch(ep, abi.EpollMod, r, edge), 0)
	told("a changed watch begins anew", abi.EpollHup|abi.EpollIn, 0)
	f.Close(r)
	told("what is closed is not watched", 0, 0)
}

// TestLevel: an event counter is told as long as it is not 0.
func TestLevel(t *testing.T) {
	f := newTable(t)
	ep, fd := uint64(f.NewEpoll(0)), uint64(f.NewEvent(1, 0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, fd, abi.EpollIn), 0)
	for range 3 {
		if got := f.polled(t, ep); got[fd] != abi.EpollIn {
			t.Errorf("told %#x", got)
		}
	}
	f.Read(fd, f.base, 8)
	if got := f.polled(t, ep); got != nil {
		t.Errorf("told %#x of an empty counter", got)
	}
	want(t, "end", f.watch(ep, abi.EpollDel, fd, 0), 0)
	f.Space.Store64(f.base, 1)
	f.Write(fd, f.base, 8)
	if got := f.polled(t, ep); got != nil {
		t.Errorf("told %#x of what is not watched", got)
	}
}

// TestReaderGone: a writer whose reader is gone has an error to see.
func TestReaderGone(t *testing.T) {
	f := newTable(t)
	ep := uint64(f.NewEpoll(0))
	r, w := f.pipe(t)
	f.watch(ep, abi.EpollAdd, w, abi.EpollIn)
	f.Close(r)
	if got := f.polled(t, ep); got[w] != abi.EpollErr {
		t.Errorf("told %#x", got)
	}
	f.Close(ep)
	want(t, "poll of what is closed", f.Poll(ep, f.base, 1), -abi.EBADF)
}

// TestPollRules are the errors of epoll.
func TestPollRules(t *testing.T) {
	f := newTable(t)
	ep, fd := uint64(f.NewEpoll(0)), uint64(f.NewEvent(0, 0))
	want(t, "unknown flags", f.NewEpoll(1), -abi.EINVAL)
	want(t, "the console", f.watch(ep, abi.EpollAdd, 1, edge), -abi.EPERM)
	want(t, "itself", f.watch(ep, abi.EpollAdd, ep, edge), -abi.EINVAL)
	want(t, "no set", f.watch(fd, abi.EpollAdd, fd, edge), -abi.EINVAL)
	want(t, "nothing", f.watch(ep, abi.EpollAdd, 99, edge), -abi.EBADF)
	want(t, "unknown", f.watch(ep, 9, fd, edge), -abi.EINVAL)
	want(t, "change of what is not", f.watch(ep, abi.EpollMod, fd, edge), -abi.ENOENT)
	want(t, "end of what is not", f.watch(ep, abi.EpollDel, fd, edge), -abi.ENOENT)
	want(t, "bad memory", f.Watch(ep, abi.EpollAdd, fd, 8), -abi.EFAULT)
	want(t, "add", f.watch(ep, abi.EpollAdd, fd, edge), 0)
	want(t, "add again", f.watch(ep, abi.EpollAdd, fd, edge), -abi.EEXIST)
	want(t, "poll of what is no set", f.Poll(fd, f.base, 1), -abi.EINVAL)
	want(t, "poll for nothing", f.Poll(ep, f.base, 0), -abi.EINVAL)
	want(t, "poll into bad memory", f.Poll(ep, 8, 1), -abi.EFAULT)
	for i := range WatchesMax {
		d := f.Duplicate(fd)
		if d < 0 {
			t.Fatalf("duplicate %d: %d", i, d)
		}
		if e := f.watch(ep, abi.EpollAdd, uint64(d), edge); e != 0 {
			want(t, "a watch too many", e, -abi.ENOSPC)
			return
		}
		if i > DescriptorsMax-10 {
			other := uint64(f.NewEpoll(0))
			for fd := range uint64(DescriptorsMax) {
				if e := f.watch(other, abi.EpollAdd, fd, edge); e == -abi.ENOSPC {
					return
				}
			}
			t.Fatal("watches are not bounded")
		}
	}
}

// FuzzTable makes calls with the bytes' numbers: no descriptor, watch or page is lost.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 3, 4, 2, 4, 9, 3, 5, 3, 4, 3, 0, 5, 5, 0, 6, 3, 0})
	f.Add([]byte{1, 0, 0, 5, 0, 0, 4, 4, 3, 2, 3, 9, 6, 4, 0, 7, 3, 9, 8, 3, 2})
	// A pipe for which a full table has no descriptor.
	f.Add(append(bytes.Repeat([]byte{5, 0, 0}, DescriptorsMax), 0, 0, 0))
	// A driver, a listener that it serves, and one who connects.
	f.Add([]byte{10, 0, 0, 11, 1, 0, 13, 4, 0, 15, 3, 0, 11, 1, 0, 16, 3, 1, 14, 4, 0, 17, 4, 5})
	f.Fuzz(func(t *testing.T, calls []byte) {
		tab := newTable(t)
		for len(calls) >= 3 {
			a, b := uint64(calls[1]%16), uint64(calls[2])
			if calls[0]%20 >= 10 {
				tab.fuzzSocket(calls[0]%20, a, b)
			}
			switch calls[0] % 20 {
			case 0:
				tab.NewPipe(tab.base, abi.OpenNonblock*(b&1))
			case 1:
				tab.NewEvent(b, 0)
			case 2:
				tab.Write(a, tab.base, b*300)
			case 3:
				tab.Read(a, tab.base, b*300)
			case 4:
				tab.watch(a, b%4, b%16, edge*uint32(b&1)|abi.EpollIn)
			case 5:
				tab.NewEpoll(0)
			case 6:
				tab.Close(a)
			case 7:
				tab.Control(a, b%5, b)
			case 8:
				tab.DuplicateTo(a, b%16, 0)
			case 9:
				tab.Poll(a, tab.base, b)
			}
			calls = calls[3:]
		}
		for fd := range uint64(DescriptorsMax) {
			tab.Close(fd)
		}
		if tab.socketsLeft() != 0 || tab.wants != 0 {
			t.Error("sockets or requests are left after all was closed")
		}
		if tab.watches != [WatchesMax]watch{} || tab.pipes != [PipesMax]pipe{} ||
			tab.objects != [DescriptorsMax]Object{} {
			t.Error("something is left after all was closed")
		}
		tab.Space.Unmap(tab.base, 64*page)
		if used, _ := tab.Space.Pages.Used(); used != 0 {
			t.Errorf("%d pages are left", used)
		}
	})
}

// fuzzSocket makes a call about sockets; each reads and writes the driver's records at one place,
// so that an answer is about the last request.
func (f *fixture) fuzzSocket(call byte, a, b uint64) {
	record := f.base + recordAt
	to := address{port: uint16(b % 3)}
	if b&16 != 0 {
		to = outside(uint16(b % 3))
	}
	at, n := f.inet([]byte{0, 127, 192, 0}[b%4], 0, 0, byte(b%2), uint16(b/4%3))
	if b&32 != 0 {
		at, n = f.six(to)
	}
	switch call {
	case 10:
		f.Open(here, []byte(DriverPath), abi.OpenReadWrite, 0)
	case 11:
		f.NewSocket([]uint64{abi.FamilyIPv4, abi.FamilyIPv6}[b/2%2], 1+b%2, 0)
	case 12:
		f.Bind(a, at, n)
	case 13:
		f.Listen(a, b)
	case 14:
		f.Connect(a, at, n)
	case 15:
		f.Read(a, record, RecordBytes)
	case 16:
		f.Space.Store32(record, uint32(b%4))
		f.Space.Store32(record+4, uint32(b/4%16))
		f.Space.Store32(record+32, uint32(b/64)<<16)
		f.Write(a, record, RecordBytes)
	case 17:
		f.Accept(a, 0, 0, 0)
	case 18:
		f.Send(a, f.base, b*200, Peer{at, n}, 0)
	case 19:
		f.Shutdown(a, b%4)
	}
}
