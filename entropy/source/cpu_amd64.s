#include "textflag.h"

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
