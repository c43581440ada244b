package drbg

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mechanism is what both generators of SP 800-90A have.
type mechanism interface {
	Reseed(entropy, additional []byte) error
	Generate(out, additional []byte) error
	Wipe()
}

// TestCAVP runs all cases of testdata/cavp.
func TestCAVP(t *testing.T) {
	files, err := filepath.Glob("testdata/cavp/*.rsp")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files, %v; want 6", len(files), err)
	}
	total := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			groups, err := parseRSP(text)
			if err != nil || len(groups) != 4 {
				t.Fatalf("%d groups, %v; want 4", len(groups), err)
			}
			for _, g := range groups {
				for _, c := range g.cases {
					total++
					want := c.get("ReturnedBits", 0)
					got, err := runCAVP(file, g.title, &c, len(want))
					if err != nil || len(want) == 0 || !bytes.Equal(got, want) {
						t.Errorf("%v case %d: %x, %v; want %x", g.params, c.count, got, err, want)
					}
				}
			}
		})
	}
	if total != 360 {
		t.Errorf("%d cases; want 360", total)
	}
}

// runCAVP runs one case by the protocol that the file's name stands for.
func runCAVP(file, title string, c *rspCase, n int) (out []byte, err error) {
	var d mechanism
	if title == "AES-256 no df" {
		d, err = NewCTR(c.get("EntropyInput", 0), c.get("PersonalizationString", 0))
	} else {
		d, err = NewHMAC(c.get("EntropyInput", 0), c.get("Nonce", 0),
			c.get("PersonalizationString", 0))
	}
	if err != nil {
		return nil, err
	}
	base, out := filepath.Base(file), make([]byte, n)
	if strings.HasPrefix(base, "pr_false") {
		err = d.Reseed(c.get("EntropyInputReseed", 0), c.get("AdditionalInputReseed", 0))
	}
	for request := range 2 {
		additional := c.get("AdditionalInput", request)
		if strings.HasPrefix(base, "pr_true") && err == nil {
			err = d.Reseed(c.get("EntropyInputPR", request), additional)
			additional = nil
		}
		if err == nil {
			err = d.Generate(out, additional)
		}
	}
	return out, err
}

// TestGoCAST is the power-on test of Go's own CTR_DRBG.
func TestGoCAST(t *testing.T) {
	sequence := func(first byte) []byte {
		b := make([]byte, CTRSeedBytes)
		for i := range b {
			b[i] = first + byte(i)
		}
		return b
	}
	d, err := NewCTR(sequence(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Reseed(sequence(0x31), sequence(0x61)); err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 32)
	if err := d.Generate(out, sequence(0x61)); err != nil {
		t.Fatal(err)
	}
	const want = "6e6e479d24f86a3b7787a8f8186d985a53bebeeddeab9228f0f4ac6e10bf0193"
	if got := hex.EncodeToString(out); got != want {
		t.Errorf("generated %s, want %s", got, want)
	}
}
