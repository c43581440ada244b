//go:build atollkernel && linux && amd64

#include "textflag.h"

// func in8(port uint16) uint8
TEXT ·in8(SB), NOSPLIT, $0-9
	MOVW port+0(FP), DX
	INB
	MOVB AX, ret+8(FP)
	RET

// func out8(port uint16, value uint8)
TEXT ·out8(SB), NOSPLIT, $0-3
	MOVW port+0(FP), DX
	MOVB value+2(FP), AX
	OUTB
	RET

// func out16(port, value uint16)
TEXT ·out16(SB), NOSPLIT, $0-4
	MOVW port+0(FP), DX
	MOVW value+2(FP), AX
	OUTW
	RET

// func in32(port uint16) uint32
TEXT ·in32(SB), NOSPLIT, $0-12
	MOVW port+0(FP), DX
	INL
	MOVL AX, ret+8(FP)
	RET

// func out32(port uint16, value uint32)
TEXT ·out32(SB), NOSPLIT, $0-8
	MOVW port+0(FP), DX
	MOVL value+4(FP), AX
	OUTL
	RET

// func readMSR(register uint32) uint64
TEXT ·readMSR(SB), NOSPLIT, $0-16
	MOVL register+0(FP), CX
	RDMSR
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+8(FP)
	RET

// func writeMSR(register uint32, value uint64)
TEXT ·writeMSR(SB), NOSPLIT, $0-16
	MOVL register+0(FP), CX
	MOVQ value+8(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	WRMSR
	RET

// func cpuid(leaf, part uint32) (a, b, c, d uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-24
	MOVL leaf+0(FP), AX
	MOVL part+4(FP), CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	MOVL DX, d+20(FP)
	RET

// func counter() uint64
TEXT ·counter(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func readCR2() uint64
TEXT ·readCR2(SB), NOSPLIT, $0-8
	MOVQ CR2, AX
	MOVQ AX, ret+0(FP)
	RET

// func reloadCR3()
TEXT ·reloadCR3(SB), NOSPLIT, $0
	MOVQ CR3, AX
	MOVQ AX, CR3
	RET

// func setCR4(bits uint64)
TEXT ·setCR4(SB), NOSPLIT, $0-8
	MOVQ CR4, AX
	ORQ  bits+0(FP), AX
	MOVQ AX, CR4
	RET

// func loadTables(gdt, idt *byte)
// Each points to a limit of 2 bytes and an address of 8.
TEXT ·loadTables(SB), NOSPLIT, $0-16
	MOVQ gdt+0(FP), AX
	LGDT (AX)
	MOVQ idt+8(FP), AX
	LIDT (AX)
	MOVL $0x10, AX
	MOVW AX, DS
	MOVW AX, ES
	MOVW AX, SS
	MOVL $0x28, AX
	LTR  AX
	RET

// func read8(address uint64) uint8
TEXT ·read8(SB), NOSPLIT, $0-9
	MOVQ address+0(FP), AX
	MOVB (AX), AX
	MOVB AX, ret+8(FP)
	RET

// func read16(address uint64) uint16
TEXT ·read16(SB), NOSPLIT, $0-10
	MOVQ address+0(FP), AX
	MOVW (AX), AX
	MOVW AX, ret+8(FP)
	RET

// func read32(address uint64) uint32
TEXT ·read32(SB), NOSPLIT, $0-12
	MOVQ address+0(FP), AX
	MOVL (AX), AX
	MOVL AX, ret+8(FP)
	RET

// func write8(address uint64, value uint8)
TEXT ·write8(SB), NOSPLIT, $0-9
	MOVQ address+0(FP), AX
	MOVB value+8(FP), CX
	MOVB CX, (AX)
	RET

// func write16(address uint64, value uint16)
TEXT ·write16(SB), NOSPLIT, $0-10
	MOVQ address+0(FP), AX
	MOVW value+8(FP), CX
	MOVW CX, (AX)
	RET

// func write32(address uint64, value uint32)
TEXT ·write32(SB), NOSPLIT, $0-12
	MOVQ address+0(FP), AX
	MOVL value+8(FP), CX
	MOVL CX, (AX)
	RET

// func rdrand32() (value uint32, ok bool)
TEXT ·rdrand32(SB), NOSPLIT, $0-5
	RDRANDL AX
	SETCS   ok+4(FP)
	MOVL    AX, value+0(FP)
	RET

// func rdseed32() (value uint32, ok bool)
TEXT ·rdseed32(SB), NOSPLIT, $0-5
	RDSEEDL AX
	SETCS   ok+4(FP)
	MOVL    AX, value+0(FP)
	RET

// func halt()
TEXT ·halt(SB), NOSPLIT, $0
	CLI
	HLT
	RET

// func callers() (bp uint64)
TEXT ·callers(SB), NOSPLIT, $0-8
	MOVQ BP, bp+0(FP)
	RET
