package publish

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

var (
	firstDay  = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	secondDay = firstDay.Add(24 * time.Hour)
)

// testKey makes a key that everybody can make again: it protects nothing.
func testKey(t testing.TB, seed byte) *sign.Key {
	t.Helper()
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k, err := sign.Generate("Example", "security@example.org", made, rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// records are those of a made-up project: one of its own, and one that was imported.
func records() []*advisory.Record {
	own := &advisory.Record{
		ID: "EX-2026-0001", Title: "Made up: a length is not checked",
		Issued: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		Affected: []advisory.Affected{{Ecosystem: advisory.Go, Module: "example.org/Mod",
			Ranges: []advisory.Range{{Introduced: "0", Fixed: "1.2.3"}}}},
		Severity: []advisory.Severity{{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}},
	}
	for _, name := range []string{"Description", "Impact", "Vulnerable systems", "Mitigation",
		"Resolution"} {
		own.Sections = append(own.Sections, advisory.Section{Name: name, Text: "Made up."})
	}
	other := &advisory.Record{
		ID: "x_MADE-01", Title: "Made up: history",
		Issued: time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC),
		Affected: []advisory.Affected{{Ecosystem: advisory.Opam, Module: "made-up",
			Ranges: []advisory.Range{{Introduced: "0", Fixed: "1.0"}}}},
		Imported: &advisory.Origin{From: "Elsewhere", URL: "https://elsewhere.example/1",
			Licence: "CC0-1.0"},
		Sections: []advisory.Section{{Name: "Description", Text: "Made up."}},
	}
	return []*advisory.Record{own, other}
}

// pages are what a website has on top; the gate knows them by their paths alone.
func pages() []advisory.File {
	return []advisory.File{
		{Path: "advisories/EX-2026-0001/index.html", Data: []byte("<p>made up")},
		{Path: "advisories/module/example.org/!mod/index.html", Data: []byte("<p>made up")},
		{Path: "docs/start/index.html", Data: []byte("<p>made up")},
		{Path: "security/index.html", Data: []byte("<p>made up")},
	}
}

// treeOf makes the tree of records on a day, after another one.
func treeOf(t testing.TB, list []*advisory.Record, day time.Time, key *sign.Key,
	previous *export.Tree, more ...advisory.File) *export.Tree {
	t.Helper()
	project := advisory.Project{Name: "Example", Prefix: "EX", BaseURL: "https://example.org",
		Contact: []string{"mailto:security@example.org"}, Category: "vendor",
		Policy: "https://example.org/security/", Languages: []string{"en"},
		Modules: []string{"example.org/Mod"}}
	o := export.Options{Key: key, More: func([]advisory.File) ([]advisory.File, error) {
		return more, nil
	}}
	if previous != nil {
		o.Previous = previous.Manifest
	}
	tree, err := export.Build(advisory.NewCollection(project, list).Public(day), o)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// with returns a tree's files with one changed; nil takes it away.
func with(tree []advisory.File, name string, change func(data []byte) []byte) []advisory.File {
	out := slices.Clone(tree)
	i := slices.IndexFunc(out, func(f advisory.File) bool { return f.Path == name })
	if i < 0 {
		return append(out, advisory.File{Path: name, Data: change(nil)})
	}
	if out[i].Data = change(out[i].Data); out[i].Data == nil {
		return slices.Delete(out, i, i+1)
	}
	return out
}

// text makes a change that puts a text in a file's place.
func text(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }

// gone takes a file away.
func gone([]byte) []byte { return nil }
