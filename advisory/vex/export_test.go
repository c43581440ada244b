package vex

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

func TestExportGolden(t *testing.T) {
	exporter.Golden(t, sample.Few(), "testdata/few.txt")
}

// Every document satisfies OpenVEX's own schema and is read back as it was.
func TestDocumentsAreOpenVEX(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/openvex.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	p := sample.Public(300)
	hostile := advisory.NewCollection(sample.Project(), sample.HostileTexts()).Public(sample.Date)
	for _, f := range slices.Concat(exporter.Export(t, sample.Few()).Files,
		exporter.Export(t, p).Files, exporter.Export(t, hostile).Files) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
	for _, r := range p.Records() {
		d, err := Build(&p.Project, r)
		if err != nil {
			t.Fatal(err)
		}
		read, err := Parse(d.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(d, read) {
			t.Errorf("%s is read as\n%s", d.Append(nil), read.Append(nil))
		}
	}
}

// Who reads the statements of a record learns of each version what the record says.
func TestStatementsSayWhatRecordsSay(t *testing.T) {
	p := sample.Public(200)
	for _, r := range p.Records() {
		d, err := Build(&p.Project, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.Affected {
			for _, v := range []string{"0.1.0", "0.5.1", "1.0.0", "1.4.4", "2.0.0-rc.1", "9.0.0"} {
				affected := false // by any list of the module's ranges
				for _, b := range r.Affected {
					affected = affected || b.Module == a.Module && b.Contains(v)
				}
				s := d.Find([]string{r.ID}, "", "pkg:golang/"+a.Module+"@v"+v)
				switch {
				case r.Withdrawn != nil:
					if s == nil || s.Status != NotAffected {
						t.Errorf("%s is withdrawn, %s: %+v", r.ID, v, s)
					}
				case affected != (s != nil && s.Status == Affected):
					t.Errorf("%s: %s %s affected %v: %+v", r.ID, a.Module, v, affected, s)
				}
			}
		}
	}
}

// A module that a record names twice has one meaning, and an image named twice is one product.
func TestNamedTwice(t *testing.T) {
	r := sample.Cases()[0]
	r.Affected[1].Module = r.Affected[0].Module
	r.Affected[1].Ranges = []advisory.Range{{Introduced: "1.1.0", Fixed: "1.2.4"}}
	r.Images = []advisory.Image{{Name: "web"}, {Name: "web"}}
	p := sample.Project()
	d, err := Build(&p, r)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range d.Statements {
		for _, product := range s.Products {
			got = append(got, s.Status+" "+product.ID)
		}
	}
	const module = "pkg:golang/example.org/sample/stack"
	want := []string{
		"affected " + module + "?vers=vers:golang%2F%3Cv1.2.4%7C%3E%3Dv1.4.0",
		"affected pkg:generic/web",
		"fixed " + module + "@v1.2.4",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("statements\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A record with a hostile text in every field is refused, or its file is where it should be.
func TestHostileRecords(t *testing.T) {
	exporter.Hostile(t, func(id string) string { return Dir + "x_" + id + ".openvex.json" })
}

func TestExportRefuses(t *testing.T) {
	records := sample.Cases()[:1]
	p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
	records[0].Affected[0].Ranges[0].Fixed = "1.0.0"
	if out, err := Export(p); err == nil || len(out.Files) > 0 {
		t.Errorf("a range in which no version lies: %d files", len(out.Files))
	}
	records[0].Affected, records[0].Images = nil, nil
	out, err := Export(p)
	if err != nil || len(out.Skipped) != 1 || out.Skipped[0].Reason != SkippedNothing {
		t.Errorf("a record about nothing: %v, %v", out.Skipped, err)
	}
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 1075, 4300) }
