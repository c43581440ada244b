package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/thread"
)

func (k *Kernel) mmap(t *thread.Thread) int64 {
	r := &t.Regs
	if r.R10&abi.MapAnonymous == 0 {
		return k.Files.Map(r.R8, r.SI, r.DX, r.R10, r.R9)
	}
	return k.Space.Map(r.DI, r.SI, r.DX, r.R10)
}

func (k *Kernel) mprotect(t *thread.Thread) int64 {
	return k.Space.Protect(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) munmap(t *thread.Thread) int64 {
	return k.Space.Unmap(t.Regs.DI, t.Regs.SI)
}

func (k *Kernel) madvise(t *thread.Thread) int64 {
	return k.Space.Advise(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

// Resources of prlimit64, and a limit that is none.
const (
	limitFiles = 7
	limitsMax  = 16
	unlimited  = 1<<64 - 1
)

// prlimit tells limits; what a program asks for instead is not remembered.
func (k *Kernel) prlimit(t *thread.Thread) int64 {
	r := &t.Regs
	if r.DI > 1 {
		return -abi.ESRCH
	}
	if r.SI >= limitsMax {
		return -abi.EINVAL
	}
	limit := uint64(unlimited)
	if r.SI == limitFiles {
		limit = filesMax
	}
	if r.DX != 0 {
		if _, ok := k.Space.Load64(r.DX); !ok {
			return -abi.EFAULT
		}
	}
	if r.R10 != 0 && (!k.Space.Store64(r.R10, limit) || !k.Space.Store64(r.R10+8, limit)) {
		return -abi.EFAULT
	}
	return 0
}
