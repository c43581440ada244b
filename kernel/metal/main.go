//go:build atollkernel && linux && amd64

// Command metal is the kernel of a vm as a freestanding program: what package kernel decides, done
// with the registers, tables and devices of an amd64 machine. The image builder links it to its
// address with start64 as the entry; nothing of Go's runtime is ever run, and all of it is
// overwritten with traps in the image.
//
//	boot stub (package image) ── start64 ── boot: tables, clock, entropy, program ──┐
//	                                                                                v
//	   ┌──────────── trap: Kernel.Trap, Kernel.Next ── leave: IRETQ ──> program in ring 3
//	   └── enter: registers saved <── SYSCALL, exception, interrupt ────────────────┘
//
// What a freestanding program may not use: maps, channels, go, defer, append that grows, what
// escapes to a heap, strings made at run time, interfaces, panics with a value. The gates in
// gates_test.go of package image see to it. Nothing initialises variables at run time either.
package main

import (
	"unsafe"

	"github.com/atoll-os/atoll/kernel"
	"github.com/atoll-os/atoll/kernel/exec"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
)

// Shared with entry.s.
var (
	startInfo uint64     // physical address of hvm_start_info
	current   uint64     // address of the Regs of the thread that runs
	userSP    uint64     // the program's SP for a moment
	pending   uint64     // interrupts that came while the kernel waited, bit vector-32
	tls       [2]uint64  // FS:-8 is the first
	g         [64]uint64 // what Go code takes for its g: word 2 is the lowest SP it may use
	bootf     = boot
	trapf     = trap
	crashf    = crashed
)

// stackReserve is what the code that finds the stack too short needs itself.
const stackReserve = 2048

var (
	ram mem.RAM
	k   kernel.Kernel
)

// main is never run: the linker wants it to be there.
func main() {}

// address returns the address of something as a number.
func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

// info returns a word of what the image builder says.
func info(word uint64) uint64 { return ram.Load(layout.InfoPhys + 8*word) }

// boot makes the machine ready and returns with the first thread in current.
func boot() {
	g[2] = layout.StackTop0 - layout.StackBytes + stackReserve
	ram = unsafe.Slice((*byte)(unsafe.Pointer(uintptr(layout.DirectBase))), layout.BootEnd)
	startSerial()
	if info(layout.InfoMagic) != layout.MagicValue {
		fail("the image has no information for the kernel")
	}
	readMachine()
	setCPU()
	ram.Store(layout.RootPhys, 0) // the identity map of the stub
	reloadCR3()
	startClock()
	m := &kernel.Machine{Wall: wallStart, Root: layout.RootPhys, From: info(layout.InfoEnd),
		To: uint64(len(ram)), Devices: file.Devices{Write: consolef, Random: randomf}}
	if !k.Init(ram, m) {
		fail("not enough memory")
	}
	if !k.Files.Tree.Load(info(layout.InfoFiles), info(layout.InfoFilesBytes)) {
		fail("the files of the image are damaged, or too many")
	}
	applyOptions()
	gatherEntropy()
	environment()
	f := k.Start(info(layout.InfoProgram), info(layout.InfoProgramBytes),
		exec.Strings(arguments.bytes()), exec.Strings(variables.bytes()))
	if f != exec.Loaded {
		printText("atoll: the program cannot start: ")
		printText(f.String())
		printText("\n")
		powerOff(codeLoad + 1)
	}
	resume(k.Next(now()), false)
}

// trap is what enter calls: the thread in current is in the kernel.
func trap() {
	lookGeneration()
	regs := (*thread.Regs)(unsafe.Pointer(uintptr(current)))
	t := (*thread.Thread)(unsafe.Pointer(regs)) // Regs is its first field
	if vector := regs.Trap; vector >= vectorTimer && vector < vectorsMax {
		if vector != vectorSpurious {
			endOfInterrupt()
		}
		interrupts(1 << (vector - vectorTimer))
		resume(k.Next(now()), false)
		return
	}
	at := uint64(0)
	if regs.Trap == vectorPageFault {
		at = readCR2()
	}
	n := now()
	k.Trap(t, at, n)
	t, same := k.Resume(t, n)
	resume(t, same)
}

// resume sets current to the thread that runs next, and waits until there is one. same says that
// nothing has changed since the timer was set.
func resume(t *thread.Thread, same bool) {
	if same {
		leaveTo(t)
		return
	}
	for {
		if k.Over {
			finish()
		}
		if t != nil {
			setTimer(k.Deadline(true))
			leaveTo(t)
			return
		}
		setTimer(k.Deadline(false))
		if pending == 0 {
			wait()
		}
		lookGeneration()
		came := pending
		pending = 0
		interrupts(came)
		t = k.Next(now())
	}
}

// leaveTo makes t the thread that goes on.
func leaveTo(t *thread.Thread) {
	if k.Space.Stale {
		k.Space.Stale = false
		reloadCR3()
	}
	current = address(unsafe.Pointer(&t.Regs))
}

// interrupts handles those that came, as bits: the timer needs nothing but a look at the clock.
func interrupts(came uint64) {
	if came&1 != 0 {
		armed = thread.Never
	}
	for line := range uint32(ioapicPins) {
		if came>>(vectorLine-vectorTimer+line)&1 != 0 {
			k.Interrupt(line)
		}
	}
}
