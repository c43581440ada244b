package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy/assess"
)

// conditionJSON is what --json prints: what went in, by the names of SP 800-90B §3.1.5 in words,
// and what is left.
type conditionJSON struct {
	Verdict      string  `json:"verdict"`
	InputBits    int     `json:"input_bits"`
	OutputBits   int     `json:"output_bits"`
	NarrowBits   int     `json:"narrowest_width"`
	InputEntropy float64 `json:"input_entropy"`
	Tested       float64 `json:"tested,omitempty"` // per output bit, of a function that is not vetted
	assess.Conditioned
}

// conditionExample is a pool of SHA-256 over as many symbols of jitter as make it full.
const conditionExample = "atoll entropy condition --in 5120 --out 256 --entropy 320"

func newEntropyCondition() *cobra.Command {
	var in assess.Conditioning
	var asJSON bool
	c := &cobra.Command{
		Use:   "condition",
		Short: "Calculate what a conditioning function leaves of min-entropy (SP 800-90B §3.1.5)",
		Long: `Calculate what a conditioning function leaves of min-entropy, by SP 800-90B §3.1.5.

--in is n_in there, --out n_out, --width nw: the fewest bits that all of the input passes through
inside of the function, for a hash its output. --entropy is h_in: of a whole input, the claim of a
symbol times how many go in.

A function that is none of the standard's vetted ones has at most what its own output was assessed
at: --tested.`,
		Example: "  " + conditionExample + ` # SHA-256 of 640 jitter symbols
  atoll entropy condition --in 256 --out 256 --entropy 256 --json
  atoll entropy condition --in 512 --out 64 --width 32 --entropy 100 --tested 0.9`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, name := range []string{"in", "out", "entropy"} {
				if !c.Flags().Changed(name) {
					return usagef(conditionExample, "--%s is missing", name)
				}
			}
			if !c.Flags().Changed("width") {
				in.NarrowBits = in.OutputBits
			}
			in.Unvetted = c.Flags().Changed("tested")
			r, err := condition(in)
			switch {
			case err != nil:
				return err
			case asJSON:
				return printJSON(c.OutOrStdout(), r)
			}
			return showCondition(c.OutOrStdout(), r)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&in.InputBits, "in", 0, "bits that go in (n_in)")
	f.IntVar(&in.OutputBits, "out", 0, "bits that come out (n_out)")
	f.IntVar(&in.NarrowBits, "width", 0, "narrowest width inside (nw); as --out, if left out")
	f.Float64Var(&in.InputEntropy, "entropy", 0, "bits of min-entropy that go in (h_in)")
	f.Float64Var(&in.Tested, "tested", 0, "not vetted: bits of min-entropy per output bit, assessed")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// condition calculates, and puts the result in words.
func condition(in assess.Conditioning) (*conditionJSON, error) {
	out, err := in.Output()
	if err != nil {
		return nil, usagef(conditionExample, "%v", err)
	}
	r := &conditionJSON{InputBits: in.InputBits, OutputBits: in.OutputBits,
		NarrowBits: in.NarrowBits, InputEntropy: in.InputEntropy, Tested: in.Tested, Conditioned: out}
	if out.Full {
		r.Verdict = fmt.Sprintf("Full entropy: all of %d bits, but for %s.", in.OutputBits,
			smallBits(out.Missing))
		return r, nil
	}
	r.Verdict = fmt.Sprintf("Not full entropy: %s of %d bits.", downBits(out.Entropy), in.OutputBits)
	if wide := min(in.OutputBits, in.NarrowBits); !in.Unvetted && wide == in.OutputBits {
		r.Verdict += fmt.Sprintf(" With %d bits of min-entropy in, %d more than come out, it would be.",
			in.OutputBits+fullMargin, fullMargin)
	}
	return r, nil
}

// fullMargin is how many bits more than come out are enough for full entropy (SP 800-90C).
const fullMargin = 64

// downBits prints an entropy, and never more than there is.
func downBits(h float64) string { return fmt.Sprintf("%.3f", math.Floor(h*1000)/1000) }

// smallBits prints what is missing: as a power of two, if decimals would not show it.
func smallBits(missing float64) string {
	if missing > 0 && missing < 0.001 {
		return fmt.Sprintf("2^%.1f bits", math.Log2(missing))
	}
	return fmt.Sprintf("%.3f bits", math.Ceil(missing*1000)/1000)
}

// showCondition prints the verdict and the numbers by their names in the standard.
func showCondition(w io.Writer, r *conditionJSON) error {
	fmt.Fprintf(w, "%s\n\n", r.Verdict)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "n_in\t%d\tbits go in\n", r.InputBits)
	fmt.Fprintf(t, "h_in\t%g\tbits of min-entropy in them\n", r.InputEntropy)
	fmt.Fprintf(t, "nw\t%d\tbits: the narrowest width inside\n", r.NarrowBits)
	fmt.Fprintf(t, "n_out\t%d\tbits come out\n", r.OutputBits)
	if r.Tested > 0 {
		fmt.Fprintf(t, "tested\t%g\tbits of min-entropy per output bit\n", r.Tested)
	}
	fmt.Fprintf(t, "h_out\t%s\tbits of min-entropy in them\n", downBits(r.Entropy))
	fmt.Fprintf(t, "missing\t%s\tto full\n", smallBits(r.Missing))
	return t.Flush()
}
