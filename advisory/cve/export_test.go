package cve

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

func TestExportGolden(t *testing.T) {
	exporter.Golden(t, sample.Few(), "testdata/few.txt")
}

// Every draft satisfies the format's own schema: also that of a withdrawn record, and of one whose
// texts are longer than the format's.
func TestDraftsAreCVE(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/cve-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	records := slices.Concat(sample.Cases(), sample.Records(300), sample.HostileTexts())
	long := records[1]
	long.Title = strings.Repeat("Änderung ", 100)
	long.Sections[0].Text = strings.Repeat("ä", 5000)
	long.References = append(long.References, long.References...)
	for i := range 600 {
		url := fmt.Sprintf("https://example.org/%d", i)
		long.References = append(long.References, advisory.Reference{Type: "WEB", URL: url},
			advisory.Reference{Type: "WEB", URL: url})
	}
	for _, r := range records {
		if r.Withdrawn != nil && len(r.Aliases) == 0 {
			r.Aliases = []string{"CVE-2026-12345"}
		}
	}
	p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
	rejected := 0
	for _, f := range exporter.Export(t, p).Files {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v\n%s", f.Path, err, f.Data)
		}
		if bytes.Contains(f.Data, []byte(`"REJECTED"`)) {
			rejected++
		}
	}
	if rejected == 0 {
		t.Error("no draft of a withdrawn record")
	}
}

// What the list of versions says of a version, by the format's rules, is what the ranges say.
func TestVersions(t *testing.T) {
	ranges := func(pairs ...string) (list []advisory.Range) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, advisory.Range{Introduced: pairs[i], Fixed: pairs[i+1]})
		}
		return list
	}
	for _, list := range [][]advisory.Range{
		nil, ranges("0", ""), ranges("0", "1.2.0"), ranges("1.0.0", ""), ranges("1.0.0", "1.2.0"),
		ranges("0", "1.0.0", "1.5.0", "2.0.0"), ranges("0", "1.0.0", "1.5.0", ""),
		ranges("0.5.0", "1.0.0", "1.5.0", ""),
	} {
		status, versions, err := versions(advisory.Go, "semver", list)
		if err != nil {
			t.Fatal(err)
		}
		a := advisory.Affected{Ecosystem: advisory.Go, Ranges: list}
		for v := range strings.FieldsSeq("0.1.0 0.5.0 1.0.0 1.1.9 1.2.0 1.5.0 2.0.0 3.0.0") {
			got := status
			for _, r := range versions {
				if advisory.CompareVersions(advisory.Go, v, r.Version) >= 0 &&
					advisory.CompareVersions(advisory.Go, v, r.LessThan) < 0 {
					got = r.Status
				}
			}
			if want := a.Contains(v); (got == "affected") != want {
				t.Errorf("%v: version %s is %s, want affected %v", list, v, got, want)
			}
		}
	}
}

func TestSkipped(t *testing.T) {
	withdrawal := &advisory.Withdrawal{Date: sample.Date, Reason: "x"}
	module := []advisory.Affected{{Ecosystem: advisory.Go, Module: "m"}}
	for _, c := range []struct {
		r          advisory.Record
		id, reason string
	}{
		{advisory.Record{Affected: module, Issued: sample.Date}, "CVE-2026-0000", ""},
		{advisory.Record{Affected: module, Aliases: []string{"GHSA-1", "CVE-2026-1", "CVE-2026-12345",
			"CVE-2026-12345"}}, "CVE-2026-12345", ""},
		{advisory.Record{Affected: module, Aliases: []string{"CVE-2026-1234", "CVE-2026-1235"}}, "",
			SkippedSeveral},
		{advisory.Record{Affected: module, Withdrawn: withdrawal}, "", SkippedWithdrawn},
		{advisory.Record{}, "", SkippedNothing},
		{advisory.Record{Imported: &advisory.Origin{}}, "", SkippedImported},
	} {
		if id, reason := cveID(&c.r); id != c.id || reason != c.reason {
			t.Errorf("%+v: id %q, reason %q, want %q, %q", c.r, id, reason, c.id, c.reason)
		}
	}
}

// A record with a hostile text in every field is refused, or its file is where it should be.
func TestHostileRecords(t *testing.T) {
	exporter.Hostile(t, func(id string) string { return Dir + "x_" + id + ".json" })
}

func TestExportRefuses(t *testing.T) {
	for want, change := range map[string]func(*advisory.Record){
		"is no id":        func(r *advisory.Record) { r.ID = "../up" },
		"no version lies": func(r *advisory.Record) { r.Affected[0].Ranges[0].Fixed = "1.0.0" },
		`version "one"`: func(r *advisory.Record) {
			r.Images = []advisory.Image{{Name: "web", Ranges: []advisory.Range{{Fixed: "one"}}}}
		},
		"read CVSS vector": func(r *advisory.Record) { r.Severity[0].Vector = "high" },
	} {
		records := sample.Cases()[:1]
		change(records[0])
		p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
		out, err := Export(p)
		if err == nil || !strings.Contains(err.Error(), want) || len(out.Files) > 0 {
			t.Errorf("error %v and %d files, want %q", err, len(out.Files), want)
		}
	}
}

func TestPlatforms(t *testing.T) {
	for _, c := range []struct{ systems, archs, want string }{
		{"", "", ""}, {"linux", "", "linux"}, {"", "amd64 amd64", "amd64"},
		{"linux darwin", "amd64 arm64", "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64"},
	} {
		p := advisory.Package{GOOS: strings.Fields(c.systems), GOARCH: strings.Fields(c.archs)}
		if got := platforms(p); !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%q, %q: %v, want %s", c.systems, c.archs, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for in, want := range map[string]string{
		"short":                  "short",
		"twelve chars":           "twelve chars",
		"a few words too many":   "a few …",
		"äöüäöüäöüäöüäöü":        "äöüäöüäöüä …",
		"x notonewordbuttoolong": "x notonewo …",
	} {
		if got := cut(in, 12); got != want || utf8.RuneCountInString(got) > 12 {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
	if got := description(&advisory.Record{Title: "T"}); got != "T" {
		t.Errorf("a record without text is described as %q", got)
	}
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 1075, 4300) }
