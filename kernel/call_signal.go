package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
)

// maskBytes is the size of a signal mask.
const maskBytes = 8

func (k *Kernel) sigaction(t *thread.Thread) int64 {
	r := &t.Regs
	signal, action, old := r.DI, r.SI, r.DX
	if signal == 0 || signal > abi.Signals || r.R10 != maskBytes ||
		action != 0 && (signal == abi.SIGKILL || signal == abi.SIGSTOP) {
		return -abi.EINVAL
	}
	var b [thread.ActionBytes]byte
	a := &k.Threads.Actions[signal]
	if old != 0 {
		for i, word := range [4]uint64{a.Handler, a.Flags, a.Restorer, a.Mask} {
			mem.Store64(b[8*i:], word)
		}
		if !k.Space.CopyOut(old, b[:]) {
			return -abi.EFAULT
		}
	}
	if action != 0 {
		if !k.Space.CopyIn(b[:], action) {
			return -abi.EFAULT
		}
		n := thread.Action{Handler: mem.Load64(b[0:]), Flags: mem.Load64(b[8:]),
			Restorer: mem.Load64(b[16:]), Mask: mem.Load64(b[24:])}
		if n.Handler >= layout.UserTop || n.Restorer >= layout.UserTop {
			return -abi.EFAULT
		}
		*a = n
	}
	return 0
}

func (k *Kernel) sigprocmask(t *thread.Thread) int64 {
	r := &t.Regs
	if r.R10 != maskBytes {
		return -abi.EINVAL
	}
	if r.SI == 0 {
		if r.DX != 0 && !k.Space.Store64(r.DX, t.Mask) {
			return -abi.EFAULT
		}
		return 0
	}
	set, ok := k.Space.Load64(r.SI)
	if !ok || r.DX != 0 && !k.Space.Store64(r.DX, t.Mask) {
		return -abi.EFAULT
	}
	switch r.DI {
	case abi.MaskBlock:
		t.SetMask(t.Mask | set)
	case abi.MaskUnblock:
		t.SetMask(t.Mask &^ set)
	case abi.MaskSet:
		t.SetMask(set)
	default:
		return -abi.EINVAL
	}
	return 0
}

// sigreturn goes on where a signal interrupted. Its result is whatever AX was then.
func (k *Kernel) sigreturn(t *thread.Thread) int64 {
	if !t.Return(&k.Space, k.fx(t)) {
		k.kill(t, thread.Cause{Signal: abi.SIGSEGV, Address: t.Regs.SP})
		return blocked
	}
	return int64(t.Regs.AX)
}

// sigaltstack: struct stack_t is an address, flags of 4 bytes with 4 bytes after them, a size.
func (k *Kernel) sigaltstack(t *thread.Thread) int64 {
	r := &t.Regs
	if r.SI != 0 {
		flags := uint64(0)
		if t.AltBytes == 0 {
			flags = abi.StackDisable
		} else if r.SP-t.AltStart < t.AltBytes {
			flags = abi.StackOnStack
		}
		if !k.Space.Store64(r.SI, t.AltStart) || !k.Space.Store64(r.SI+8, flags) ||
			!k.Space.Store64(r.SI+16, t.AltBytes) {
			return -abi.EFAULT
		}
	}
	if r.DI == 0 {
		return 0
	}
	start, ok1 := k.Space.Load64(r.DI)
	flags, ok2 := k.Space.Load32(r.DI + 8)
	size, ok3 := k.Space.Load64(r.DI + 16)
	switch {
	case !ok1 || !ok2 || !ok3:
		return -abi.EFAULT
	case t.AltBytes > 0 && r.SP-t.AltStart < t.AltBytes:
		return -abi.EPERM
	case flags == abi.StackDisable:
		t.AltStart, t.AltBytes = 0, 0
	case flags&^abi.StackOnStack != 0:
		return -abi.EINVAL
	case size < abi.StackBytesMin || start >= layout.UserTop || size > layout.UserTop-start:
		return -abi.ENOMEM
	default:
		t.AltStart, t.AltBytes = start, size
	}
	return 0
}

func (k *Kernel) tgkill(t *thread.Thread) int64 {
	r := &t.Regs
	target := k.Threads.ByID(int(int32(r.SI)))
	switch {
	case int32(r.DI) <= 0 || int32(r.SI) <= 0 || r.DX > abi.Signals:
		return -abi.EINVAL
	case r.DI != 1 || target == nil:
		return -abi.ESRCH
	case r.DX != 0:
		k.Threads.Send(target, int(r.DX))
	}
	return 0
}

func (k *Kernel) killProcess(t *thread.Thread) int64 {
	r := &t.Regs
	switch pid := int32(r.DI); {
	case r.SI > abi.Signals:
		return -abi.EINVAL
	case pid != 1 && pid != 0:
		return -abi.ESRCH
	case r.SI != 0:
		k.Threads.Send(nil, int(r.SI))
	}
	return 0
}
