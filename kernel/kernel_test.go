package kernel

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/exec"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
)

const (
	page      = mem.PageBytes
	ramPages  = 1024
	programAt = layout.KernelPhys
	textAt    = 0x400000
	dataAt    = 0x401000 // the program's memory: a page of the file and three of zeros
	entry     = textAt + 0x400
)

// program makes an ELF file with text and data.
func program() []byte {
	b := make([]byte, 2*page)
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 2)
	le.PutUint16(b[18:], 62)
	le.PutUint64(b[24:], entry)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 2)
	for i, v := range [2][6]uint64{{5, 0, textAt, textAt, page, page},
		{6, page, dataAt, dataAt, page, 4 * page}} {
		h := b[64+56*i:]
		le.PutUint32(h, 1)
		le.PutUint32(h[4:], uint32(v[0]))
		for j, w := range v[1:] {
			le.PutUint64(h[8+8*j:], w)
		}
	}
	return b
}

// machine is a kernel with a program in test memory.
type machine struct {
	Kernel
	t       testing.TB
	console strings.Builder
	clock   int64
}

// boot starts the program and returns its first thread.
func boot(t testing.TB) (*machine, *thread.Thread) {
	m := &machine{t: t, clock: 1000}
	ram := make(mem.RAM, ramPages*page)
	file0 := program()
	copy(ram[programAt:], file0)
	ok := m.Init(ram, &Machine{Wall: 1e18, Root: page, From: programAt + 2*page, To: ramPages * page,
		Devices: file.Devices{
			Write: func(p []byte) { m.console.Write(p) },
			Random: func(p []byte) {
				for i := range p {
					p[i] = 0x5a
				}
			},
		}})
	if !ok {
		t.Fatal("not enough memory")
	}
	f := m.Start(programAt, uint64(len(file0)), exec.Strings("program\x00"), nil)
	if f != exec.Loaded {
		t.Fatal(f)
	}
	th := m.Next(m.clock)
	if th == nil || th.Regs.IP != entry || th.ID != 1 {
		t.Fatalf("the first thread is %+v", th)
	}
	return m, th
}

// call makes a system call and returns its result, or blocked.
func (m *machine) call(th *thread.Thread, number uint64, args ...uint64) int64 {
	m.t.Helper()
	r := &th.Regs
	r.Trap, r.AX = thread.TrapSyscall, number
	for i, arg := range args {
		*[]*uint64{&r.DI, &r.SI, &r.DX, &r.R10, &r.R8, &r.R9}[i] = arg
	}
	m.Trap(th, 0, m.clock)
	if th.State != thread.Ready {
		return blocked
	}
	return int64(r.AX)
}

// want makes a call and compares its result.
func (m *machine) want(th *thread.Thread, why string, want int64, number uint64, args ...uint64) {
	m.t.Helper()
	if got := m.call(th, number, args...); got != want {
		m.t.Errorf("%s: %d, want %d", why, got, want)
	}
}

func (m *machine) word(at uint64) uint64 {
	m.t.Helper()
	v, ok := m.Space.Load64(at)
	if !ok {
		m.t.Errorf("no word at %#x", at)
	}
	return v
}

// turn lets others yield until th runs.
func (m *machine) turn(th *thread.Thread) {
	m.t.Helper()
	for range thread.ThreadsMax {
		next := m.Next(m.clock)
		if next == nil {
			break
		}
		if next == th {
			return
		}
		m.call(next, 24)
	}
	m.t.Fatalf("thread %d does not run: %+v", th.ID, th)
}

// clone makes a thread.
func (m *machine) clone(th *thread.Thread) *thread.Thread {
	m.t.Helper()
	id := m.call(th, 56, abi.CloneGo, dataAt+page, 0, 0, dataAt)
	child := m.Threads.ByID(int(id))
	if child == nil {
		m.t.Fatalf("clone: %d", id)
	}
	return child
}

// TestSmallMachine: too little memory is told.
func TestSmallMachine(t *testing.T) {
	var k Kernel
	if k.Init(make(mem.RAM, 8*page), &Machine{Root: page, From: 4 * page, To: 8 * page}) {
		t.Error("four pages were enough")
	}
	k = Kernel{}
	ram := make(mem.RAM, ramPages*page)
	devices := file.Devices{Random: func([]byte) {}}
	if !k.Init(ram, &Machine{Root: page, From: 2 * page, To: 100 * page, Devices: devices}) {
		t.Fatal("not enough memory")
	}
	if f := k.Start(programAt, page, nil, nil); f != exec.NotELF {
		t.Errorf("a program of zeros: %v", f)
	}
}

// TestCallsAreServed: the table is in order, says what it does, and everything else is ENOSYS and
// counted.
func TestCallsAreServed(t *testing.T) {
	m, th := boot(t)
	last := -1
	for _, c := range Calls() {
		if int(c.Number) <= last || c.Name == "" || c.serve == nil || !Serves(c.Number) {
			t.Errorf("call %d %q is out of order, or nothing", c.Number, c.Name)
		}
		last = int(c.Number)
	}
	m.want(th, "an unknown call", -abi.ENOSYS, 400)
	m.want(th, "a call far away", -abi.ENOSYS, 1<<63)
	if m.Unknown != 2 || m.Served[400] != 1 || m.Beyond != 1 || Serves(400) {
		t.Errorf("%d unknown calls, %d and %d", m.Unknown, m.Served[400], m.Beyond)
	}
	m.want(th, "getpid", 1, 39)
	m.Deny(39)
	m.Deny(1 << 40)
	m.want(th, "getpid, denied", -abi.ENOSYS, 39)
	m.want(th, "getuid", 0, 102)
}

// TestThreads: clone, its registers, exit.
func TestThreads(t *testing.T) {
	m, th := boot(t)
	th.Regs.R12 = 77
	m.want(th, "clone of a process", -abi.EINVAL, 56, 0x11, 0, 0, 0, 0)
	m.want(th, "clone onto the kernel", -abi.EINVAL, 56, abi.CloneGo, 1<<63, 0, 0, 0)
	child := m.clone(th)
	if r := &child.Regs; r.AX != 0 || r.SP != dataAt+page || r.FS != dataAt || r.R12 != 77 ||
		r.FX == th.Regs.FX || r.IP != th.Regs.IP {
		t.Errorf("the child begins with %+v", r)
	}
	m.want(th, "gettid", 1, 186)
	m.want(child, "gettid", int64(child.ID), 186)
	for m.call(th, 56, abi.CloneGo, dataAt, 0, 0, dataAt) > 0 {
	}
	m.want(th, "one thread too many", -abi.EAGAIN, 56, abi.CloneGo, dataAt, 0, 0, dataAt)
	m.want(child, "exit", blocked, 60, 0)
	if m.Over || m.Threads.ByID(2) != nil {
		t.Error("the program must go on without the child")
	}
	m.call(th, 231, 0x107)
	if !m.Over || m.Code != 7 || m.Next(m.clock) != nil {
		t.Errorf("over %v with %d", m.Over, m.Code)
	}
	m, th = boot(t)
	m.call(th, 60, 3)
	if !m.Over || m.Code != 3 {
		t.Errorf("the last thread's exit: over %v with %d", m.Over, m.Code)
	}
}

// TestTurnsAreFair: a thread runs for its slice while others wait, and gives way when it yields.
func TestTurnsAreFair(t *testing.T) {
	m, th := boot(t)
	child := m.clone(th)
	if next, same := m.Resume(th, m.clock+10); next != th || !same {
		t.Error("a call alone must not end a slice")
	}
	if m.Deadline(true) != m.clock+SliceNanoseconds || m.Deadline(false) != thread.Never {
		t.Errorf("deadlines %d, %d", m.Deadline(true), m.Deadline(false))
	}
	m.clock += SliceNanoseconds
	if next, same := m.Resume(th, m.clock); next != child || same {
		t.Error("the slice is over")
	}
	m.want(child, "sched_yield", 0, 24)
	if next, _ := m.Resume(child, m.clock); next != th {
		t.Error("a thread that yields must give way")
	}
	if m.Next(m.clock+1) != th {
		t.Error("an interrupt alone must not end a slice")
	}
	m.call(child, 35, m.timespec(0, 500))
	if m.Next(m.clock+400) != th || m.Next(m.clock+500) != child {
		t.Error("whose time has come goes first")
	}
}

// timespec writes a timespec and returns its address.
func (m *machine) timespec(seconds, nanoseconds uint64) uint64 {
	const at = dataAt + 64
	m.Space.Store64(at, seconds)
	m.Space.Store64(at+8, nanoseconds)
	return at
}

// TestTime: clocks and sleeping.
func TestTime(t *testing.T) {
	m, th := boot(t)
	m.clock = 3e9 + 5
	m.want(th, "monotonic", 0, 228, 1, dataAt)
	if m.word(dataAt) != 3 || m.word(dataAt+8) != 5 {
		t.Errorf("monotonic time is %d s %d ns", m.word(dataAt), m.word(dataAt+8))
	}
	m.want(th, "real time", 0, 228, 0, dataAt)
	if m.word(dataAt) != 1e9+3 {
		t.Errorf("real time is %d s", m.word(dataAt))
	}
	m.want(th, "another clock", -abi.EINVAL, 228, 99, dataAt)
	m.want(th, "bad memory", -abi.EFAULT, 228, 1, 8)
	m.want(th, "resolution", 0, 229, 1, dataAt)
	m.want(th, "resolution for nobody", 0, 229, 1, 0)
	m.want(th, "resolution of nothing", -abi.EINVAL, 229, 99, 0)
	m.want(th, "no sleep", 0, 35, m.timespec(0, 0))
	m.want(th, "a sleep of what is none", -abi.EINVAL, 35, m.timespec(0, 1e9))
	m.want(th, "a sleep backwards", -abi.EINVAL, 35, m.timespec(1<<63, 0))
	m.want(th, "bad memory", -abi.EFAULT, 35, 8)
	m.want(th, "a sleep", blocked, 35, m.timespec(1, 7))
	if m.Next(m.clock) != nil || m.Deadline(false) != m.clock+1e9+7 {
		t.Errorf("deadline %d", m.Deadline(false))
	}
	if m.Next(m.clock+1e9+7) != th || th.Regs.AX != 0 {
		t.Error("the sleeper does not wake")
	}
	m.want(th, "a sleep for ever", blocked, 35, m.timespec(1<<62, 0))
	if m.Deadline(false) != thread.Never {
		t.Errorf("deadline %d", m.Deadline(false))
	}
}

// TestFutex: waiting and waking.
func TestFutex(t *testing.T) {
	m, th := boot(t)
	child := m.clone(th)
	const word = dataAt + 256
	m.Space.Store32(word, 5)
	m.want(th, "the value changed", -abi.EAGAIN, 202, word, abi.FutexPrivate, 4, 0)
	m.want(th, "off a word", -abi.EINVAL, 202, word+1, 0, 5, 0)
	m.want(th, "bad memory", -abi.EFAULT, 202, 8, 0, 5, 0)
	m.want(th, "wake in bad memory", -abi.EFAULT, 202, 8, 1, 5)
	m.want(th, "bad timeout", -abi.EFAULT, 202, word, 0, 5, 8)
	m.want(th, "another operation", -abi.ENOSYS, 202, word, 9, 5, 0)
	m.want(th, "wait", blocked, 202, word, abi.FutexPrivate, 5, 0)
	m.want(child, "wake", 1, 202, word, abi.FutexPrivate|1, 9)
	if th.State != thread.Ready || th.Regs.AX != 0 {
		t.Errorf("the waiter is %+v", th)
	}
	m.want(th, "wait for a while", blocked, 202, word, 0, 5, m.timespec(0, 100))
	m.Next(m.clock + 100)
	if int64(th.Regs.AX) != -abi.ETIMEDOUT {
		t.Errorf("the wait ends with %d", int64(th.Regs.AX))
	}
}
