// Package kernel is the kernel of a vm: it serves the system calls of one Go program, unmodified
// and built for Linux on amd64, and decides which of its threads runs. It is rules and state over
// an injected memory, clock and devices, so that ordinary tests cover it; package metal makes a
// machine of it.
//
//	     program in ring 3
//	call, fault │  ^ registers of the thread that runs next
//	            v  │
//	metal: save registers ── Trap(now) ──> Kernel ── Next(now) ──> restore registers, or halt
//	                                         │
//	     thread: who waits for what · mem: areas, pages · file: descriptors · exec: start
//
// There is one processor and one kernel stack. The kernel runs to completion with interrupts off
// and never waits: a call that must wait sets the state of its thread, and whoever ends the wait
// writes the result into the thread's saved registers. There are no locks and no kernel threads.
//
// What is served is the table in calls.go; every other call returns ENOSYS and is counted.
//
// # Limits
//
// One program, one address space, one processor; no fork, no exec, no users. Memory that is mapped
// is given when it is touched; if none is left then, the program ends.
package kernel
