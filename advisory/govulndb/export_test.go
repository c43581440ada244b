package govulndb

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

// The golden text has the indexes, indented, and the names of all files.
func TestExportGolden(t *testing.T) {
	var got bytes.Buffer
	out := exporter.Export(t, sample.Few())
	for _, f := range out.Files {
		fmt.Fprintf(&got, "== %s\n", f.Path)
		if strings.HasPrefix(f.Path, Dir+"index/") && strings.HasSuffix(f.Path, ".json") {
			if err := json.Indent(&got, f.Data, "", "  "); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range out.Skipped {
		fmt.Fprintf(&got, "== skipped %s: %s\n", s.ID, s.Reason)
	}
	golden.Check(t, "testdata/few.txt", got.Bytes())
}

// Every .json has a .gz with the same bytes, whose header says neither name nor time.
func TestTwins(t *testing.T) {
	files := map[string][]byte{}
	for _, f := range exporter.Export(t, sample.Public(30)).Files {
		files[f.Path] = f.Data
	}
	for path, data := range files {
		if !strings.HasSuffix(path, ".json") {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(files[path+".gz"]))
		if err != nil {
			t.Fatalf("%s.gz: %v", path, err)
		}
		text, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(text, data) {
			t.Errorf("%s.gz has other bytes (%v)", path, err)
		}
		if r.Name != "" || !r.ModTime.IsZero() {
			t.Errorf("%s.gz: header has name %q, time %v", path, r.Name, r.ModTime)
		}
	}
}

func entry(id string, affected ...osv.Affected) osv.Item {
	e := &osv.Entry{ID: id, Affected: affected}
	return osv.Item{Entry: e, JSON: e.Append(nil)}
}

func module(path string, events ...osv.Event) osv.Affected {
	return osv.Affected{Package: osv.Package{Ecosystem: "Go", Name: path},
		Ranges: []osv.Range{{Type: osv.Semver, Events: events}}}
}

// Index: the earliest version after which no later one is affected, by all that an entry says.
func TestFixed(t *testing.T) {
	in := func(v string) osv.Event { return osv.Event{Introduced: v} }
	out := func(v string) osv.Event { return osv.Event{Fixed: v} }
	for _, c := range []struct {
		why      string
		affected []osv.Affected
		want     string
	}{
		{"one range", []osv.Affected{module("m", in("0"), out("1.2.3"))}, "1.2.3"},
		{"the last of two", []osv.Affected{module("m", in("0"), out("1.2.3"), in("1.5.0"),
			out("1.10.0"))}, "1.10.0"},
		{"events in any order", []osv.Affected{module("m", out("1.10.0"), in("1.9.0"), out("1.2.3"),
			in("0"))}, "1.10.0"},
		{"no fix", []osv.Affected{module("m", in("0"), out("1.2.3"), in("1.5.0"))}, ""},
		{"a module named twice", []osv.Affected{module("m", in("0"), out("1.2.3")),
			module("m", in("2.0.0"), out("2.1.0"))}, "2.1.0"},
		{"named twice, once with no fix", []osv.Affected{module("m", in("0"), out("1.2.3")),
			module("m", in("2.0.0"))}, ""},
		{"other modules do not count", []osv.Affected{module("m", in("0"), out("1.2.3")),
			module("n", in("0"))}, "1.2.3"},
		{"no ranges: all versions", []osv.Affected{{Package: osv.Package{Ecosystem: "Go",
			Name: "m"}}}, ""},
		{"last_affected names no fix", []osv.Affected{module("m", in("0"),
			osv.Event{LastAffected: "1.2.3"})}, ""},
		{"introduced again where fixed", []osv.Affected{module("m", in("0"), in("1.0.0"),
			out("1.0.0"))}, ""},
	} {
		_, modules, _ := index([]osv.Item{entry("x_1", c.affected...)})
		if modules[0].Path != "m" || len(modules[0].Vulns) != 1 {
			t.Fatalf("%s: %v", c.why, modules)
		}
		if got := modules[0].Vulns[0].Fixed; got != c.want {
			t.Errorf("%s: fixed is %q, want %q", c.why, got, c.want)
		}
	}
}

func TestFilesRefuses(t *testing.T) {
	if _, err := Files([]osv.Item{entry("x_1"), entry("x_1")}); err == nil {
		t.Error("two entries with one id are written")
	}
	if _, err := Files([]osv.Item{entry("../x_1")}); err == nil {
		t.Error("an id that leaves the directory is written")
	}
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 1075, 4300) }

// A record that names nothing is skipped with the reason; one that cannot be right stops the
// export.
func TestItems(t *testing.T) {
	records := sample.Cases()[:1]
	p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
	records[0].Affected = nil
	items, skipped, err := Items(p)
	if err != nil || len(items) != 0 || len(skipped) != 1 || skipped[0].Reason != SkippedNothing {
		t.Errorf("a record about nothing: %v, %v, %v", items, skipped, err)
	}
	records[0].Severity[0].Vector = "high"
	if _, err := Export(p); err == nil {
		t.Error("a record with a bad vector is exported")
	}
}

// Another ecosystem's packages, which another's entry may name, are in no index of modules.
func TestIndexHasGoModulesOnly(t *testing.T) {
	a := module("m")
	a.Package.Ecosystem = "npm"
	if _, modules, metas := index([]osv.Item{entry("x_1", a)}); len(modules) != 0 || len(metas) != 1 {
		t.Errorf("modules %v, metas %v", modules, metas)
	}
}

// Ours and another's entries make one database; the others' bytes stay what they were.
func TestMerge(t *testing.T) {
	items, _, err := Items(sample.Few())
	if err != nil {
		t.Fatal(err)
	}
	const foreign = `{ "id":"GO-2021-0001", "modified":"2026-05-01T00:00:00Z", "other":[1],
		"affected":[{"package":{"name":"stdlib","ecosystem":"Go"}}] }`
	e, err := osv.ParseForeign([]byte(foreign))
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(append(items, osv.Item{Entry: e, JSON: []byte(foreign)}))
	if err != nil {
		t.Fatal(err)
	}
	m := tree(files)
	if got := string(m["ID/GO-2021-0001.json"].Data); got != foreign {
		t.Errorf("the other's entry became %s", got)
	}
	d := open(t, FS(m))
	if vulns := d.Vulns("stdlib"); len(vulns) != 2 || vulns[0].ID != "GO-2021-0001" {
		t.Errorf("stdlib has %v", vulns)
	}
	if got := d.Modified(); !got.Equal(e.Modified) {
		t.Errorf("modified %v, want the other's %v", got, e.Modified)
	}
	archive := m["vulndb.zip"].Data
	read, err := osv.ReadZip(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || len(read) != len(items)+1 {
		t.Errorf("vulndb.zip has %d entries (%v), want %d", len(read), err, len(items)+1)
	}
}
