package history

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/lint"
	"github.com/atoll-os/atoll/internal/golden"
)

// folder is where Atoll keeps the history of others.
const folder = "../../advisories/imported"

// sources reads every source of a kind, in the order of their names.
func sources(t *testing.T, kind string) (records []*advisory.Record, notes []advisory.Finding) {
	t.Helper()
	names, err := filepath.Glob("testdata/" + kind + "/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources of %s: %v", kind, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var r *advisory.Record
		var found []advisory.Finding
		if kind == "osec" {
			r, found, err = OSEC(filepath.Base(name), text)
		} else {
			r, found, err = MSA(filepath.Base(name), text, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		records, notes = append(records, r), append(notes, found...)
	}
	return records, notes
}

// The records under advisories/imported are what the importers make of their sources: nobody
// changes them by hand. What is odd about the sources is known, and nothing else is.
func TestImported(t *testing.T) {
	osec, osecNotes := sources(t, "osec")
	msa, msaNotes := sources(t, "msa")
	var notes bytes.Buffer
	for _, n := range slices.Concat(osecNotes, msaNotes) {
		notes.WriteString(n.String() + "\n")
	}
	golden.Check(t, "testdata/notes.txt", notes.Bytes())
	want := []string{"README.md"}
	for _, r := range slices.Concat(osec, msa) {
		golden.Check(t, filepath.Join(folder, r.ID+".md"), r.Append(nil))
		want = append(want, r.ID+".md")
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		if !slices.Contains(want, entry.Name()) {
			t.Errorf("no source for %s", entry.Name())
		}
	}
}

// Every disagreement between MirageOS's texts and the OCaml team's records that is known is found.
func TestDisagreements(t *testing.T) {
	osec, _ := sources(t, "osec")
	msa, _ := sources(t, "msa")
	var got bytes.Buffer
	for _, a := range msa {
		for _, b := range osec {
			if !Same(a, b) {
				continue
			}
			got.WriteString(a.ID + " and " + b.ID + "\n")
			for _, d := range Disagreements(a, b) {
				got.WriteString("    " + d.Message + "\n")
			}
		}
	}
	golden.Check(t, "testdata/disagreements.txt", got.Bytes())
	for _, want := range []string{
		"x_MSA-00 and OSEC-2016-02", "x_MSA-01 and OSEC-2019-01", "x_MSA-02 and OSEC-2019-02",
		"x_MSA-03 and OSEC-2022-01",
		"issued 2019-04-26, but x_MSA-02 has 2019-04-25",
		"lacks mirage-block-xen, which", "lacks mirage-net-xen, which", "lacks mirage-console, which",
		"lacks ocaml-vchan, which", "lacks ocaml-gnt, which",
		"lacks qubes-mirage-firewall, which x_MSA-03 names",
		"of 4 fixes that x_MSA-00 names, lacks commit/47de2edf, commit/6daad38a, commit/ec9b1046",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("not found: %s", want)
		}
	}
	// The only fix of MSA 00 that OSEC-2016-02 names is the one for receiving, while its title is
	// about sending.
	text := msa[0].Section("Correction details")
	if at := strings.Index(text, "0b1e53c0"); at < strings.Index(text, "while receiving") {
		t.Errorf("the fix for receiving is not told apart:\n%s", text)
	}
	for _, a := range msa {
		for _, b := range msa {
			if Same(a, b) {
				t.Errorf("%s and %s count as one problem", a.ID, b.ID)
			}
		}
	}
}

// What is imported passes lint and every exporter; what an exporter leaves out, it says why. None
// of it is published as ours: no CSAF document and no CVE record.
func TestImportedIsExported(t *testing.T) {
	c, found, err := advisory.Load(os.DirFS("../../advisories"))
	if err != nil {
		t.Fatal(err)
	}
	date := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for _, f := range lint.Check(c, found, lint.Options{Now: date, Public: true}) {
		t.Error(f)
	}
	p := c.Public(date)
	tree, err := export.Build(p, export.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, skipped := map[string]string{}, map[string]string{}
	for _, f := range tree.Files {
		files[f.Path] = string(f.Data)
	}
	for _, skip := range tree.Skipped {
		skipped[skip.ID] += skip.Reason + "\n"
	}
	imported := 0
	for _, r := range p.Records() {
		if r.Imported == nil {
			continue
		}
		imported++
		if !strings.Contains(files["advisories/osv/"+r.ID+".json"], `"from":"`+r.Imported.From) {
			t.Errorf("%s: its OSV entry does not say where it is from", r.ID)
		}
		for _, name := range []string{"advisories/text/" + r.ID + ".txt", "advisories/feed.atom",
			"advisories/index.json", "advisories/osv/all.json"} {
			if !strings.Contains(files[name], r.ID) {
				t.Errorf("%s is not in %s", r.ID, name)
			}
		}
		for _, exporter := range []string{"govulndb: ", "csaf: ", "vex: ", "cve: "} {
			if !strings.Contains(skipped[r.ID], exporter) {
				t.Errorf("%s: %s it is not there, and nothing says why", r.ID, exporter)
			}
		}
		published(t, r.ID, files)
	}
	if imported != 23 {
		t.Errorf("%d imported records, want 19 of OSEC and 4 MSA", imported)
	}
}

// published fails if a record is published as our own.
func published(t *testing.T, id string, files map[string]string) {
	t.Helper()
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "-")) }
	for name := range files {
		as := strings.HasPrefix(name, ".well-known/") || strings.HasPrefix(name, "advisories/cve/")
		if as && strings.Contains(plain(name), plain(id)) {
			t.Errorf("%s is published as ours: %s", id, name)
		}
	}
}
