package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/thread"
)

// timer sets the profiler's timer, in microseconds.
func (m *machine) timer(th *thread.Thread, interval, left uint64) {
	m.t.Helper()
	for i, word := range []uint64{0, interval, 0, left} {
		m.Space.Store64(dataAt+uint64(8*i), word)
	}
	m.want(th, "setitimer", 0, 38, abi.TimerProfile, dataAt, dataAt+32)
}

// TestProfiler: SIGPROF comes after so much time of running, to the thread that ran; a machine that
// waits counts nothing.
func TestProfiler(t *testing.T) {
	m, th := boot(t)
	m.action(th, abi.SIGPROF, handler)
	m.timer(th, 10_000, 3_000)
	const millisecond = 1e6
	if m.Next(m.clock) != th || m.Deadline(true) != m.clock+3*millisecond {
		t.Fatalf("the deadline is %d ns from now, not 3 ms", m.Deadline(true)-m.clock)
	}
	if m.Next(m.clock + 3*millisecond - 1); th.Regs.IP == handler {
		t.Fatal("a signal before its time")
	}
	if m.Next(m.clock + 3*millisecond); th.Regs.IP != handler || th.Regs.DI != abi.SIGPROF {
		t.Fatalf("no signal when the time is up: %+v", th.Regs)
	}
	info, ok := m.Space.Load32(th.Regs.SI + 8)
	if !ok || info != abi.CodeKernel {
		t.Errorf("si_code is %#x, which the runtime ignores", info)
	}
	th.Regs.SP += 8
	m.clock += 3 * millisecond
	m.call(th, 15)
	m.want(th, "a sleep", blocked, 35, m.timespec(3600, 0))
	if m.Next(m.clock) != nil || m.Deadline(false) != m.clock+3600e9 {
		t.Error("a machine that waits has a deadline before the sleeper's")
	}
	m.clock += 3600e9
	if m.Next(m.clock) != th || th.Regs.IP == handler {
		t.Error("the time of waiting was counted")
	}
	if m.Next(m.clock + 10*millisecond); th.Regs.IP != handler {
		t.Error("no second signal after the interval")
	}
}

// TestProfilerCalls: what setitimer takes and tells.
func TestProfilerCalls(t *testing.T) {
	m, th := boot(t)
	m.want(th, "a timer of the clock", -abi.EINVAL, 38, 0, dataAt, 0)
	m.want(th, "bad memory", -abi.EFAULT, 38, abi.TimerProfile, 8, 0)
	m.want(th, "bad memory for the old one", -abi.EFAULT, 38, abi.TimerProfile, 0, 8)
	m.Space.Store64(dataAt+8, 1e6)
	m.want(th, "an interval of a million microseconds", -abi.EINVAL, 38, abi.TimerProfile, dataAt, 0)
	m.Space.Store64(dataAt+8, 0)
	m.Space.Store64(dataAt+16, 1<<62)
	m.want(th, "centuries", -abi.EINVAL, 38, abi.TimerProfile, dataAt, 0)
	m.timer(th, 5, 2_000_000-1_000_001)
	m.timer(th, 0, 0)
	if interval, left := m.word(dataAt+40), m.word(dataAt+56); interval != 100 || left > 999_999 {
		t.Errorf("the old timer was each %d us, %d us from then", interval, left)
	}
	if m.Next(m.clock); m.profiler.left != 0 || m.Deadline(true) > m.clock+SliceNanoseconds {
		t.Error("the timer is not off")
	}
	m.timer(th, 1000, 1000)
	m.want(th, "off", 0, 38, abi.TimerProfile, 0, 0)
	if m.profiler.left != 0 {
		t.Error("the timer is not off")
	}
}
