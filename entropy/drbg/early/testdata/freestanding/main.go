// The program is linked without a Go runtime and checks the packages from inside: its exit code
// is 0, or the number of the check that failed. It is built and run by the test of
// entropy/drbg/early; see there for the three gates.
package main

import (
	"github.com/atoll-os/atoll/entropy/drbg/early"
	"github.com/atoll-os/atoll/entropy/health"
)

// main is never called, and the linker leaves it out.
func main() {}

// The assembly calls Go through these: it cannot name a Go function without a wrapper.
var (
	checkf = check
	trapf  = trap
	fakeG  [64]uint64
)

// All of it lives in variables, as in a kernel.
var (
	generator early.Generator
	hash      early.Hash
	monitor   health.Monitor
	buffer    [4096]byte
	digest    [early.HashBytesMax]byte
	key       [32]byte
	nonce     [12]byte
)

// RFC 7693 appendix B: BLAKE2s of "abc".
var abc = [early.HashBytesMax]byte{
	0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2, 0xe1, 0xa7, 0x2b, 0xa3, 0x4e, 0xeb, 0x45, 0x2f,
	0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29, 0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82}

// RFC 8439 appendix A.1, test vector 1: the beginning of ChaCha20's block 0 of zeros.
var zeros = [16]byte{
	0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28}

// check returns 0 or the number of what failed.
func check() int {
	if n := checkPrimitives(); n != 0 {
		return n
	}
	if n := checkGenerator(); n != 0 {
		return n
	}
	return checkHealth()
}

func checkPrimitives() int {
	hash.Init(early.HashBytesMax, nil)
	hash.Write([]byte("abc"))
	if hash.Sum(&digest); digest != abc {
		return 1
	}
	early.KeyStream(buffer[:], &key, 0, &nonce)
	if [16]byte(buffer[:16]) != zeros {
		return 2
	}
	if len(hash.String()) == 0 || len(hash.GoString()) == 0 {
		return 3
	}
	return 0
}

func checkGenerator() int {
	if generator.Read(buffer[:]) || generator.Reseed() {
		return 10
	}
	generator.Absorb(buffer[:32], early.ReadyBits-1)
	if generator.Ready() || generator.Credited() != early.ReadyBits-1 {
		return 11
	}
	generator.Absorb(buffer[32:40], 1)
	var a, b [16]byte
	if !generator.Ready() || !generator.Read(a[:]) || !generator.Reseed() || !generator.Read(b[:]) {
		return 12
	}
	if a == b || len(generator.String()) == 0 || len(generator.GoString()) == 0 {
		return 13
	}
	if generator.Distrust(); generator.Read(a[:]) {
		return 14
	}
	generator.Wipe()
	return 0
}

func checkHealth() int {
	cutoffs, ok := health.Tabulated(7900, 8)
	if !ok || cutoffs.Window != health.Window(8) || health.SymbolBytes(8) != 1 ||
		cutoffs.Continuous.Repetition != health.RepetitionCutoff(cutoffs.Claim, 30) {
		return 20
	}
	monitor = health.New(cutoffs)
	early.KeyStream(buffer[:], &key, 0, &nonce)
	if monitor.Feed(buffer[:]) != len(buffer)-health.StartupSymbols ||
		monitor.State() != health.Healthy || len(monitor.State().String()) == 0 {
		return 21
	}
	monitor.Retest()
	monitor.Restart()
	clear(buffer[:])
	if monitor.Feed(buffer[:]) != 0 || monitor.State() != health.Failed {
		return 22
	}
	monitor.Reset()
	counts, cutoffs := monitor.Counts(), monitor.Cutoffs()
	if monitor.Add(1) || counts.Last.Limit == 0 || len(counts.Last.Test.String()) == 0 ||
		cutoffs.SymbolBits != 8 {
		return 23
	}
	var repetition health.Repetition
	proportion := health.Proportion{Window: cutoffs.Window}
	if repetition.Add(1)+repetition.Add(1) != 3 || proportion.Add(1)+proportion.Add(1) != 3 {
		return 24
	}
	return 0
}

// trap makes a mistake: the runtime function that it calls must be a trap by then.
func trap() int {
	hash.Init(early.HashBytesMax+1, nil)
	return 0
}
