// Package thread holds the threads of the one program: their registers, who runs next, futexes, and
// signals. It is state and rules only; the kernel's entry code moves registers to and from the
// processor.
//
//	Free ──Spawn──> Ready <────────────────────────────┐
//	                  │  Futex: FutexWait                │ Wake, timeout, signal
//	                  │  Sleep: nanosleep                │ timeout, signal
//	                  │  Retry: a call that must wait    │ something changed: the call is made again
//	                  └─────────────────────────────────┘
//
// A thread that waits holds no kernel stack: whoever wakes it writes the result of its call into
// its saved registers. Nothing here allocates or needs a Go runtime. One processor, no locks.
package thread

// Regs are a program's registers as the kernel's entry code saves them, in the order of the words
// of a signal's ucontext (<asm/sigcontext.h>) up to Flags. Words of 8 bytes; the assembly knows the
// offsets.
type Regs struct {
	R8, R9, R10, R11, R12, R13, R14, R15      uint64
	DI, SI, BP, BX, DX, AX, CX, SP, IP, Flags uint64
	Trap                                      uint64 // vector, or TrapSyscall
	Error                                     uint64 // what the processor says about a fault
	FS                                        uint64 // base, which Go keeps its g behind
	FX                                        uint64 // address of the 512 bytes of FXSAVE
}

// TrapSyscall stands in Regs.Trap for a system call.
const TrapSyscall = 256

// Arg returns argument n of a system call, from 0.
func (r *Regs) Arg(n int) uint64 {
	switch n {
	case 0:
		return r.DI
	case 1:
		return r.SI
	case 2:
		return r.DX
	case 3:
		return r.R10
	case 4:
		return r.R8
	}
	return r.R9
}

// Bits of the flags register: a program may change flagsUser, the others are as in flagsAlways.
const (
	flagsUser   = 0x240dd5 // ID, AC, OF, DF, TF, SF, ZF, AF, PF, CF
	flagsAlways = 0x202    // interrupts on, and a bit that is always set
)

// Flags returns flags that a program asks for as it may have them.
func Flags(asked uint64) uint64 { return asked&flagsUser | flagsAlways }
