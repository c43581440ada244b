package assess

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The first three were computed by NIST's ea_conditioning, the missing part as its epsilon times
// the width; the others follow from the formulas at the ends of their range.
func TestConditioning(t *testing.T) {
	of := func(in, out, narrow int, h float64) Conditioning {
		return Conditioning{InputBits: in, OutputBits: out, NarrowBits: narrow, InputEntropy: h}
	}
	tested := func(c Conditioning, perBit float64) Conditioning {
		c.Unvetted, c.Tested = true, perBit
		return c
	}
	for _, c := range []struct {
		in            Conditioning
		want, missing float64 // missing as a power of two, 0 if it is not small
		full          bool
	}{
		{of(8192, 384, 384, 512), 384, -127.5, true},
		{of(512, 256, 256, 320), 256, -63.5, true},
		{of(256, 256, 256, 256), 251.69, 0, false},
		{of(512, 256, 256, 256), 255, 0, false},
		{of(512, 256, 256, 100), 100, 0, false},
		{of(512, 256, 128, 512), 128, 0, false},
		{of(512, 256, 256, 0), 0, 0, false},
		{of(1<<20, 1<<20, 1<<20, 9), 9, 0, false},
		{tested(of(512, 256, 256, 320), 1), 255.744, 0, false},
		{tested(of(512, 256, 256, 320), 0.5), 128, 0, false},
	} {
		got, err := c.in.Output()
		if err != nil || math.Abs(got.Entropy-c.want) > 0.005 || got.Full != c.full {
			t.Errorf("%+v: %+v, %v; want %v, full %v", c.in, got, err, c.want, c.full)
		}
		if c.missing != 0 && math.Abs(math.Log2(got.Missing)-c.missing) > 0.1 {
			t.Errorf("%+v: 2^%.2f bits missing, want 2^%v", c.in, math.Log2(got.Missing), c.missing)
		}
	}
}

func TestConditioningRefuses(t *testing.T) {
	good := Conditioning{InputBits: 512, OutputBits: 256, NarrowBits: 256, InputEntropy: 320}
	for want, change := range map[string]func(c *Conditioning){
		"input of 0 bits":           func(c *Conditioning) { c.InputBits = 0 },
		"output of -1 bits":         func(c *Conditioning) { c.OutputBits = -1 },
		"width of 1048577 bits":     func(c *Conditioning) { c.NarrowBits = ConditioningBitsMax + 1 },
		"513 bits of min-entropy":   func(c *Conditioning) { c.InputEntropy = 513 },
		"-1 bits of min-entropy":    func(c *Conditioning) { c.InputEntropy = -1 },
		"NaN bits of min-entropy":   func(c *Conditioning) { c.InputEntropy = math.NaN() },
		"output tested at 1.5":      func(c *Conditioning) { c.Unvetted, c.Tested = true, 1.5 },
		"output tested at NaN per ": func(c *Conditioning) { c.Unvetted, c.Tested = true, math.NaN() },
	} {
		c := good
		change(&c)
		if _, err := c.Output(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Nothing comes out that did not go in, nor more than fits. More in makes no less out, provided the
// input is wider than the output: the bound of the standard is loose where both are a few bits.
func TestConditioningBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(1, ConditioningBitsMax)
		c := Conditioning{InputBits: bits.Draw(t, "in"), OutputBits: bits.Draw(t, "out"),
			NarrowBits: bits.Draw(t, "narrow")}
		c.InputEntropy = rapid.Float64Range(0, float64(c.InputBits)).Draw(t, "h")
		got, err := c.Output()
		most := min(c.InputEntropy, float64(c.OutputBits), float64(c.NarrowBits))
		if err != nil || !(got.Entropy >= 0 && got.Entropy <= most+1e-6) || got.Missing < 0 {
			t.Fatalf("%+v: %+v, %v; want at most %v", c, got, err, most)
		}
		less := c
		less.InputEntropy *= 0.9
		wider := c.InputBits >= min(c.OutputBits, c.NarrowBits)+64
		if l, _ := less.Output(); wider && l.Entropy > got.Entropy+1e-6 {
			t.Fatalf("%+v leaves %v, with less entropy %v", c, got.Entropy, l.Entropy)
		}
	})
}
