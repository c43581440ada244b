package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
)

// Exceptions of the processor, by vector (Intel SDM vol. 3 §6.3).
const (
	vectorDivide     = 0
	vectorDebug      = 1
	vectorBreakpoint = 3
	vectorOpcode     = 6
	vectorProtection = 13
	vectorPage       = 14
	vectorX87        = 16
	vectorAlignment  = 17
	vectorSIMD       = 19
)

// Trap handles what brought thread t into the kernel: a system call, or an exception with the
// vector in Regs.Trap. address is what a page fault was about. Interrupts are for the caller.
func (k *Kernel) Trap(t *thread.Thread, address uint64, now int64) {
	k.now = now
	k.count(now)
	switch t.Regs.Trap {
	case thread.TrapSyscall:
		k.call(t)
	case vectorPage:
		k.pageFault(t, address)
	default:
		k.cause(t, fault(t.Regs.Trap))
	}
}

// pageFault gives the program the page that it touched, or a signal.
func (k *Kernel) pageFault(t *thread.Thread, address uint64) {
	const write, fetch = 1 << 1, 1 << 4 // bits of the error code
	access := mem.Access(abi.ProtRead)
	switch {
	case t.Regs.Error&fetch != 0:
		access = abi.ProtExec
	case t.Regs.Error&write != 0:
		access = abi.ProtWrite
	}
	c := thread.Cause{Signal: abi.SIGSEGV, Code: abi.CodeMapError, Address: address}
	switch k.Space.Mend(address, access) {
	case mem.Mended:
		return
	case mem.NoMemory:
		k.kill(t, thread.Cause{Signal: abi.SIGKILL, Address: address})
		k.Fatal.Memory = true
		return
	case mem.NotAllowed:
		c.Code = abi.CodeAccess
	}
	k.cause(t, c)
}

// fault returns the signal that an exception is told as.
func fault(vector uint64) thread.Cause {
	switch vector {
	case vectorDivide:
		return thread.Cause{Signal: abi.SIGFPE, Code: abi.CodeDivide}
	case vectorX87, vectorSIMD:
		return thread.Cause{Signal: abi.SIGFPE, Code: abi.CodeFloat}
	case vectorDebug, vectorBreakpoint:
		return thread.Cause{Signal: abi.SIGTRAP, Code: abi.CodeBreak}
	case vectorOpcode:
		return thread.Cause{Signal: abi.SIGILL, Code: abi.CodeOpcode}
	case vectorAlignment:
		return thread.Cause{Signal: abi.SIGBUS, Code: abi.CodeAlignment}
	}
	// A general protection fault has no address; Linux says SI_KERNEL.
	return thread.Cause{Signal: abi.SIGSEGV, Code: abi.CodeKernel}
}

// cause gives t the signal of a fault of its own, or ends the program.
func (k *Kernel) cause(t *thread.Thread, c thread.Cause) {
	c.Vector, c.Error = t.Regs.Trap, t.Regs.Error
	if c.Signal == abi.SIGFPE || c.Signal == abi.SIGILL || c.Signal == abi.SIGTRAP {
		c.Address = t.Regs.IP
	}
	if k.Threads.Fatal(t, c.Signal, true) || !k.Threads.Handle(t, c, &k.Space, k.fx(t)) {
		k.kill(t, c)
	}
}
