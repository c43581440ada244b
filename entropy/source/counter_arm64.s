#include "textflag.h"

// func counter() uint64
// ISB keeps the processor from reading the counter before what came earlier is done.
TEXT ·counter(SB), NOSPLIT, $0-8
	ISB  $15
	MRS  CNTVCT_EL0, R0
	MOVD R0, ret+0(FP)
	RET
