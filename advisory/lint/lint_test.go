package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/golden"
)

// now is the date of all checks here, and project whose records they are: made up.
var (
	now     = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	project = advisory.Project{Name: "Abc", Prefix: "ABC", BaseURL: "https://example.org",
		Contact: []string{"mailto:security@example.org"}, Policy: "https://example.org/security",
		Modules: []string{"example.org/mod", "example.org/mod/v2"}, Category: "vendor"}
)

// TestCorpus lints each testdata/lint/NAME.md as if it were the first record of the project, and
// compares with NAME.txt.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob("testdata/lint/*.md")
	if len(files) == 0 {
		t.Fatal("no corpus")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, found := advisory.Parse("2026/ABC-2026-0001.md", text)
		var all []*advisory.Record
		if r != nil {
			all = append(all, r)
		}
		c := advisory.NewCollection(project, all)
		got := Text(Check(c, found, Options{Now: now, Public: strings.Contains(file, "public")}))
		golden.Check(t, strings.TrimSuffix(file, ".md")+".txt", []byte(got))
	}
}
