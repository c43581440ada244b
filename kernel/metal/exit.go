//go:build atollkernel && linux && amd64

package main

import (
	"unsafe"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// The port of QEMU's isa-debug-exit device. What is written there, times two plus one, is QEMU's
// exit status: the program's code + 1 for codes up to codeMax, which stands for all higher ones.
const (
	exitPort      = 0xf4
	codeMax       = 124
	exitWatchdog  = 126 // where an NMI found the machine was printed
	exitPanic     = 127
	codeLoad      = 64 // the program cannot be loaded
	codeNoMemory  = 65 // the program needed more memory than there is
	keyboardReset = 0xfe
	keyboardPort  = 0x64
	sleepPort     = 0x600       // of Cloud Hypervisor, ACPI's sleep control register
	sleepOff      = 5<<2 | 1<<5 // state 5, now
)

// noPort is what a port reads as that is not there.
const noPort = 0xff

// powerOff ends the machine. Where there is no exit port, the last line of the console has the
// value, Cloud Hypervisor is told to end, and the keyboard controller resets the machine, which
// ends Firecracker, and QEMU with -no-reboot; else it stands still.
func powerOff(value uint8) {
	if in8(exitPort) == noPort {
		printText("atoll: exit value ")
		printNumber(uint64(value))
		printText("\n")
		out8(sleepPort, sleepOff)
	}
	out8(exitPort, value)
	out8(keyboardPort, keyboardReset)
	for {
		halt()
	}
}

// finish ends the machine as the program ended.
func finish() {
	code := k.Code
	if f := &k.Fatal; f.Memory {
		printText("atoll: out of memory: the program needs more than the machine's ")
		printNumber(uint64(len(ram)) >> 20)
		printText(" MiB\n")
		code = codeNoMemory
	} else if f.Signal != 0 {
		printText("atoll: ended by signal ")
		printNumber(uint64(f.Signal))
		printText(signalName(f.Signal))
		printText(" at ip ")
		printHex(f.IP)
		printText(" address ")
		printHex(f.Address)
		printText("\n")
	}
	if statistics {
		printCounts()
	}
	if code > codeMax {
		printText("atoll: exit code ")
		printNumber(uint64(code))
		printText("\n")
		code = codeMax
	}
	powerOff(uint8(code) + 1)
}

// signalName names the signals that end programs.
func signalName(signal int) string {
	switch signal {
	case abi.SIGSEGV:
		return " (SIGSEGV)"
	case abi.SIGABRT:
		return " (SIGABRT)"
	case abi.SIGILL:
		return " (SIGILL)"
	case abi.SIGFPE:
		return " (SIGFPE)"
	case abi.SIGTRAP:
		return " (SIGTRAP)"
	case abi.SIGBUS:
		return " (SIGBUS)"
	case abi.SIGPIPE:
		return " (SIGPIPE)"
	case abi.SIGTERM:
		return " (SIGTERM)"
	}
	return ""
}

// crash is what entry.s noted about a fault of the kernel itself, or about what ends the machine
// wherever it comes from.
var crash struct{ vector, code, ip, sp, bp, user uint64 }

// crashed is what a fault in the kernel calls.
func crashed() {
	value := uint8(exitPanic)
	if crash.vector == vectorNMI {
		printText("\natoll: watchdog: an NMI found the machine at\n")
		value = exitWatchdog
	} else {
		printText("\natoll: kernel panic: vector ")
		printNumber(crash.vector)
		printText(" code ")
		printHex(crash.code)
		printText(" cr2 ")
		printHex(readCR2())
		printText(" sp ")
		printHex(crash.sp)
		printText("\n")
	}
	if crash.user != 0 {
		printText("  program ip ")
		printHex(crash.ip)
		printText("\n")
		powerOff(value)
	}
	printPlace(crash.ip)
	if crash.vector == vectorBreakpoint || readCR2() == crash.ip {
		// A function that must not run begins with a trap or is not there: it has no frame yet.
		if sp := crash.sp; sp >= layout.StackBase && sp < layout.StackTop(layout.Stacks)-8 {
			printPlace(*(*uint64)(unsafe.Pointer(uintptr(sp))))
		}
	}
	backtrace(crash.bp)
	powerOff(value)
}

// fail ends the machine because the kernel cannot go on.
func fail(why string) {
	printText("\natoll: kernel panic: ")
	printText(why)
	printText("\n")
	backtrace(callers())
	powerOff(exitPanic)
}

// callersMax bounds a backtrace.
const callersMax = 32

// backtrace follows the frame pointers: each points to the caller's, above which is the address to
// return to.
func backtrace(bp uint64) {
	for range callersMax {
		if bp < layout.StackBase || bp >= layout.StackTop(layout.Stacks)-16 || bp%8 != 0 {
			return
		}
		frame := (*[2]uint64)(unsafe.Pointer(uintptr(bp)))
		printPlace(frame[1])
		if frame[0] <= bp {
			return
		}
		bp = frame[0]
	}
}

// printPlace prints an address of the kernel with the function it is in. The image has the symbols:
// a count, then for each function its address as an offset from KernelBase and where its name
// begins, 4 bytes each, by address; then the names, each with a zero byte.
func printPlace(ip uint64) {
	printText("  ")
	printHex(ip)
	name := symbol(ip)
	if len(name) > 0 {
		printText(" ")
		console(name)
	}
	printText("\n")
}

// symbol returns the name of the function that an address of the kernel is in.
func symbol(ip uint64) []byte {
	at, size := info(layout.InfoSymbols), info(layout.InfoSymbolsBytes)
	if ip < layout.KernelBase || ip-layout.KernelBase >= layout.KernelBytesMax || size < 4 ||
		at+size > uint64(len(ram)) {
		return nil
	}
	table := ram[at : at+size]
	offset, count := uint32(ip-layout.KernelBase), uint64(mem.Load32(table))
	name := uint64(0)
	for i := range count {
		entry := table[4+8*i:]
		if mem.Load32(entry) > offset {
			break
		}
		name = uint64(mem.Load32(entry[4:]))
	}
	if name == 0 || name >= size {
		return nil
	}
	text := table[name:]
	for i, c := range text {
		if c == 0 {
			return text[:i]
		}
	}
	return nil
}
