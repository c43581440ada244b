//go:build atollkernel && linux && amd64

package main

import (
	"github.com/atoll-os/atoll/entropy/drbg/early"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Claims in thousandths of a bit for each symbol, as in package entropy/source, and how often an
// instruction that has nothing is asked again.
const (
	rdrandClaim  = 100
	rdseedClaim  = 32000
	rdrandTries  = 10
	rdseedTries  = 4096
	jitterClaim  = 500
	symbolsMax   = 64 << 10 // of one source while the machine starts
	fwcfgSeed    = "opt/atoll/seed"
	seedBytesMax = 64
	reseedReads  = 4096 // after so many reads the instruction gives fresh bytes
)

// generator makes all random bytes of the machine.
var (
	generator early.Generator
	reads     int
	hasRDRAND bool
	hasRDSEED bool
	randomf   = random
)

// gatherEntropy makes the generator ready. What boot hands over is credited once: nobody else has
// it unless the machine is copied. Then the processor's instructions, then the jitter of memory.
func gatherEntropy() {
	var b [16]byte
	mem.Store64(b[0:], counter())
	mem.Store64(b[8:], uint64(wallStart))
	generator.Absorb(b[:], 0)
	generator.Absorb(command, 0)

	if size, ok := openFWCfg(fwcfgSeed); ok {
		var seed [seedBytesMax]byte
		n := min(size, seedBytesMax)
		for i := range n {
			seed[i] = readFWCfg()
		}
		generator.Absorb(seed[:n], int(8*n))
		clear(seed[:])
	}
	findDevices() // the host's source is one
	findGeneration()
	_, _, c, _ := cpuid(1, 0)
	hasRDRAND = c&(1<<30) != 0
	if most, _, _, _ := cpuid(0, 0); most >= 7 {
		_, b, _, _ := cpuid(7, 0)
		hasRDSEED = b&(1<<18) != 0
	}
	drainAll()
}

// drainAll feeds the generator from the machine's own sources, until it is ready.
func drainAll() {
	if hasRDSEED {
		drain(rdseedClaim, 32, rdseedTries, rdseed32f)
	}
	if hasRDRAND {
		drain(rdrandClaim, 32, rdrandTries, rdrand32f)
	}
	if !generator.Ready() {
		drain(jitterClaim, 8, 1, jitterf)
	}
	if !generator.Ready() {
		fail("no source of entropy is good enough: hand over a seed by fw_cfg " + fwcfgSeed)
	}
}

var (
	rdseed32f = rdseed32
	rdrand32f = rdrand32
	jitterf   = jitter
	monitor   health.Monitor
)

// drain feeds the generator from one source, with health tests, until it is ready: the symbols of
// start-up count for nothing, and each one after that for its claim.
func drain(claim health.Claim, bits, tries int, draw func() (uint32, bool)) {
	cutoffs, ok := health.Tabulated(claim, bits)
	if !ok {
		return
	}
	monitor = health.New(cutoffs)
	credit := 0 // thousandths of a bit
	for range symbolsMax {
		value, ok := draw()
		for try := 1; !ok && try < tries; try++ {
			value, ok = draw()
		}
		if !ok {
			return
		}
		if monitor.Add(uint64(value)) {
			credit += int(cutoffs.Claim)
		}
		var b [4]byte
		mem.Store32(b[:], value)
		generator.Absorb(b[:], credit/health.Thousandths)
		credit %= health.Thousandths
		if monitor.State() == health.Failed {
			return
		}
		if generator.Ready() && monitor.State() == health.Healthy {
			return
		}
	}
}

// jitter returns how long a few accesses to memory took.
func jitter() (uint32, bool) {
	begin := counter()
	at := begin
	for range 8 {
		page := layout.KernelPhys + at>>3%(uint64(len(ram))-layout.KernelPhys)&^63
		at += uint64(ram[page]) + at>>7
	}
	return uint32(counter()-begin) & 0xff, true
}

// random fills p. Now and then the processor's generator adds to the pool, so that a copy of the
// machine does not give what its twin gives for ever.
func random(p []byte) {
	lookGeneration()
	if reads++; reads%reseedReads == 0 && hasRDRAND {
		for range 16 {
			if value, ok := rdrand32(); ok {
				var b [4]byte
				mem.Store32(b[:], value)
				generator.Absorb(b[:], 0)
			}
		}
		generator.Reseed()
	}
	if !generator.Read(p) {
		fail("the generator is not ready")
	}
}
