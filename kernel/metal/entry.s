//go:build atollkernel && linux && amd64

#include "textflag.h"

// Offsets in thread.Regs; layout_check.go holds them against the Go type.
#define R_R8    0
#define R_R9    8
#define R_R10   16
#define R_R11   24
#define R_R12   32
#define R_R13   40
#define R_R14   48
#define R_R15   56
#define R_DI    64
#define R_SI    72
#define R_BP    80
#define R_BX    88
#define R_DX    96
#define R_AX    104
#define R_CX    112
#define R_SP    120
#define R_IP    128
#define R_FLAGS 136
#define R_TRAP  144
#define R_ERROR 152
#define R_FS    160
#define R_FX    168

#define DIRECT_BASE 0xffff800000000000
#define STACK_TOP   0xffffffff80009000 // layout.StackTop(0)
#define FS_BASE     0xc0000100         // model-specific register
#define LAPIC_EOI   (DIRECT_BASE + 0xfee000b0)

// Go code finds its g in R14 and, after it called assembly, at FS:-8; it wants zeros in X15. Our g is
// an array of zeros but for the limit of the stack.
#define GO_STATE \
	LEAQ ·tls+8(SB), AX \
	MOVQ AX, DX \
	SHRQ $32, DX \
	MOVL $FS_BASE, CX \
	WRMSR \
	LEAQ ·g(SB), R14 \
	XORPS X15, X15 \
	XORL BP, BP \
	CLD

// GO_CALL calls the Go function whose value is in a variable; Go's own calling convention cannot be
// named in assembly of this package.
#define GO_CALL(variable) \
	MOVQ variable(SB), DX \
	MOVQ (DX), AX \
	CALL AX

// start64 is where the boot stub jumps to: 64 bits, paging on, interrupts off, DI the physical
// address of what the hypervisor says about the machine.
TEXT ·start64(SB), NOSPLIT|NOFRAME, $0
	MOVQ $STACK_TOP, SP
	MOVQ DI, ·startInfo(SB)
	LEAQ ·vdsoClockGettime(SB), AX // so that the linker keeps it for the image builder
	GO_STATE
	MOVQ R14, ·tls(SB)
	GO_CALL(·bootf)
	JMP  leave<>(SB)

// syscallEntry is where SYSCALL goes: CX is the program's IP, R11 its flags, SP still its own. There
// is one processor and interrupts are off, so that a variable can hold SP.
TEXT ·syscallEntry(SB), NOSPLIT|NOFRAME, $0
	MOVQ SP, ·userSP(SB)
	MOVQ ·current(SB), SP
	MOVQ R8, R_R8(SP)
	MOVQ R9, R_R9(SP)
	MOVQ R10, R_R10(SP)
	MOVQ R11, R_R11(SP)
	MOVQ R12, R_R12(SP)
	MOVQ R13, R_R13(SP)
	MOVQ R14, R_R14(SP)
	MOVQ R15, R_R15(SP)
	MOVQ DI, R_DI(SP)
	MOVQ SI, R_SI(SP)
	MOVQ BP, R_BP(SP)
	MOVQ BX, R_BX(SP)
	MOVQ DX, R_DX(SP)
	MOVQ AX, R_AX(SP)
	MOVQ CX, R_CX(SP)
	MOVQ CX, R_IP(SP)
	MOVQ R11, R_FLAGS(SP)
	MOVQ $256, R_TRAP(SP)
	MOVQ SP, AX
	MOVQ ·userSP(SB), CX
	MOVQ CX, R_SP(AX)
	JMP  enter<>(SB)

// enter has the thread's Regs in AX: it saves the rest, makes a Go state, and calls trap.
TEXT enter<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ R_FX(AX), BX
	MOVQ $DIRECT_BASE, CX
	FXSAVE64 (BX)(CX*1)
	MOVQ $STACK_TOP, SP
	GO_STATE
	GO_CALL(·trapf)
	JMP  leave<>(SB)

// leave goes on with the thread whose Regs are at ·current.
TEXT leave<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ $STACK_TOP, SP
	MOVQ ·current(SB), R15
	MOVQ R_FS(R15), AX
	MOVQ AX, DX
	SHRQ $32, DX
	MOVL $FS_BASE, CX
	WRMSR
	MOVQ R_FX(R15), BX
	MOVQ $DIRECT_BASE, CX
	FXRSTOR64 (BX)(CX*1)
	PUSHQ $0x1b // UserData
	PUSHQ R_SP(R15)
	PUSHQ R_FLAGS(R15)
	PUSHQ $0x23 // UserCode
	PUSHQ R_IP(R15)
	MOVQ R_R8(R15), R8
	MOVQ R_R9(R15), R9
	MOVQ R_R10(R15), R10
	MOVQ R_R11(R15), R11
	MOVQ R_R12(R15), R12
	MOVQ R_R13(R15), R13
	MOVQ R_R14(R15), R14
	MOVQ R_DI(R15), DI
	MOVQ R_SI(R15), SI
	MOVQ R_BP(R15), BP
	MOVQ R_BX(R15), BX
	MOVQ R_DX(R15), DX
	MOVQ R_AX(R15), AX
	MOVQ R_CX(R15), CX
	MOVQ R_R15(R15), R15
	IRETQ

// vectors is one entry of 8 bytes for each vector: PUSHQ $0 in the place of the error code that the
// processor does not push, or two NOP where it does; CALL, whose return address tells which vector;
// NOP.
#define PLAIN BYTE $0x6a; BYTE $0x00; CALL interrupt<>(SB); BYTE $0x90
#define CODED BYTE $0x90; BYTE $0x90; CALL interrupt<>(SB); BYTE $0x90
#define PLAIN8 PLAIN; PLAIN; PLAIN; PLAIN; PLAIN; PLAIN; PLAIN; PLAIN
TEXT ·vectors(SB), NOSPLIT|NOFRAME, $0
	PLAIN8 // 0 to 7
	CODED; PLAIN; CODED; CODED; CODED; CODED; CODED; PLAIN // 8 to 15
	PLAIN; CODED; PLAIN; PLAIN; PLAIN; CODED; PLAIN; PLAIN // 16 to 23
	PLAIN; PLAIN; PLAIN; PLAIN; PLAIN; CODED; CODED; PLAIN // 24 to 31
	PLAIN8; PLAIN8; PLAIN8; PLAIN8; PLAIN8; PLAIN8 // 32 to 79

// interrupt has on its stack: return address in vectors, error code, IP, CS, flags, SP, SS.
TEXT interrupt<>(SB), NOSPLIT|NOFRAME, $0
	TESTB $3, 24(SP)
	JZ    inkernel
	PUSHQ AX
	MOVQ  ·current(SB), AX
	MOVQ  R8, R_R8(AX)
	MOVQ  R9, R_R9(AX)
	MOVQ  R10, R_R10(AX)
	MOVQ  R11, R_R11(AX)
	MOVQ  R12, R_R12(AX)
	MOVQ  R13, R_R13(AX)
	MOVQ  R14, R_R14(AX)
	MOVQ  R15, R_R15(AX)
	MOVQ  DI, R_DI(AX)
	MOVQ  SI, R_SI(AX)
	MOVQ  BP, R_BP(AX)
	MOVQ  BX, R_BX(AX)
	MOVQ  DX, R_DX(AX)
	MOVQ  CX, R_CX(AX)
	POPQ  BX
	MOVQ  BX, R_AX(AX)
	POPQ  BX
	LEAQ  ·vectors(SB), CX
	SUBQ  CX, BX
	SHRQ  $3, BX
	MOVQ  BX, R_TRAP(AX)
	POPQ  R_ERROR(AX)
	POPQ  R_IP(AX)
	POPQ  BX
	POPQ  R_FLAGS(AX)
	POPQ  R_SP(AX)
	CMPQ  R_TRAP(AX), $2
	JEQ   outside
	CMPQ  R_TRAP(AX), $8
	JEQ   outside
	CMPQ  R_TRAP(AX), $18
	JEQ   outside
	JMP   enter<>(SB)

outside:
	// NMI, double fault and machine check end the machine wherever they come from.
	MOVQ R_TRAP(AX), BX
	MOVQ BX, ·crash+0(SB)
	MOVQ R_ERROR(AX), BX
	MOVQ BX, ·crash+8(SB)
	MOVQ R_IP(AX), BX
	MOVQ BX, ·crash+16(SB)
	MOVQ R_SP(AX), BX
	MOVQ BX, ·crash+24(SB)
	MOVQ R_BP(AX), BX
	MOVQ BX, ·crash+32(SB)
	MOVQ $1, ·crash+40(SB)
	GO_STATE
	GO_CALL(·crashf)
	HLT

inkernel:
	PUSHQ AX
	PUSHQ CX
	MOVQ  16(SP), AX
	LEAQ  ·vectors(SB), CX
	SUBQ  CX, AX
	SHRQ  $3, AX
	CMPQ  AX, $32
	JB    fault

	// A device or the timer, while the kernel waits: note it, and go on. For the spurious interrupt
	// there is no end to be told.
	SUBQ  $32, AX
	BTSQ  AX, ·pending(SB)
	CMPQ  AX, $(79-32)
	JEQ   noted
	MOVQ  $LAPIC_EOI, AX
	MOVL  $0, (AX)

noted:
	POPQ CX
	POPQ AX
	ADDQ $16, SP
	IRETQ

fault:
	MOVQ AX, ·crash+0(SB)
	MOVQ 24(SP), AX
	MOVQ AX, ·crash+8(SB)
	MOVQ 32(SP), AX
	MOVQ AX, ·crash+16(SB)
	MOVQ 56(SP), AX
	MOVQ AX, ·crash+24(SB)
	MOVQ BP, ·crash+32(SB)
	MOVQ $0, ·crash+40(SB)
	GO_STATE
	GO_CALL(·crashf)
	HLT

// func wait()
// Interrupts are on only here: STI takes effect after the next instruction, so that none is missed.
TEXT ·wait(SB), NOSPLIT, $0
	STI
	HLT
	CLI
	RET

DATA ·vectorsAt(SB)/8, $·vectors(SB)
GLOBL ·vectorsAt(SB), NOPTR, $8
DATA ·syscallEntryAt(SB)/8, $·syscallEntry(SB)
GLOBL ·syscallEntryAt(SB), NOPTR, $8
