package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/thread"
)

func (k *Kernel) yield(*thread.Thread) int64 {
	k.turn = true
	return 0
}

func (k *Kernel) gettid(t *thread.Thread) int64 { return int64(t.ID) }

// clone makes a thread that goes on where its parent does, with 0 as the result.
func (k *Kernel) clone(t *thread.Thread) int64 {
	r := &t.Regs
	if r.DI != abi.CloneGo || r.SI >= layout.UserTop || r.R8 >= layout.UserTop {
		return -abi.EINVAL
	}
	child := k.Threads.Spawn()
	if child == nil {
		return -abi.EAGAIN
	}
	fx := child.Regs.FX
	child.Regs = t.Regs
	child.Regs.FX, child.Regs.AX, child.Regs.SP, child.Regs.FS = fx, 0, r.SI, r.R8
	child.Mask = t.Mask
	copy(k.fx(child), k.fx(t))
	return int64(child.ID)
}

func (k *Kernel) exitThread(t *thread.Thread) int64 {
	k.Threads.End(t)
	if k.Threads.Len() == 0 {
		k.Exit(int(t.Regs.DI & 0xff))
	}
	return blocked
}

func (k *Kernel) exitGroup(t *thread.Thread) int64 {
	k.Exit(int(t.Regs.DI & 0xff))
	return blocked
}

func (k *Kernel) archPrctl(t *thread.Thread) int64 {
	const setFS = 0x1002
	if t.Regs.DI != setFS {
		return -abi.EINVAL
	}
	if t.Regs.SI >= layout.UserTop {
		return -abi.EPERM
	}
	t.Regs.FS = t.Regs.SI
	return 0
}

// affinity says that there is one processor.
func (k *Kernel) affinity(t *thread.Thread) int64 {
	if t.Regs.SI < 8 || t.Regs.SI%8 != 0 {
		return -abi.EINVAL
	}
	if !k.Space.Store64(t.Regs.DX, 1) {
		return -abi.EFAULT
	}
	return 8
}

// futex waits for a word of the program's memory to change, or wakes who does (futex(2)).
func (k *Kernel) futex(t *thread.Thread) int64 {
	r := &t.Regs
	if r.DI%4 != 0 {
		return -abi.EINVAL
	}
	switch r.SI & abi.FutexOperation {
	case abi.FutexWait:
		until := int64(thread.Never)
		if r.R10 != 0 {
			var errno int64
			if until, errno = k.until(r.R10); errno != 0 {
				return errno
			}
		}
		value, ok := k.Space.Load32(r.DI)
		if !ok {
			return -abi.EFAULT
		}
		if value != uint32(r.DX) {
			return -abi.EAGAIN
		}
		k.Threads.Block(t, thread.Futex, r.DI, until)
		return blocked
	case abi.FutexWake:
		if _, ok := k.Space.Load32(r.DI); !ok {
			return -abi.EFAULT
		}
		return int64(k.Threads.Wake(r.DI, int(int32(r.DX))))
	}
	return -abi.ENOSYS
}

// uname names the kernel as programs that look at its version expect. Each of the six texts has 65
// bytes.
func (k *Kernel) uname(t *thread.Thread) int64 {
	const textBytes = 65
	for i, text := range [6]string{"Linux", "atoll", "6.1.0-atoll", "1", "x86_64", ""} {
		var b [textBytes]byte
		copy(b[:], text)
		if !k.Space.CopyOut(t.Regs.DI+uint64(i)*textBytes, b[:]) {
			return -abi.EFAULT
		}
	}
	return 0
}
