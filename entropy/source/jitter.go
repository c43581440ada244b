package source

import (
	"context"

	"github.com/atoll-os/atoll/entropy"
)

// Constants of the jitter source.
const (
	// jitterMemory is more than the caches next to a processor hold, so that accesses meet the
	// caches that processors share, and memory with its refresh.
	jitterMemory = 8 << 20
	// jitterAccesses is how many accesses one symbol times.
	jitterAccesses = 8
	// jitterClaim is half a bit per symbol: SP 800-90B's estimators find four and more on the
	// machines we measured, and machines differ.
	jitterClaim = 500
	// jitterWarm is how many symbols are thrown away after a start.
	jitterWarm = 16
)

// Jitter is a noise source that every processor has: how long some accesses to memory take, in
// ticks of the finest counter. What varies is the state of caches, of the translation of
// addresses, of buses and memory, which other processors, devices and the refresh of memory disturb
// at instants of their own clocks.
//
// A symbol is the low 8 bits of the time that 8 accesses took. The source claims half a bit for
// it. It is not claimed that nobody can measure the same: who shares the machine's caches sees
// some of it, and a processor without caches, or an emulator that counts instructions, has none;
// there the tests fail, if the timings repeat.
type Jitter struct {
	memory []uint64
	at     uint64 // where in memory the next access goes
	last   uint64 // counter
}

// NewJitter returns a jitter source. It takes 8 MiB of memory at its first sample.
func NewJitter() *Jitter { return &Jitter{} }

// Spec says that it claims half a bit for symbols of 8 bits.
func (j *Jitter) Spec() entropy.Spec {
	return entropy.Spec{Name: "jitter", Kind: entropy.Noise, SymbolBits: 8, Claim: jitterClaim,
		Prompt: true}
}

// Sample fills raw with the low bytes of as many timings.
func (j *Jitter) Sample(ctx context.Context, raw []byte) (int, error) {
	if j.memory == nil {
		j.start()
	}
	for i := range raw {
		if i%256 == 0 && ctx.Err() != nil {
			return i, ctx.Err()
		}
		raw[i] = byte(j.Time())
	}
	return len(raw), nil
}

// Restart begins anew, as a new process would, on the memory that is there.
func (j *Jitter) Restart() error {
	if j.memory != nil {
		j.start()
	}
	return nil
}

// start takes memory, if there is none yet, and warms up.
func (j *Jitter) start() {
	if j.memory == nil {
		j.memory = make([]uint64, jitterMemory/8)
	}
	j.at, j.last = 0, counter()
	for range jitterWarm {
		j.Time()
	}
}

// Time returns how many ticks one symbol's accesses took, and what passed between them and the
// ones before: the raw noise, of which Sample gives the low 8 bits.
func (j *Jitter) Time() uint64 {
	if j.memory == nil {
		j.start()
	}
	at := j.at
	for range jitterAccesses {
		word := &j.memory[at>>16%uint64(len(j.memory))]
		*word++
		// Where the next access goes depends on what this one found, so that it has to wait for it.
		at = at*6364136223846793005 + 1442695040888963407 + *word
	}
	j.at = at
	now := counter()
	took := now - j.last
	j.last = now
	return took
}
