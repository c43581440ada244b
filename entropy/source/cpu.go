package source

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
)

// Retries of an instruction that had nothing. Intel asks for 10 with RDRAND, which then is broken;
// RDSEED runs dry when several processors ask, for up to a hundred tries on machines we measured.
const (
	rdrandTriesMax = 10
	rdseedTriesMax = 4096
)

// Claims in thousandths of a bit, for a symbol of 32 bits.
const (
	// RDRAND is a generator that is seeded with 256 bits or more at the latest for every 511
	// outputs of 128 bits (Intel) or 2048 of 32 (AMD): an eighth of a bit for each symbol.
	rdrandClaim = 100
	// RDSEED is what seeds it: conditioned noise, of which both makers say that it has full entropy.
	rdseedClaim = 32000
)

// errDry: the instruction had nothing, as often as it was tried.
var errDry = errors.New("no value within the limit of tries")

// instruction is one of the two instructions.
type instruction struct {
	spec    entropy.Spec
	present bool
	draw    func() (value uint32, ok bool)
	tries   int // for one symbol
}

// instructionSpec returns what both have in common: whoever made one made the other.
func instructionSpec(name string, claim health.Claim) entropy.Spec {
	return entropy.Spec{Name: name, Kind: entropy.Noise, SymbolBits: 32, Claim: claim, Origin: "cpu",
		Prompt: true}
}

// RDRAND is the processor's own random generator (amd64). It claims less than what its seeds hold:
// a tenth of a bit for a symbol of 32. That trusts whoever made the processor, and the hypervisor,
// which can intercept it.
func RDRAND() entropy.Source {
	return &instruction{spec: instructionSpec("rdrand", rdrandClaim), present: hasRDRAND,
		draw: rdrand32, tries: rdrandTriesMax}
}

// RDSEED is the noise behind RDRAND (amd64), and of the same origin: both together count as one.
// It claims all of the 32 bits of a symbol, as its makers do, and is held to that: at this claim,
// two equal symbols in a row are an alarm. On processors of AMD's Zen 5 family one of 600 to 800
// equals the one before it although the instruction says that all is well; no look at a single
// value could tell.
func RDSEED() entropy.Source {
	return &instruction{spec: instructionSpec("rdseed", rdseedClaim), present: hasRDSEED,
		draw: rdseed32, tries: rdseedTriesMax}
}

func (c *instruction) Spec() entropy.Spec { return c.spec }

// Sample draws whole symbols. It never looks at their values: that is for the tests.
func (c *instruction) Sample(ctx context.Context, raw []byte) (int, error) {
	if !c.present {
		return 0, &entropy.AbsentError{Reason: "no such instruction"}
	}
	n := 0
	for ; n+4 <= len(raw); n += 4 {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		value, ok := c.draw()
		for tries := 1; !ok; tries++ {
			if tries == c.tries {
				return n, errDry
			}
			value, ok = c.draw()
		}
		binary.LittleEndian.PutUint32(raw[n:], value)
	}
	return n, nil
}
