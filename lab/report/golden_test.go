package report_test

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/lab/report"
)

// filed is the file of testdata for what has a name.
func filed(name string) string {
	return filepath.Join("testdata", strings.ReplaceAll(name, " ", "_"))
}

func html(t *testing.T, r *report.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func svg(t *testing.T, p *report.Plot, r *report.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.SVG(&b, p, r.Marks, r.Virtual); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func topology(t *testing.T, r *report.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.Topology(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bare returns a file without the contents of style and script. They stand in the folder; their
// changes are no changes of the page, and they are not XML.
func bare(file []byte) []byte {
	for _, name := range []string{"style", "script"} {
		before, rest, some := bytes.Cut(file, []byte("<"+name+">"))
		_, after, _ := bytes.Cut(rest, []byte("</"+name+">"))
		if some {
			file = slices.Concat(before, []byte("<"+name+"></"+name+">"), after)
		}
	}
	return file
}

var digests = regexp.MustCompile(`sha256-[^']*`)

func TestPages(t *testing.T) {
	for name, r := range map[string]*report.Run{
		"demo.html": sample(), "hostile.html": hostile(), "empty.html": {},
	} {
		page := html(t, r)
		wellFormed(t, page)
		golden.Check(t, filed(name), digests.ReplaceAll(bare(page), []byte("sha256-…")))
	}
}

func TestPlots(t *testing.T) {
	r := sample()
	for i := range r.Plots {
		file := svg(t, &r.Plots[i], r)
		wellFormed(t, file)
		golden.Check(t, filed("plot "+strings.ToLower(r.Plots[i].Title)+".svg"), file)
	}
}

func TestTopologies(t *testing.T) {
	for _, n := range networks {
		file := topology(t, n.run)
		wellFormed(t, file)
		golden.Check(t, filed("network "+n.name+".svg"), file)
	}
}
