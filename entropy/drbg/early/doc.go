// Package early is a random bit generator for a program without a Go runtime: the kernel of a
// virtual machine, whose getrandom it is, and whatever runs before there is anything else.
//
// It has BLAKE2s ([Hash], RFC 7693) to gather entropy, ChaCha20 ([KeyStream], RFC 8439) to give
// random bytes, and between them a [Generator] in the manner of Linux's: a pool that is hashed
// into a key once it is worth [ReadyBits], and a key that is erased by each read.
//
//	Absorb(bytes, credit) ──> BLAKE2s pool ── extract ──> key ── ChaCha20 ──> Read
//	                             ^                │        ^          │
//	                             └── next pool ───┘        └─ next key ┘
//
// Nothing here allocates, calls an interface, needs an initialiser or imports more than
// math/bits. The test links it, with entropy/health, into a program of its own and holds that to
// the three gates: which runtime functions it calls, that it runs with every other one
// overwritten by traps, and that it refers to no type descriptor.
//
// The caller has one thread or a lock, tests and credits its sources (entropy/health), and
// notices copies of the machine ([Generator.Distrust]). There is no deterministic mode: a machine
// that must repeat is given known bytes to absorb, from outside.
//
// # Not claimed
//
// No certification; the construction is not one of SP 800-90A or 90C. Its pool and its keys have
// 256 bits. Copies that the compiler made of a secret on the stack or in registers are not
// overwritten.
package early
