//go:build atollkernel && linux && amd64

package main

import (
	"unsafe"

	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
)

// In assembly.
func in8(port uint16) uint8
func out8(port uint16, value uint8)
func out16(port, value uint16)
func in32(port uint16) uint32
func out32(port uint16, value uint32)
func readMSR(register uint32) uint64
func writeMSR(register uint32, value uint64)
func cpuid(leaf, part uint32) (a, b, c, d uint32)
func counter() uint64
func readCR2() uint64
func reloadCR3()
func setCR4(bits uint64)
func loadTables(gdt, idt *byte)
func read8(address uint64) uint8
func read16(address uint64) uint16
func read32(address uint64) uint32
func write8(address uint64, value uint8)
func write16(address uint64, value uint16)
func write32(address uint64, value uint32)
func rdrand32() (value uint32, ok bool)
func rdseed32() (value uint32, ok bool)
func halt()
func callers() (bp uint64)
func wait()

// Addresses of assembly, from entry.s: the value of such a function in Go is that of a wrapper.
var vectorsAt, syscallEntryAt uint64

// The offsets that entry.s has of thread.Regs: a negative array length does not compile.
var (
	_ [unsafe.Offsetof(thread.Regs{}.SP) - 120]struct{}
	_ [120 - unsafe.Offsetof(thread.Regs{}.SP)]struct{}
	_ [unsafe.Offsetof(thread.Regs{}.AX) - 104]struct{}
	_ [104 - unsafe.Offsetof(thread.Regs{}.AX)]struct{}
	_ [unsafe.Offsetof(thread.Regs{}.FX) - 168]struct{}
	_ [168 - unsafe.Offsetof(thread.Regs{}.FX)]struct{}
	_ [unsafe.Offsetof(thread.Thread{}.Regs)]struct{} // it is first
	_ [layout.StackTop0 - 0xffffffff80009000]struct{}
	_ [0xffffffff80009000 - layout.StackTop0]struct{}
	_ [layout.ClockBase - 0x7ffffffe8000]struct{}
	_ [0x7ffffffe8000 - layout.ClockBase]struct{}
)

// Model-specific registers.
const (
	msrEFER   = 0xc0000080
	msrSTAR   = 0xc0000081
	msrLSTAR  = 0xc0000082
	msrSFMASK = 0xc0000084
)

// Bits of CR4.
const (
	cr4UMIP = 1 << 11
	cr4SMEP = 1 << 20
	cr4SMAP = 1 << 21
)

// Vectors of interrupts. Those of devices follow the timer's.
const (
	vectorNMI          = 2
	vectorBreakpoint   = 3
	vectorDoubleFault  = 8
	vectorMachineCheck = 18
	vectorPageFault    = 14
	vectorTimer        = 32
	vectorSpurious     = 79 // the low 4 bits must be set on old hardware
	vectorsMax         = 80
)

const taskStateBytes = 104

// What the processor reads: a descriptor for each vector, and the task state, which holds the
// stacks (Intel SDM vol. 3 §6.14 and §8.7).
var (
	idt       [2 * vectorsMax]uint64
	taskState [taskStateBytes]byte
	gdtr      [16]byte
	idtr      [16]byte
)

// setCPU makes tables and registers as the kernel wants them.
func setCPU() {
	out8(0x21, 0xff) // the old interrupt controllers are silent
	out8(0xa1, 0xff)

	entries := vectorsAt
	for v := range uint64(vectorsMax) {
		stack, gate := uint64(0), uint64(0x8e00)
		switch v {
		case vectorBreakpoint:
			gate = 0xee00 // the program may use INT3

		case vectorNMI:
			stack = 1
		case vectorDoubleFault:
			stack = 2
		case vectorMachineCheck:
			stack = 3
		}
		at := entries + 8*v
		idt[2*v] = at&0xffff | layout.KernelCode<<16 | stack<<32 | gate<<32 | at>>16&0xffff<<48
		idt[2*v+1] = at >> 32
	}

	mem.Store64(taskState[4:], layout.StackTop(0)) // for what comes from ring 3
	for n := range uint64(layout.Stacks - 1) {
		mem.Store64(taskState[36+8*n:], layout.StackTop(n+1))
	}
	mem.Store16(taskState[102:], taskStateBytes) // no map of ports
	base := address(unsafe.Pointer(&taskState))
	gdt := ram[layout.BootPhys+layout.GDTOffset:]
	mem.Store64(gdt[layout.TaskState:], 103|base&0xffffff<<16|0x89<<40|base>>24&0xff<<56)
	mem.Store64(gdt[layout.TaskState+8:], base>>32)

	mem.Store16(gdtr[:], 7*8-1)
	mem.Store64(gdtr[2:], layout.DirectBase+layout.BootPhys+layout.GDTOffset)
	mem.Store16(idtr[:], uint16(unsafe.Sizeof(idt)-1))
	mem.Store64(idtr[2:], address(unsafe.Pointer(&idt)))
	loadTables(&gdtr[0], &idtr[0])

	writeMSR(msrEFER, readMSR(msrEFER)|1) // SYSCALL
	writeMSR(msrSTAR, 0x13<<48|layout.KernelCode<<32)
	writeMSR(msrLSTAR, syscallEntryAt)
	writeMSR(msrSFMASK, 0x47700) // TF, IF, DF, IOPL, NT, AC

	most, _, _, _ := cpuid(0, 0)
	if most < 7 {
		return
	}
	_, b, c, _ := cpuid(7, 0)
	bits := uint64(0)
	if b&(1<<7) != 0 {
		bits |= cr4SMEP
	}
	if b&(1<<20) != 0 {
		bits |= cr4SMAP
	}
	if c&(1<<2) != 0 {
		bits |= cr4UMIP
	}
	setCR4(bits)
}
