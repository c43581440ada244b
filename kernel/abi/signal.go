package abi

// Signals by number.
const (
	SIGINT  = 2
	SIGILL  = 4
	SIGTRAP = 5
	SIGABRT = 6
	SIGBUS  = 7
	SIGFPE  = 8
	SIGKILL = 9
	SIGUSR1 = 10
	SIGSEGV = 11
	SIGPIPE = 13
	SIGTERM = 15
	SIGCHLD = 17
	SIGCONT = 18
	SIGSTOP = 19
	SIGURG  = 23
	SIGPROF = 27
	SIGWINC = 28 // window changed
	Signals = 64 // the highest number
)

// Codes that say why a signal came.
const (
	CodeUser      = 0 // kill
	CodeKernel    = 0x80
	CodeTgkill    = -6
	CodeMapError  = 1 // SIGSEGV: no memory there
	CodeAccess    = 2 // SIGSEGV: not allowed
	CodeDivide    = 1 // SIGFPE: integer division by zero
	CodeFloat     = 7 // SIGFPE: invalid operation
	CodeBreak     = 1 // SIGTRAP
	CodeOpcode    = 2 // SIGILL: illegal operand
	CodeAlignment = 1 // SIGBUS
)

// Flags of an action, and the two special handlers.
const (
	ActionSigInfo  = 0x4
	ActionRestorer = 0x04000000
	ActionOnStack  = 0x08000000
	ActionRestart  = 0x10000000
	ActionNoDefer  = 0x40000000
	ActionReset    = 0x80000000
	HandlerDefault = 0
	HandlerIgnore  = 1
)

// Ways to change a mask, and flags of an alternate stack.
const (
	MaskBlock     = 0
	MaskUnblock   = 1
	MaskSet       = 2
	StackOnStack  = 1
	StackDisable  = 2
	StackBytesMin = 2048
)
