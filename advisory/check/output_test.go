package check

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/internal/golden"
)

// someResult has everything that a result can have.
func someResult() *Result {
	record := func(id, title string) *Record {
		return &Record{Database: "db", Entry: osv.Entry{ID: id, Modified: someDay, Summary: title,
			Aliases:          []string{"CVE-2026-0001"},
			DatabaseSpecific: &osv.DatabaseSpecific{URL: "https://example.org/advisories/" + id + "/"}}}
	}
	app := Module{Ecosystem: advisory.Go, Path: "example.org/app", Main: true, File: "dir/go.mod",
		Line: 1, Doubt: "it has none"}
	a := Module{Ecosystem: advisory.Go, Path: "example.org/a", Version: "1.1.0", File: "dir/go.mod",
		Line: 5}
	source := &Inventory{Target: "dir", Kind: KindSource, Modules: []Module{app, a}}
	std := Module{Ecosystem: advisory.Go, Path: stdlib, Version: "1.25.1", File: "/x/a b.img"}
	image := &Inventory{Target: "/x/a b.img", Kind: KindImage, Modules: []Module{std}}
	return &Result{Date: someDay,
		Databases: []*Database{{Location: "db", Kind: "OSV records"}, {Location: "site",
			Kind: "Go vulnerability database", Trust: Trust{Signed: true, FirstUse: true,
				Fingerprint: "AB", Sequence: 3, Issued: someDay, Expires: someDay.AddDate(0, 0, 14)}}},
		Reports: []Report{{Target: source, Level: LevelSymbol, Notes: []string{"a note"},
			Verdicts: []Verdict{
				{Record: record("EX-1", "Made up: one"), Module: a, Status: Affected, Level: LevelSymbol,
					Reason: "an affected symbol is reached", Fixed: "1.2.0",
					Trace: []string{"example.org/app.main", "example.org/a.F"}},
				{Record: record("EX-2", "Made up: \x1b[31mtwo"), Module: app, Status: Unknown,
					Level: LevelModule, Reason: "it has none"},
				{Record: record("EX-3", ""), Module: a, Status: NotAffected, Level: LevelModule,
					Reason: "fixed in 1.1.0"},
				{Record: record("EX-4", "Made up: four"), Module: a, Status: NotAffected,
					Level: LevelSymbol, Reason: "no affected symbol is reached"},
				{Record: record("EX-5", "Made up: five"), Module: a, Status: Affected, Level: LevelModule,
					Reason:     "every version has it",
					Suppressed: &Suppressed{"ignore.yaml:2", "only in tests", someDay.AddDate(1, 0, 0)}},
			}}, {Target: image, Level: LevelModule, Gaps: []string{"a gap"}, Verdicts: []Verdict{
			{Record: record("EX-1", "Made up: one"), Module: std, Status: NotAffected,
				Level: LevelModule, Reason: "fixed in 1.25.0"}}}},
		Unused: []Exception{{ID: "EX-9", File: "ignore.yaml", Line: 5}}}
}

// TestOutput writes one result in every form, and holds the forms of others against their schemas.
func TestOutput(t *testing.T) {
	r := someResult()
	var text, all bytes.Buffer
	if err := r.WriteText(&text, false); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteText(&all, true); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/output.txt", text.Bytes())
	golden.Check(t, "testdata/output-all.txt", all.Bytes())
	for _, c := range []struct {
		name   string
		value  any
		schema string
	}{
		{"output.json", r.JSON(), ""},
		{"output.openvex.json", r.VEX(), "../../vex/testdata/openvex.schema.json"},
		{"output.sarif", r.SARIF(), "sarif-schema-2.1.0.json"},
	} {
		b, err := json.MarshalIndent(c.value, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/"+c.name, append(b, '\n'))
		if c.schema == "" {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := compile(t, c.schema).Validate(value); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Nothing is an empty list, and nobody is affected; OpenVEX cannot say so.
func TestEmptyOutput(t *testing.T) {
	r := &Result{Date: someDay, Reports: []Report{{Target: &Inventory{Target: "-", Kind: KindSPDX}}}}
	if r.Status() != NotAffected || r.VEX() != nil {
		t.Errorf("nothing is %s, and states %+v", r.Status(), r.VEX())
	}
	b, err := json.Marshal(r.SARIF())
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(t, "sarif-schema-2.1.0.json").Validate(v); err != nil {
		t.Error(err)
	}
}

// Only addresses of the web are links.
func TestLinks(t *testing.T) {
	for address, ok := range map[string]bool{"https://example.org/x": true, "http://example.org": true,
		"javascript:alert(1)": false, "https://": false, "": false, "https://example.org/ x": false,
		"https://example.org/\x1b": false, "file:///etc": false, "https://example.org/\u202e": false} {
		r := Record{Entry: osv.Entry{References: []osv.Reference{{Type: "ADVISORY", URL: address}}}}
		if got := r.URL() == address && address != ""; got != ok {
			t.Errorf("%q: it is a link: %t, want %t", address, got, ok)
		}
	}
}

// The worst decides: affected before unknown, and only what counts.
func TestStatus(t *testing.T) {
	ignored := &Suppressed{Until: time.Now()}
	for _, c := range []struct {
		verdicts []Verdict
		gaps     []string
		want     Status
	}{
		{nil, nil, NotAffected},
		{nil, []string{"a gap"}, Unknown},
		{[]Verdict{{Status: NotAffected}, {Status: Unknown}}, nil, Unknown},
		{[]Verdict{{Status: Affected}, {Status: Unknown}}, []string{"a gap"}, Affected},
		{[]Verdict{{Status: Affected, Suppressed: ignored}, {Status: Unknown}}, nil, Unknown},
		{[]Verdict{{Status: Affected, Suppressed: ignored}}, nil, NotAffected},
	} {
		r := Result{Reports: []Report{{}, {Verdicts: c.verdicts, Gaps: c.gaps}}}
		if got := r.Status(); got != c.want {
			t.Errorf("%+v, gaps %v: %s, want %s", c.verdicts, c.gaps, got, c.want)
		}
	}
}
