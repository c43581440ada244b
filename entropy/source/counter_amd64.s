#include "textflag.h"

// func counter() uint64
// LFENCE keeps the processor from reading the counter before what came earlier is done.
TEXT ·counter(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET
