package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/lab/report"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected output in testdata")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_"))
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			line := "nothing"
			if i < len(g) {
				line = g[i]
			}
			t.Fatalf("%s:%d:\n got %s\nwant %s\n(-rewrite takes over what is right)", file, i+1,
				line, w[i])
		}
	}
	t.Fatalf("%s: %d lines more than expected", file, len(g)-len(w))
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
		golden(t, name, digests.ReplaceAll(bare(page), []byte("sha256-…")))
	}
}

func TestPlots(t *testing.T) {
	r := sample()
	for i := range r.Plots {
		file := svg(t, &r.Plots[i], r)
		wellFormed(t, file)
		golden(t, "plot "+strings.ToLower(r.Plots[i].Title)+".svg", file)
	}
}

func TestTopologies(t *testing.T) {
	for _, n := range networks {
		file := topology(t, n.run)
		wellFormed(t, file)
		golden(t, "network "+n.name+".svg", file)
	}
}
