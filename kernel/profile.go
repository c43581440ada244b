package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/thread"
)

// profiler is the timer ITIMER_PROF of setitimer(2): it counts the time that threads run, and sends
// SIGPROF to the one that does when it is up. Linux may send it to any thread; with one processor
// the one that used the time is known, so that the runtime's timers per thread are not needed.
type profiler struct {
	left     int64 // nanoseconds until the next signal; 0 is off
	interval int64 // nanoseconds from then on; 0 is once
	since    int64 // until when the running thread's time is counted
	running  bool  // a thread runs
}

// profileNanosecondsMin is the shortest time between two signals: with less the program would do
// nothing but handle them.
const profileNanosecondsMin = 100e3

// count takes the time since it was last called off the timer. The thread that ran is the last one.
func (k *Kernel) count(now int64) {
	p := &k.profiler
	ran := now - p.since
	p.since = now
	if !p.running || p.left == 0 {
		return
	}
	if p.left -= ran; p.left <= 0 {
		p.left = p.interval
		k.Threads.Send(k.Threads.Last(), abi.SIGPROF)
	}
}

// setitimer serves ITIMER_PROF. struct itimerval is two times, the interval and what is left, in
// seconds and microseconds.
func (k *Kernel) setitimer(t *thread.Thread) int64 {
	r, p := &t.Regs, &k.profiler
	if r.DI != abi.TimerProfile {
		return -abi.EINVAL
	}
	if r.DX != 0 && (!k.storeMicroseconds(r.DX, p.interval) || !k.storeMicroseconds(r.DX+16, p.left)) {
		return -abi.EFAULT
	}
	if r.SI == 0 {
		p.left, p.interval = 0, 0
		return 0
	}
	interval, errno := k.loadMicroseconds(r.SI)
	if errno != 0 {
		return errno
	}
	left, errno := k.loadMicroseconds(r.SI + 16)
	if errno != 0 {
		return errno
	}
	p.left, p.interval = left, interval
	k.turn = true // so that the machine's timer is set anew
	return 0
}

// loadMicroseconds reads a struct timeval, as nanoseconds.
func (k *Kernel) loadMicroseconds(address uint64) (nanoseconds, errno int64) {
	const secondsMax, microseconds = 1 << 32, 1e6
	s, ok1 := k.Space.Load64(address)
	us, ok2 := k.Space.Load64(address + 8)
	switch {
	case !ok1 || !ok2:
		return 0, -abi.EFAULT
	case s > secondsMax || us >= microseconds:
		return 0, -abi.EINVAL
	case s == 0 && us == 0:
		return 0, 0
	}
	return max(profileNanosecondsMin, int64(s)*nanosecondsPerSecond+int64(us)*1000), 0
}

// storeMicroseconds writes a struct timeval.
func (k *Kernel) storeMicroseconds(address uint64, nanoseconds int64) bool {
	return k.Space.Store64(address, uint64(nanoseconds/nanosecondsPerSecond)) &&
		k.Space.Store64(address+8, uint64(nanoseconds%nanosecondsPerSecond/1000))
}
