// Package golden compares what tests make with texts that a person has read. With -rewrite, which
// is datadriven's flag, so that a package can have both, the texts are written anew, and the
// difference is read in the change.
package golden

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	_ "github.com/cockroachdb/datadriven" // has the flag
)

// rewrite tells whether the flag is given.
func rewrite() bool { return flag.Lookup("rewrite").Value.String() == "true" }

// shownBytesMax is how long a text may be that is shown whole where it differs.
const shownBytesMax = 4 << 10

// Check compares a text with a file, or writes the file. The error names the first line that
// differs.
func Check(t testing.TB, file string, got []byte) {
	t.Helper()
	if rewrite() {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	at := 0
	for at < len(g)-1 && at < len(w)-1 && g[at] == w[at] {
		at++
	}
	whole := ""
	if len(got) <= shownBytesMax {
		whole = "\nall of it:\n" + string(got)
	}
	t.Errorf("%s:%d: line %d of %d is\n%.300s\nwant, of %d,\n%.300s\n(-rewrite if that is meant)%s",
		file, at+1, at+1, len(g), g[at], len(w), w[at], whole)
}
