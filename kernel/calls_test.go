package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/thread"
)

// TestMemoryCalls goes through the calls about memory; package mem has their rules.
func TestMemoryCalls(t *testing.T) {
	m, th := boot(t)
	at := m.call(th, 9, 0, 1<<30, 3, abi.MapPrivate|abi.MapAnonymous)
	if at < 0 {
		t.Fatalf("mmap: %d", at)
	}
	m.want(th, "mprotect", 0, 10, uint64(at), page, 1)
	m.want(th, "madvise", 0, 28, uint64(at), page, abi.AdviseDontNeed)
	m.want(th, "munmap", 0, 11, uint64(at), 1<<30)
	m.want(th, "prlimit64", 0, 302, 0, 7, 0, dataAt)
	if m.word(dataAt) != file.DescriptorsMax {
		t.Errorf("%d files", m.word(dataAt))
	}
	m.want(th, "prlimit64 of another process", -abi.ESRCH, 302, 5, 7, 0, 0)
	m.want(th, "prlimit64 of nothing", -abi.EINVAL, 302, 0, 99, 0, 0)
	m.want(th, "prlimit64 into bad memory", -abi.EFAULT, 302, 0, 7, 0, 8)
	m.want(th, "prlimit64 from bad memory", -abi.EFAULT, 302, 0, 7, 8, 0)
	m.want(th, "prlimit64 of memory", 0, 302, 0, 9, dataAt, dataAt)
}

// TestProcessCalls are those about the one process.
func TestProcessCalls(t *testing.T) {
	m, th := boot(t)
	m.want(th, "arch_prctl", 0, 158, 0x1002, 0x1234)
	if th.Regs.FS != 0x1234 {
		t.Errorf("FS is %#x", th.Regs.FS)
	}
	m.want(th, "arch_prctl of the kernel's memory", -abi.EPERM, 158, 0x1002, 1<<63)
	m.want(th, "arch_prctl of GS", -abi.EINVAL, 158, 0x1001, 0)
	m.want(th, "sched_getaffinity", 8, 204, 0, 8, dataAt)
	if m.word(dataAt) != 1 {
		t.Errorf("processors %#x", m.word(dataAt))
	}
	m.want(th, "sched_getaffinity, too short", -abi.EINVAL, 204, 0, 4, dataAt)
	m.want(th, "sched_getaffinity, bad memory", -abi.EFAULT, 204, 0, 8, 8)
	m.want(th, "uname", 0, 63, dataAt)
	var b [3]byte
	if m.Space.CopyIn(b[:], dataAt+130); string(b[:]) != "6.1" {
		t.Errorf("release %q", b)
	}
	m.want(th, "uname into bad memory", -abi.EFAULT, 63, 8)
	m.want(th, "getrandom", 100, 318, dataAt, 100, 1)
	if m.word(dataAt) != 0x5a5a5a5a5a5a5a5a {
		t.Errorf("random bytes %#x", m.word(dataAt))
	}
	m.want(th, "getrandom with unknown flags", -abi.EINVAL, 318, dataAt, 1, 64)
	m.want(th, "getrandom into bad memory", -abi.EFAULT, 318, 8, 1, 0)
}

// put writes a text with a zero byte to the program's memory.
func (m *machine) put(text string) (address, n uint64) {
	const at = dataAt + 512
	m.Space.CopyOut(at, append([]byte(text), 0))
	return at, uint64(len(text))
}

// TestFileCalls goes through the calls about files; package file has their rules.
func TestFileCalls(t *testing.T) {
	m, th := boot(t)
	at, n := m.put("hello\n")
	m.want(th, "write", 6, 1, 1, at, n)
	m.Space.Store64(dataAt, 0)
	m.Space.Store64(dataAt+8, 0)
	m.Space.Store64(dataAt+16, at)
	m.Space.Store64(dataAt+24, 2)
	m.want(th, "writev", 2, 20, 1, dataAt, 2)
	m.want(th, "writev of nothing", 0, 20, 1, dataAt, 1)
	m.want(th, "writev of too many", -abi.EINVAL, 20, 1, dataAt, 1<<20)
	m.want(th, "writev to nothing", -abi.EBADF, 20, 99, dataAt, 1)
	m.want(th, "writev from bad memory", -abi.EFAULT, 20, 1, 8, 1)
	if m.console.String() != "hello\nhe" {
		t.Errorf("console %q", m.console.String())
	}
	name, _ := m.put("/dev/null")
	m.want(th, "openat", 3, 257, 0, name, abi.OpenReadWrite)
	m.want(th, "openat of bad memory", -abi.EFAULT, 257, 0, 8, 0)
	m.want(th, "read", 0, 0, 3, dataAt, 1)
	m.want(th, "read of nothing", -abi.EBADF, 0, 99, dataAt, 1)
	m.want(th, "dup", 4, 32, 3)
	m.want(th, "dup3", 9, 292, 3, 9, 0)
	m.want(th, "fcntl", abi.OpenReadWrite, 72, 9, abi.GetFlags)
	m.want(th, "close", 0, 3, 3)
}

// TestPipesWait: a read waits for a write, a write for room, and who writes to nobody is told.
func TestPipesWait(t *testing.T) {
	m, th := boot(t)
	child := m.clone(th)
	m.want(th, "pipe2", 0, 293, dataAt, 0)
	r, w := m.word(dataAt)&0xffffffff, m.word(dataAt)>>32
	m.want(th, "read of nothing", blocked, 0, r, dataAt, 5)
	if m.Next(m.clock) != child {
		t.Fatal("the child must run")
	}
	at, n := m.put("bytes")
	m.want(child, "write", 5, 1, w, at, n)
	if m.turn(th); th.Regs.AX != 5 {
		t.Fatalf("the reader has %d", int64(th.Regs.AX))
	}
	for m.call(th, 1, w, dataAt, 3*page) > 0 {
	}
	if th.State != thread.Retry {
		t.Fatalf("the writer has %d", int64(th.Regs.AX))
	}
	m.want(child, "close", 0, 3, r)
	m.Threads.Actions[abi.SIGPIPE].Handler = entry
	if m.turn(th); th.Regs.IP != entry || th.Regs.DI != abi.SIGPIPE {
		t.Errorf("the writer is at %#x with %d; want the handler of SIGPIPE", th.Regs.IP, th.Regs.DI)
	}
	m.want(th, "pipe2 without waiting", 0, 293, dataAt, abi.OpenNonblock)
	m.want(th, "read of nothing", -abi.EAGAIN, 0, m.word(dataAt)&0xffffffff, dataAt, 5)
}

// TestEpollWaits: until an event, or a timeout that the second look does not begin anew.
func TestEpollWaits(t *testing.T) {
	m, th := boot(t)
	child := m.clone(th)
	ep := uint64(m.call(th, 291, 0))
	ev := uint64(m.call(th, 290, 0, abi.OpenNonblock))
	m.Space.Store32(dataAt, abi.EpollIn)
	m.Space.Store64(dataAt+4, 0x1122334455667788)
	m.want(th, "epoll_ctl", 0, 233, ep, abi.EpollAdd, ev, dataAt)
	m.want(th, "epoll_pwait, not waiting", 0, 281, ep, dataAt+page, 8, 0)
	m.want(th, "epoll_pwait of nothing", -abi.EBADF, 281, 99, dataAt+page, 8, 0)
	m.want(th, "epoll_pwait for 5 ms", blocked, 281, ep, dataAt+page, 8, 5)
	m.Files.Changes++ // of something else: it looks again, and waits on
	for range 2 {
		m.call(child, 24)
		if m.Next(m.clock+4e6) != child {
			t.Fatal("nothing happened, and it does not wait")
		}
	}
	if th.State != thread.Retry {
		t.Fatalf("it does not wait: %+v", th)
	}
	if next := m.Next(m.clock + 5e6); next != th || th.Regs.AX != 0 {
		t.Fatalf("after 5 ms it has %d", int64(th.Regs.AX))
	}
	m.want(th, "epoll_pwait for ever", blocked, 281, ep, dataAt+page, 8, ^uint64(0))
	m.Space.Store64(dataAt, 1)
	m.want(child, "write", 8, 1, ev, dataAt, 8)
	if m.turn(th); th.Regs.AX != 1 || m.word(dataAt+page+4) != 0x1122334455667788 {
		t.Errorf("it has %d events, data %#x", int64(th.Regs.AX), m.word(dataAt+page+4))
	}
}

// FuzzCalls makes calls of any numbers with arguments that may be addresses of anything. The kernel
// stays up; what it tells stays in order.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{9, 0, 6, 3, 4, 0, 0, 1, 1, 7, 8, 0, 0, 0, 56, 9, 7, 0, 0, 7, 0})
	f.Add([]byte{202, 7, 0, 0, 0, 0, 0, 233, 1, 1, 1, 7, 0, 0, 15, 0, 0, 0, 0, 0, 0})
	numbers := []uint64{}
	for _, c := range calls {
		numbers = append(numbers, c.Number)
	}
	values := [16]uint64{0, 1, 2, 3, page, 0x22, 1 << 20, dataAt, dataAt + 4*page - 4, abi.CloneGo, 11,
		1 << 47, 1 << 63, ^uint64(0), textAt, 4}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		m, th := boot(t)
		for len(bytes) >= 7 && !m.Over {
			number := numbers[int(bytes[0])%len(numbers)]
			var args [6]uint64
			for i := range args {
				args[i] = values[bytes[1+i]&15] + uint64(bytes[1+i]>>4)
			}
			m.call(th, number, args[:]...)
			bytes = bytes[7:]
			m.clock += 1e6
			for th = m.Next(m.clock); th == nil && !m.Over; th = m.Next(m.clock) {
				if m.clock = m.Deadline(false); m.clock == thread.Never {
					return // all wait for each other
				}
			}
		}
		if m.Over && (m.Code < 0 || m.Code > 255) {
			t.Errorf("exit code %d", m.Code)
		}
	})
}
