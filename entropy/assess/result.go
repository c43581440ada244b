package assess

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Outcome is what an assessment says of a claim.
type Outcome string

// Outcomes.
const (
	NoClaim    Outcome = "no claim"
	Confirmed  Outcome = "confirmed"
	Refuted    Outcome = "refuted"
	NotRefuted Outcome = "not refuted" // but out of reach of so many samples: see [Ceiling]
)

// Estimate is one estimate, in bits per symbol.
type Estimate struct {
	Name string
	Bits float64
}

// Estimates are in the order of the standard, symbols before bits. In JSON they are one object.
type Estimates []Estimate

// MarshalJSON writes an object of name and bits, in order.
func (e Estimates) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for i, x := range e {
		bits, err := json.Marshal(x.Bits)
		if err != nil {
			return nil, fmt.Errorf("assess: encode estimate: %w", err)
		}
		fmt.Fprintf(&b, "%c%q:%s", "{,"[min(i, 1)], x.Name, bits)
	}
	if len(e) == 0 {
		b.WriteByte('{')
	}
	return []byte(b.String() + "}"), nil
}

// Skipped is an estimator that had no answer.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"` // what is missing
}

// Result is an assessment. All entropies are bits per symbol.
type Result struct {
	Verdict    string    `json:"verdict"` // the result in words
	MinEntropy float64   `json:"min_entropy"`
	SymbolBits int       `json:"symbol_bits"` // the width
	Samples    int       `json:"samples"`
	Distinct   int       `json:"distinct"` // different symbols that occur
	Binding    string    `json:"binding"`  // the name of the least estimate
	Claimed    float64   `json:"claimed,omitempty"`
	Outcome    Outcome   `json:"outcome"`
	Estimators Estimates `json:"estimators"`
	Skipped    []Skipped `json:"skipped,omitempty"`
	Notes      []string  `json:"notes,omitempty"` // what a reader should know besides
}

// take enters the estimates of one run.
func (r *Result) take(all *[len(order)]found, prefix string, scale float64) {
	for i, name := range order {
		f := all[i]
		switch {
		case !f.ran:
		case !f.ok:
			r.Skipped = append(r.Skipped, Skipped{prefix + name, lacks[name]})
		default:
			bits := f.bits * scale
			r.Estimators = append(r.Estimators, Estimate{prefix + name, bits})
			if bits < r.MinEntropy {
				r.MinEntropy, r.Binding = bits, prefix+name
			}
		}
	}
}

// judge compares with the claim and puts the result in words.
func (r *Result) judge(claim int) {
	r.Outcome = NoClaim
	r.Verdict = fmt.Sprintf("%s of min-entropy per %d-bit symbol; the %s estimate binds.",
		inBits(r.MinEntropy), r.SymbolBits, spoken(r.Binding))
	if r.Samples < SamplesWanted {
		r.Notes = append(r.Notes, fmt.Sprintf("%d samples; the standard asks for %d, and fewer give "+
			"lower estimates", r.Samples, SamplesWanted))
	}
	if r.Distinct == 1 {
		r.Notes = append(r.Notes, "all samples are the same")
	}
	if claim <= 0 {
		return
	}
	r.Claimed = float64(claim) / 1000
	says := fmt.Sprintf("%s of min-entropy per %d-bit symbol claimed, %s assessed; the %s "+
		"estimate binds.", inBits(r.Claimed), r.SymbolBits, inBits(r.MinEntropy), spoken(r.Binding))
	if r.MinEntropy >= r.Claimed {
		r.Outcome, r.Verdict = Confirmed, "Claim confirmed: "+says
		return
	}
	// A claim of more than symbols are wide is refuted by their width.
	ceiling := Ceiling(r.Samples, r.SymbolBits)
	if r.MinEntropy >= ceiling && r.Claimed <= float64(r.SymbolBits) {
		r.Outcome, r.Verdict = NotRefuted, "Claim neither confirmed nor refuted: "+says
		r.Notes = append(r.Notes, fmt.Sprintf("perfect noise is assessed at %s or a little more "+
			"with so many samples, so a greater claim cannot be confirmed", inBits(ceiling)))
		return
	}
	r.Outcome, r.Verdict = Refuted, "Claim refuted: "+says
}

// inBits prints an entropy. It rounds down: no rounding may turn what refutes into what confirms.
func inBits(h float64) string {
	thousandths := int(h*1000 + 1e-9)
	return fmt.Sprintf("%d.%03d bits", thousandths/1000, thousandths%1000)
}

// spoken turns the name of an estimator into words.
func spoken(name string) string {
	return strings.NewReplacer("_", " ", "lrs", "longest repeated substring", "t_tuple", "t-tuple",
		"multi_mcw", "MultiMCW", "multi_mmc", "MultiMMC", "lz78y", "LZ78Y").Replace(name)
}
