// Package golden compares what tests make with texts that a person has read. With -rewrite the
// texts are written anew, and the difference is read in the change.
package golden

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden texts of testdata")

// Check compares a text with a file, or writes the file.
func Check(t testing.TB, file string, got []byte) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("it differs from %s (-rewrite if that is meant):\n%s", file, got)
	}
}
