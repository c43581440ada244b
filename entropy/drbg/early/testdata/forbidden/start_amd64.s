#include "textflag.h"

// func start()
TEXT ·start(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ ·sinf(SB), DX
	MOVQ (DX), AX
	CALL AX
	INT  $3
