package assess

import (
	"fmt"
	"math"
)

// ConditioningBitsMax is the greatest width, in bits, that the conditioning arithmetic takes.
const ConditioningBitsMax = 1 << 20

// fullEntropy is how little of each output bit full entropy may lack (SP 800-90C: ε ≤ 2^-32).
const fullEntropy = 1.0 / (1 << 32)

// unvettedMost is what a function that is not vetted can have at most, per output bit
// (SP 800-90B §3.1.5.2).
const unvettedMost = 0.999

// Conditioning is a conditioning function with its input (§3.1.5). For SHA-256 output and narrowest
// width are 256.
type Conditioning struct {
	InputBits    int     // n_in: bits that go in
	OutputBits   int     // n_out: bits that come out
	NarrowBits   int     // nw: the narrowest internal width
	InputEntropy float64 // h_in: min-entropy of the whole input, in bits
	// Unvetted says that the function is none of those in the standard. Tested is then the
	// min-entropy per bit, at most 1, that its output was assessed at.
	Unvetted bool
	Tested   float64
}

// Conditioned is what a conditioning function leaves.
type Conditioned struct {
	Entropy float64 `json:"min_entropy"` // of the whole output, in bits
	Missing float64 `json:"missing"`     // bits to the width of the output; tells 0 from 2^-64
	Full    bool    `json:"full"`        // full entropy, by SP 800-90C
}

// Output returns what is left after conditioning. An error says which number makes no sense.
func (c Conditioning) Output() (Conditioned, error) {
	for _, n := range []struct {
		name string
		bits int
	}{{"input", c.InputBits}, {"output", c.OutputBits}, {"narrowest width", c.NarrowBits}} {
		if n.bits < 1 || n.bits > ConditioningBitsMax {
			return Conditioned{}, fmt.Errorf("assess: condition: %s of %d bits, want 1 to %d", n.name,
				n.bits, ConditioningBitsMax)
		}
	}
	if !(c.InputEntropy >= 0 && c.InputEntropy <= float64(c.InputBits)) {
		return Conditioned{}, fmt.Errorf("assess: condition: %v bits of min-entropy in %d bits",
			c.InputEntropy, c.InputBits)
	}
	out := float64(c.OutputBits)
	n := min(out, float64(c.NarrowBits))
	missing := out - n + c.loss(n)
	if c.Unvetted {
		if !(c.Tested >= 0 && c.Tested <= 1) {
			return Conditioned{}, fmt.Errorf("assess: condition: output tested at %v per bit, want 0 to 1",
				c.Tested)
		}
		missing = max(missing, out*(1-min(unvettedMost, c.Tested)))
	}
	missing = min(missing, out)
	return Conditioned{out - missing, missing, missing <= out*fullEntropy}, nil
}

// loss is n less Output_Entropy of §3.1.5.1.2. There, with P_h = 2^-h_in and P_l the probability of
// each other input, the output is guessed with the greater of
//
//	ψ = 2^(n_in-n) P_l + P_h   and   ω = (2^(n_in-n) + √(2n 2^(n_in-n) ln 2)) P_l.
//
// Taken times 2^n, both are near 1 if the output is near full, and what is above 1 is the loss. So
// it is computed on its own, and not lost beside n.
func (c Conditioning) loss(n float64) float64 {
	in, h := float64(c.InputBits), c.InputEntropy
	// P_l = 2^-n_in · (1 - 2^-h_in)/(1 - 2^-n_in); the fraction is 1 + spread, spread ≤ 0.
	spread := (math.Exp2(-in) - math.Exp2(-h)) / (1 - math.Exp2(-in))
	root := (math.Log2(2*n*math.Ln2) + n - in) / 2 // of ω's second term, as an exponent
	omega := log2OnePlus(root) + math.Log1p(spread)/math.Ln2
	psi := n - h // P_h alone
	if psi < 60 {
		psi = math.Log1p(spread+math.Exp2(psi)) / math.Ln2
	}
	return max(omega, psi, 0)
}

// log2OnePlus returns log2 of 1 + 2^x, exactly even where one term drowns the other.
func log2OnePlus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp2(-x))/math.Ln2
	}
	return math.Log1p(math.Exp2(x)) / math.Ln2
}
