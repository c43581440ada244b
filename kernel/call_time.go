package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/thread"
)

const nanosecondsPerSecond = 1e9

// until reads a timespec, a span from now on, and returns when it ends, or a negative error.
func (k *Kernel) until(address uint64) (until, errno int64) {
	seconds, ok1 := k.Space.Load64(address)
	nanoseconds, ok2 := k.Space.Load64(address + 8)
	switch {
	case !ok1 || !ok2:
		return 0, -abi.EFAULT
	case int64(seconds) < 0 || nanoseconds >= nanosecondsPerSecond:
		return 0, -abi.EINVAL
	case seconds > (thread.Never-uint64(k.now))/nanosecondsPerSecond-1:
		return thread.Never, 0
	}
	return k.now + int64(seconds*nanosecondsPerSecond+nanoseconds), 0
}

func (k *Kernel) nanosleep(t *thread.Thread) int64 {
	until, errno := k.until(t.Regs.DI)
	if errno != 0 {
		return errno
	}
	if until <= k.now {
		return 0
	}
	k.Threads.Block(t, thread.Sleep, 0, until)
	return blocked
}

// store writes a timespec.
func (k *Kernel) store(address uint64, nanoseconds int64) int64 {
	if !k.Space.Store64(address, uint64(nanoseconds/nanosecondsPerSecond)) ||
		!k.Space.Store64(address+8, uint64(nanoseconds%nanosecondsPerSecond)) {
		return -abi.EFAULT
	}
	return 0
}

func (k *Kernel) clockGettime(t *thread.Thread) int64 {
	switch t.Regs.DI {
	case abi.ClockRealtime, abi.ClockRealtimeCoarse:
		return k.store(t.Regs.SI, k.Wall+k.now)
	case abi.ClockMonotonic, abi.ClockMonotonicRaw, abi.ClockMonotonicCoarse, abi.ClockBoottime:
		return k.store(t.Regs.SI, k.now)
	}
	return -abi.EINVAL
}

func (k *Kernel) clockGetres(t *thread.Thread) int64 {
	if t.Regs.DI > abi.ClockBoottime {
		return -abi.EINVAL
	}
	if t.Regs.SI == 0 {
		return 0
	}
	return k.store(t.Regs.SI, 1)
}
