package source

import "golang.org/x/sys/cpu"

// rdrand32 and rdseed32 run the instruction once. They report false if the processor had nothing
// (carry flag clear); value is 0 then.
func rdrand32() (value uint32, ok bool)
func rdseed32() (value uint32, ok bool)

// What CPUID says, and not what the kernel makes of it: Linux hides RDSEED on processors where it
// is known to be broken, but a test is the better judge.
var hasRDRAND, hasRDSEED = cpu.X86.HasRDRAND, cpu.X86.HasRDSEED
