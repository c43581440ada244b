// Package exporttest has what the tests of all packages that export advisories do.
package exporttest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

// Exporter is the function of a package that exports advisories.
type Exporter func(*advisory.Public) (advisory.Output, error)

// Export returns what the exporter makes; if it refuses, the test has failed.
func (e Exporter) Export(t testing.TB, p *advisory.Public) advisory.Output {
	t.Helper()
	out, err := e(p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Golden compares all files with a text, and what was skipped. Nothing is in it of a record that is
// not issued.
func (e Exporter) Golden(t testing.TB, p *advisory.Public, file string) {
	t.Helper()
	out := e.Export(t, p)
	var got bytes.Buffer
	for _, f := range out.Files {
		fmt.Fprintf(&got, "== %s\n%s", f.Path, f.Data)
	}
	for _, s := range out.Skipped {
		fmt.Fprintf(&got, "== skipped %s: %s\n", s.ID, s.Reason)
	}
	golden.Check(t, file, got.Bytes())
	if bytes.Contains(got.Bytes(), []byte(sample.Canary)) {
		t.Error("a record that is not issued is in the export")
	}
}

// Hostile exports records with a hostile text in every field, one by one: each is refused, or its
// files are where path says.
func (e Exporter) Hostile(t testing.TB, path func(id string) string) {
	t.Helper()
	for _, r := range sample.HostileRecords() {
		out, err := e(alone(r))
		for _, f := range out.Files {
			if want := path(r.ID); err != nil || f.Path != want {
				t.Errorf("%.100q: %v, the file is %q, not %q", r.Title, err, f.Path, want)
			}
		}
	}
}

// Fuzz exports whatever a record says. It is refused, or every file of the export satisfies read.
func (e Exporter) Fuzz(f *testing.F, read func(advisory.File) error) {
	for _, r := range sample.Cases() {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, _ := advisory.Parse("record.md", text)
		if r == nil {
			return
		}
		out, err := e(alone(r))
		if err != nil {
			return
		}
		for _, file := range out.Files {
			if err := read(file); err != nil {
				t.Errorf("%s is exported to %s as %q: %v", text, file.Path, file.Data, err)
			}
		}
	})
}

// Benchmark measures the export of as many records as each of counts says.
func (e Exporter) Benchmark(b *testing.B, counts ...int) {
	for _, n := range counts {
		p := sample.Public(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				e.Export(b, p)
			}
		})
	}
}

// alone is a collection of one record.
func alone(r *advisory.Record) *advisory.Public {
	return advisory.NewCollection(sample.Project(), []*advisory.Record{r}).Public(sample.Date)
}
