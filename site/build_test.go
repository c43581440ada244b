package site

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// date is that of the test's websites.
var date = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// project is made up.
func project() advisory.Project {
	return advisory.Project{
		Name: "Sample", Prefix: "SAMPLE", BaseURL: "https://sample.example",
		Contact: []string{"https://sample.example/report", "mailto:security@sample.example"},
		Policy:  "https://sample.example/policy", Languages: []string{"en", "de"},
		Modules:  []string{"example.org/sample"},
		Category: "vendor",
		Unused:   []advisory.Unused{{ID: "SAMPLE-2026-0005", Reason: "Reserved, and not needed."}},
	}
}

func public(records ...*advisory.Record) *advisory.Public {
	return advisory.NewCollection(project(), records).Public(date)
}

// documents are made up, one of each kind.
func documents() fstest.MapFS {
	return fstest.MapFS{
		"home.md":  {Data: []byte("# Sample things\n\nA lead. See [use](use.md#how-to).\n")},
		"index.md": {Data: []byte("# All documents\n\n- [use](use.md)\n- [code](../code.go)\n")},
		"use.md": {Data: []byte("# Use it\n\nThe lead.\n\n## How to\n\n|a|b|\n|-|-:|\n|1|2|\n\n" +
			"## Why\n\nSee [the RFC](rfc/0001-security-process.md), [how](#how-to).\n\n## When\n")},
		"security.md": {Data: []byte("# Tell us\n\n## What happens then\n\nWe answer.\n")},

		"rfc/0001-security-process.md": {Data: []byte("# The process\n\nFirst.\n")},
		"notes/2026-01-01.md":          {Data: []byte("# A meeting\n\nIt was short.\n")},
	}
}

// build returns a website by path.
func build(t testing.TB, in Input) map[string]string {
	t.Helper()
	files, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]string{}
	for _, f := range files {
		byPath[f.Path] = string(f.Data)
	}
	return byPath
}

// has wants texts on a page.
func has(t *testing.T, files map[string]string, path string, texts ...string) {
	t.Helper()
	page, ok := files[path]
	if !ok {
		t.Errorf("there is no %s", path)
		return
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s has no %q:\n%s", path, text, page)
		}
	}
}

// Every kind of page is there, at the address that it has for ever.
func TestEveryPage(t *testing.T) {
	files := build(t, Input{Public: public(sample.Cases()...), Documents: documents(),
		Source: "https://git.example/tree/main"})
	has(t, files, "index.html", "<h1>Sample things</h1>", "A lead.", `href="docs/use/#how-to"`,
		"Report a vulnerability", "Am I affected?", "look through 6 advisories", "SAMPLE-2026-0001")
	if strings.Contains(files["index.html"], "x_MADE-01") {
		t.Error("the first page has an advisory of another project among the latest")
	}
	has(t, files, "docs/index.html", "<h1>All documents</h1>", `href="../docs/use/"`,
		`href="https://git.example/tree/main/code.go"`, `href="../docs/rfc/"`, "RFCs",
		"Meeting notes")
	has(t, files, "docs/use/index.html", "<h1>Use it</h1>", `<h2 id="how-to">`, `href="#how-to"`,
		`<th scope="col" class="right">`, "On this page",
		`href="../../docs/rfc/0001-security-process/"`)
	has(t, files, "docs/rfc/0001-security-process/index.html", "<h1>The process</h1>",
		`href="../../../docs/rfc/"`)
	has(t, files, "docs/notes/index.html", "A meeting", "It was short.")
	has(t, files, "advisories/index.html", "SAMPLE-2026-0001", "SAMPLE-2026-0005",
		"Reserved, and not needed.", "6 advisories, the newest first.")
	has(t, files, "advisories/SAMPLE-2026-0001/index.html", "High 8.7", "CVE-2026-0001",
		"from 1.4.0, no fix yet", "before 1.2.3", "<code>Reader.Next</code>",
		", on linux, amd64 or arm64",
		"&lt;before&gt;", "<em>up to 255 bytes</em>", "2026-02-10", "A Made-up Finder, finder")
	has(t, files, "advisories/SAMPLE-2026-0004/index.html", "Withdrawn on 2026-03-09.",
		"The buffer cannot be reached.")
	has(t, files, "advisories/module/example.org/!sample/stack/index.html", "from 1.4.0, no fix yet",
		"withdrawn: no version has it")
	has(t, files, "advisories/module/stdlib/index.html", "from 1.26rc1, before 1.26.2")
	has(t, files, "advisories/module/index.html", "example.org/Sample/stack", "2 advisories")
	has(t, files, "security/index.html", "<h1>Tell us</h1>", "We answer.", "security@sample.example",
		"https://sample.example/policy", "The process", "Languages: en, de.")
	has(t, files, "404.html", `href="/site.css?v=`)
	has(t, files, "advisories/SAMPLE-2026-0005/index.html", "This number stands for no advisory",
		"Reserved, and not needed.")
}

// Who reads the page on security sees which key is revoked.
func TestRevokedKey(t *testing.T) {
	var keys []advisory.File
	for _, name := range []string{"forever", "revoked"} {
		text, err := os.ReadFile("../advisory/sign/testdata/" + name + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, advisory.File{Path: keyFolder + name + ".asc", Data: text})
	}
	in := Input{Public: public(sample.Cases()...), Files: keys}
	in.Public.Date = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	files := build(t, in)
	has(t, files, "security/index.html", inFours("forever")+"</code></a></li>",
		inFours("revoked")+"</code></a>:\nrevoked, trust no signature of it</li>")
}

// The same input gives the same bytes, in the order of paths.
func TestSameBytes(t *testing.T) {
	in := Input{Public: public(sample.Cases()...), Documents: documents()}
	first, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Build(in)
		if err != nil || len(again) != len(first) {
			t.Fatalf("%d files, then %d, %v", len(first), len(again), err)
		}
		for i, f := range again {
			if f.Path != first[i].Path || !bytes.Equal(f.Data, first[i].Data) {
				t.Errorf("%s differs", f.Path)
			}
			if i > 0 && again[i-1].Path >= f.Path {
				t.Errorf("%s stands behind %s", f.Path, again[i-1].Path)
			}
		}
	}
}

// More advisories than a page may have stand on pages by year, and the latest on the list.
func TestYears(t *testing.T) {
	files := build(t, Input{Public: sample.Public(ListedMax + 600)})
	has(t, files, "advisories/index.html", "1100 advisories, the newest first.",
		`<li><a href="../advisories/year/2021/">2021</a> (100)</li>`, "(1000)", "SAMPLE-2021-0100")
	if n := strings.Count(files["advisories/index.html"], "<time "); n != ListedMax {
		t.Errorf("the list has %d advisories, want %d", n, ListedMax)
	}
	if strings.Contains(files["advisories/index.html"], "datalist") {
		t.Error("hundreds of modules are offered")
	}
	has(t, files, "advisories/year/2020/index.html", "1000 in this year", "SAMPLE-2020-0001",
		`href="../../../advisories/SAMPLE-2020-0001/"`)
	has(t, files, "advisories/year/2021/index.html", "SAMPLE-2021-0001")
}

// A website in a folder of its host has its links there, also on the page that is shown anywhere.
func TestFolder(t *testing.T) {
	p := project()
	p.BaseURL = "https://sample.example/of/a/team"
	in := Input{Public: advisory.NewCollection(p, sample.Cases()).Public(date)}
	files := build(t, in)
	has(t, files, "404.html", `href="/of/a/team/site.css?v=`, `href="/of/a/team/advisories/"`)
	has(t, files, "index.html", `href="advisories/"`,
		`<link rel="canonical" href="https://sample.example/of/a/team/">`)
}

// Long titles are cut for the browser's tab, and whole on the page.
func TestShorten(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short", "two\n words": "two words", strings.Repeat("x", 30): "xxxxxxxxxxxxxxxxxxx…",
		"a title with some words": "a title with some…", "äöüäöüäöüäöüäöüäöüäö": "äöüäöüäöüäöüäöüäöüäö",
	} {
		if got := shorten(text, 20); got != want {
			t.Errorf("%q is cut to %q, want %q", text, got, want)
		}
	}
}
