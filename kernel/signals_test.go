package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/thread"
)

const handler = textAt + 0x800

// action sets the handler of a signal.
func (m *machine) action(th *thread.Thread, signal, handler uint64) {
	m.t.Helper()
	for i, word := range []uint64{handler, abi.ActionSigInfo | abi.ActionRestorer, textAt, 0} {
		m.Space.Store64(dataAt+uint64(8*i), word)
	}
	m.want(th, "rt_sigaction", 0, 13, signal, dataAt, 0, 8)
}

// fault makes an exception.
func (m *machine) fault(th *thread.Thread, vector, code, address uint64) {
	th.Regs.Trap, th.Regs.Error = vector, code
	m.Trap(th, address, m.clock)
}

// TestFaults: a touched page comes, others are signals, and what has no handler is the end.
func TestFaults(t *testing.T) {
	const write, fetch = 2, 16
	m, th := boot(t)
	m.fault(th, vectorPage, write, dataAt+3*page)
	if th.Regs.IP != entry || m.Over {
		t.Fatal("memory that is the program's must come")
	}
	m.action(th, abi.SIGSEGV, handler)
	for _, c := range []struct{ code, address uint64 }{
		{0, 0}, {write, textAt}, {fetch, dataAt}, {0, 1 << 63},
	} {
		before := th.Regs
		m.fault(th, vectorPage, c.code, c.address)
		if th.Regs.IP != handler || th.Regs.DI != abi.SIGSEGV || m.word(th.Regs.SI+16) != c.address {
			t.Fatalf("fault at %#x: %+v", c.address, th.Regs)
		}
		th.Regs.SP += 8
		m.call(th, 15)
		if th.Regs.IP != before.IP || th.Regs.SP != before.SP {
			t.Errorf("after the handler %+v, before %+v", th.Regs, before)
		}
	}
	m.fault(th, vectorDivide, 0, 0)
	if !m.Over || m.Code != 128+abi.SIGFPE || m.Fatal.Signal != abi.SIGFPE || m.Fatal.IP != entry {
		t.Errorf("a division by zero without handler: over %v, %d, %+v", m.Over, m.Code, m.Fatal)
	}
}

// TestVectors: each exception is some signal.
func TestVectors(t *testing.T) {
	for vector, want := range map[uint64]int{vectorDivide: abi.SIGFPE, vectorX87: abi.SIGFPE,
		vectorSIMD: abi.SIGFPE, vectorDebug: abi.SIGTRAP, vectorBreakpoint: abi.SIGTRAP,
		vectorOpcode: abi.SIGILL, vectorAlignment: abi.SIGBUS, vectorProtection: abi.SIGSEGV,
		4: abi.SIGSEGV} {
		if got := fault(vector).Signal; got != want {
			t.Errorf("vector %d is signal %d, want %d", vector, got, want)
		}
	}
}

// TestNoMemoryIsTheEnd: a program that touches more than there is ends, and says why.
func TestNoMemoryIsTheEnd(t *testing.T) {
	m, th := boot(t)
	at := uint64(m.call(th, 9, 0, 1<<30, 3, abi.MapPrivate|abi.MapAnonymous))
	for i := uint64(0); !m.Over; i++ {
		m.fault(th, vectorPage, 2, at+i*page)
	}
	if !m.Fatal.Memory || m.Space.Pages.Left() > 1 {
		t.Errorf("%+v with %d pages left", m.Fatal, m.Space.Pages.Left())
	}
}

// TestSignalCalls: masks, alternate stacks, sending.
func TestSignalCalls(t *testing.T) {
	m, th := boot(t)
	m.action(th, abi.SIGTERM, handler)
	m.want(th, "rt_sigaction, old", 0, 13, abi.SIGTERM, 0, dataAt+256, 8)
	if m.word(dataAt+256) != handler {
		t.Errorf("the old handler is %#x", m.word(dataAt+256))
	}
	for _, signal := range []uint64{0, 65, abi.SIGKILL} {
		m.want(th, "rt_sigaction", -abi.EINVAL, 13, signal, dataAt, 0, 8)
	}
	m.want(th, "rt_sigaction from bad memory", -abi.EFAULT, 13, 5, 8, 0, 8)
	m.want(th, "rt_sigaction into bad memory", -abi.EFAULT, 13, 5, 0, 8, 8)
	m.Space.Store64(dataAt, 1<<63)
	m.want(th, "a handler in the kernel", -abi.EFAULT, 13, 5, dataAt, 0, 8)

	const term = 1 << (abi.SIGTERM - 1)
	m.Space.Store64(dataAt, term)
	m.want(th, "block", 0, 14, abi.MaskBlock, dataAt, 0, 8)
	m.want(th, "tell", 0, 14, 0, 0, dataAt+8, 8)
	if m.word(dataAt+8) != term {
		t.Errorf("mask %#x", m.word(dataAt+8))
	}
	m.want(th, "tell bad memory", -abi.EFAULT, 14, 0, 0, 8, 8)
	m.want(th, "from bad memory", -abi.EFAULT, 14, 0, 8, 0, 8)
	m.want(th, "another size", -abi.EINVAL, 14, 0, dataAt, 0, 4)
	m.want(th, "another way", -abi.EINVAL, 14, 9, dataAt, 0, 8)
	m.want(th, "tgkill", 0, 234, 1, 1, abi.SIGTERM)
	if m.Next(m.clock) != th || th.Regs.IP == handler {
		t.Error("a blocked signal came")
	}
	m.want(th, "unblock", 0, 14, abi.MaskUnblock, dataAt, 0, 8)
	if m.Next(m.clock) != th || th.Regs.IP != handler {
		t.Error("the signal did not come")
	}
	m.want(th, "set", 0, 14, abi.MaskSet, dataAt, 0, 8)
	for _, c := range []struct {
		want              int64
		group, id, signal uint64
	}{
		{0, 1, 1, 0}, {-abi.ESRCH, 1, 99, 1}, {-abi.ESRCH, 2, 1, 1}, {-abi.EINVAL, 1, 1, 99},
		{-abi.EINVAL, 0, 1, 1},
	} {
		m.want(th, "tgkill", c.want, 234, c.group, c.id, c.signal)
	}
	m.want(th, "kill another", -abi.ESRCH, 62, 5, 1)
	m.want(th, "kill with nothing", -abi.EINVAL, 62, 1, 99)
	m.want(th, "kill, only asking", 0, 62, 1, 0)
	m.call(th, 62, 1, abi.SIGKILL)
	if m.Next(m.clock) != nil || m.Code != 128+abi.SIGKILL {
		t.Errorf("SIGKILL ends with %d", m.Code)
	}
}

// TestAlternateStack is sigaltstack.
func TestAlternateStack(t *testing.T) {
	m, th := boot(t)
	set := func(start, flags, size uint64) uint64 {
		m.Space.Store64(dataAt, start)
		m.Space.Store64(dataAt+8, flags)
		m.Space.Store64(dataAt+16, size)
		return dataAt
	}
	m.want(th, "set", 0, 131, set(dataAt+page, 0, page), 0)
	m.want(th, "tell", 0, 131, 0, dataAt+64)
	if m.word(dataAt+64) != dataAt+page || m.word(dataAt+80) != page {
		t.Errorf("stack at %#x", m.word(dataAt+64))
	}
	m.want(th, "too small", -abi.ENOMEM, 131, set(dataAt, 0, 100), 0)
	m.want(th, "the kernel's", -abi.ENOMEM, 131, set(1<<63, 0, page), 0)
	m.want(th, "unknown flags", -abi.EINVAL, 131, set(dataAt, 64, page), 0)
	m.want(th, "bad memory", -abi.EFAULT, 131, 8, 0)
	m.want(th, "bad memory", -abi.EFAULT, 131, 0, 8)
	sp := th.Regs.SP
	th.Regs.SP = dataAt + page + 100
	m.want(th, "while it is used", -abi.EPERM, 131, set(dataAt, 0, page), 0)
	m.want(th, "tell while it is used", 0, 131, 0, dataAt+64)
	if m.word(dataAt+72) != abi.StackOnStack {
		t.Errorf("flags %d", m.word(dataAt+72))
	}
	th.Regs.SP = sp
	m.want(th, "end", 0, 131, set(0, abi.StackDisable, 0), 0)
	m.want(th, "tell", 0, 131, 0, dataAt+64)
	if m.word(dataAt+72) != abi.StackDisable {
		t.Errorf("flags %d", m.word(dataAt+72))
	}
}

// TestBadReturn: rt_sigreturn from nowhere is the end, and a signal that finds no stack.
func TestBadReturn(t *testing.T) {
	m, th := boot(t)
	th.Regs.SP = 8
	m.call(th, 15)
	if !m.Over || m.Code != 128+abi.SIGSEGV {
		t.Errorf("over %v, %d", m.Over, m.Code)
	}
	m, th = boot(t)
	m.action(th, abi.SIGTERM, handler)
	th.Regs.SP = layout.UserTop
	m.call(th, 234, 1, 1, abi.SIGTERM)
	if m.Next(m.clock) != nil || m.Code != 128+abi.SIGSEGV {
		t.Errorf("over %v, %d", m.Over, m.Code)
	}
}
