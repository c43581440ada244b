#include "textflag.h"

// The two entries of a program without a Go runtime: what an operating system's kernel does before
// its first line of Go. There is no goroutine: R14 points to zeros, of which word 2 is the lowest
// stack address that compiled code may reach.

// func start()
TEXT ·start(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ ·checkf(SB), DX
	JMP  begin<>(SB)

// func startTrap()
TEXT ·startTrap(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ ·trapf(SB), DX
	JMP  begin<>(SB)

TEXT begin<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	CLD
	XORL  BP, BP
	XORPS X15, X15
	LEAQ  ·fakeG(SB), R14
	LEAQ  -0x20000(SP), AX
	MOVQ  AX, 16(R14)
	ANDQ  $~15, SP
	MOVQ  (DX), AX
	CALL  AX
	MOVQ  AX, DI     // what Go returned is the exit code
	MOVL  $231, AX   // exit_group of Linux
	SYSCALL
	INT   $3
