// Package layout says where in memory a vm's image and its kernel lie. The builder of images writes
// what the kernel finds, so both read the places here.
//
//	physical    what                                        virtual
//	0x00100000  boot page: stub, GDT; page tables           [DirectBase]+physical
//	0x0010e000  vDSO and its data, for the program          [VDSOBase]
//	0x00110000  what the builder tells the kernel ([Info])
//	0x00120000  stacks of the kernel                        [StackBase], a hole below each
//	0x00200000  kernel                                      [KernelBase]
//	0x00600000  the program's ELF file, then symbols, files mapped from here
//	after it    free memory
package layout

// PageBytes is the size of a page.
const PageBytes = 4096

// Physical places of the boot area; one page each, but for the four directories.
const (
	BootPhys       = 0x100000 // stub at 0, GDT at GDTOffset
	RootPhys       = 0x101000 // PML4
	LowPDPTPhys    = 0x102000 // identity map, for the stub's way to 64 bits only
	LowPDPhys      = 0x103000
	HighPDPTPhys   = 0x104000 // the top 2 GiB: kernel and stacks
	HighPDPhys     = 0x105000
	StackPTPhys    = 0x106000
	KernelPTPhys   = 0x107000 // two of them
	DirectPDPTPhys = 0x109000
	DirectPDPhys   = 0x10a000 // four of them
	VDSOPhys       = 0x10e000
	ClockPhys      = 0x10f000 // what the vDSO reads
	InfoPhys       = 0x110000
	DirectPTPhys   = 0x111000 // two: the kernel in the direct map, where code is read-only
	StackPhys      = 0x120000
	BootEnd        = 0x140000
)

// GDTOffset is where in the boot page the segment descriptors begin.
const GDTOffset = 0xf00

// The segments, as selectors; a program's have privilege 3.
const (
	KernelCode = 0x08
	KernelData = 0x10
	UserData   = 0x18 | 3
	UserCode   = 0x20 | 3
	TaskState  = 0x28
)

// The kernel. The linker is told KernelBase + a page, since it puts a header page before the text.
const (
	KernelPhys     = 0x200000
	KernelBase     = 0xffffffff80200000
	KernelBytesMax = 0x400000
	ProgramPhys    = KernelPhys + KernelBytesMax
)

// All memory and devices below 4 GiB, writable but for the kernel's code and never executable.
const (
	DirectBase  = 0xffff800000000000
	DirectBytes = 4 << 30
	// MemoryMax is how much memory is used: the rest of the 4 GiB is for devices.
	MemoryMax = 3 << 30
)

// Stacks. Stack n is StackBytes long and ends at StackTop(n); the page below it does not exist, so
// that an overflow is a fault and not a surprise.
const (
	StackBase   = 0xffffffff80000000
	StackStride = 0x10000
	StackBytes  = 0x8000
	Stacks      = 4 // the kernel's, and one each for NMI, double fault and machine check
)

// StackTop0 is StackTop(0), for the assembler.
const StackTop0 = StackBase + PageBytes + StackBytes

// StackTop returns the address at which stack n begins to grow down.
func StackTop(n uint64) uint64 { return StackBase + n*StackStride + PageBytes + StackBytes }

// The program's address space.
const (
	UserMin    = 0x10000        // nothing below: nil with an offset faults
	UserTop    = 0x7ffffffff000 // and the last page before non-canonical addresses stays free
	StackLimit = UserTop - 0x20000
	StackSize  = 0x80000 // of the first thread
	MapTop     = 0x7fff00000000
	VDSOBase   = StackLimit + 0x8000
	ClockBase  = VDSOBase + PageBytes
)

// Info is what the builder tells the kernel, as little-endian words from InfoPhys on, each at its
// index below.
const (
	InfoMagic        = iota // MagicValue
	InfoProgram             // physical address of the program's ELF file
	InfoProgramBytes        //
	InfoSymbols             // of the kernel's symbols, see package image
	InfoSymbolsBytes
	InfoFiles // of the files in the image
	InfoFilesBytes
	InfoEnd // first byte after the image
	InfoWords
)

// MagicValue is "atollimg" in memory.
const MagicValue = 0x676d696c6c6f7461

// The data of the vDSO, as words from ClockPhys on: a time in nanoseconds is
// ((counter - start) * multiplier) >> 32, and wall time is that plus ClockWall.
const (
	ClockStart      = 0
	ClockMultiplier = 8
	ClockWall       = 16
)
