package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// good returns a record without a finding, as number n of 2026.
func good(t *testing.T, n int) *advisory.Record {
	t.Helper()
	text, err := os.ReadFile("testdata/lint/good.md")
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("ABC-2026-%04d", n)
	body := strings.ReplaceAll(string(text), "ABC-2026-0001", id)
	body = strings.ReplaceAll(body, "CVE-2026-12345", fmt.Sprintf("CVE-2026-1%04d", n))
	r, found := advisory.Parse("2026/"+id+".md", []byte(body))
	if len(found) > 0 {
		t.Fatal(found)
	}
	return r
}

// expect wants exactly these findings, one a line.
func expect(t *testing.T, p advisory.Project, o Options, want string, records ...*advisory.Record) {
	t.Helper()
	var got strings.Builder
	for _, f := range Check(advisory.NewCollection(p, records), nil, o) {
		fmt.Fprintln(&got, f)
	}
	if strings.TrimSpace(got.String()) != strings.TrimSpace(want) {
		t.Errorf("found\n%s\nwant\n%s", got.String(), want)
	}
}

func TestGaps(t *testing.T) {
	o := Options{Now: now}
	expect(t, project, o, `
project.yaml: there is no record ABC-2026-0001 (list it under unused: with a reason)
project.yaml: there is no record ABC-2026-0003 (list it under unused: with a reason)`,
		good(t, 2), good(t, 4))
	p := project
	p.Unused = []advisory.Unused{{ID: "ABC-2026-0001", Reason: "a duplicate"},
		{ID: "ABC-2026-0003", Reason: "taken by mistake"}}
	expect(t, p, o, "", good(t, 2), good(t, 4))
	p.Unused = append(p.Unused, advisory.Unused{ID: "ABC-2026-0002", Reason: "no"})
	expect(t, p, o, `2026/ABC-2026-0002.md:2: ABC-2026-0002 is listed as unused in project.yaml`+
		` (take it out of unused:, or choose the next number)`, good(t, 2))
	// A number far away is named as long as there is room, and not for ever.
	last := advisory.NewCollection(project, []*advisory.Record{good(t, 9999)})
	if n := len(Check(last, nil, o)); n != advisory.FindingsMax {
		t.Errorf("%d findings", n)
	}
}

func TestTwice(t *testing.T) {
	a, b, c := good(t, 1), good(t, 1), good(t, 2)
	b.File = "2026/copy/2026/ABC-2026-0001.md"
	c.Aliases = a.Aliases
	expect(t, project, Options{Now: now}, `
2026/ABC-2026-0002.md:5: CVE-2026-10001 is also an alias of ABC-2026-0001 (one flaw has one`+
		` record: merge them, or correct the alias)
2026/copy/2026/ABC-2026-0001.md:2: ABC-2026-0001 is also the id of 2026/ABC-2026-0001.md`+
		` (give one of them a new id)`, a, b, c)
}

// TestImportedAliases lets two publishers write about one flaw, and each only once.
func TestImportedAliases(t *testing.T) {
	imported := func(id, from string) *advisory.Record {
		r := good(t, 1)
		r.ID, r.File = id, "imported/"+id+".md"
		r.Imported = &advisory.Origin{From: from, URL: "https://example.org", Licence: "CC0-1.0"}
		return r
	}
	expect(t, project, Options{Now: now}, `imported/OSEC-2026-02.md:5: CVE-2026-10001 is also an`+
		` alias of OSEC-2026-01 (one flaw has one record: merge them, or correct the alias)`,
		imported("OSEC-2026-01", "OCaml"), imported("OSEC-2026-02", "OCaml"),
		imported("x_MSA-03", "MirageOS"), good(t, 1))
}

// TestMentions is the leak that dates do not show: a record that was issued names one that is not.
func TestMentions(t *testing.T) {
	a, b := good(t, 1), good(t, 2)
	a.Title += " as in ABC-2026-0002"
	a.Related = []string{"ABC-2026-0002"}
	a.References[0].URL += "/x_abc-2026-0002"
	a.Sections[1].Text += "\nAs\n`ABC-2026-0002` does."
	o := Options{Now: now}
	expect(t, project, o, "", a, b)
	b.Issued = time.Time{}
	const leak = "ABC-2026-0002 is named, which is not issued yet" +
		" (leave it out until that record is issued)"
	expect(t, project, o, `
2026/ABC-2026-0001.md:1: `+leak+`
2026/ABC-2026-0001.md:3: `+leak+`
2026/ABC-2026-0001.md:30: `+leak+`
2026/ABC-2026-0001.md:42: `+leak, a, b)
	a.Issued = time.Time{} // two drafts may name each other
	expect(t, project, o, "", a, b)
}

func TestExists(t *testing.T) {
	asked := map[string]bool{}
	o := Options{Now: now, Exists: func(module, version string) (bool, error) {
		asked[module+"@"+version] = true
		if version == "v1.10.0" {
			return true, nil
		}
		return false, errors.New("no answer")
	}}
	const want = `2026/ABC-2026-0001.md:13: cannot tell whether example.org/mod 1.20.0-rc.1` +
		` exists: no answer (try again, or look by hand)`
	expect(t, project, o, want, good(t, 1))
	if len(asked) != 2 {
		t.Error(asked)
	}
	o.Exists = func(_, version string) (bool, error) { return version == "v1.10.0", nil }
	expect(t, project, o, "2026/ABC-2026-0001.md:13: example.org/mod has no version 1.20.0-rc.1"+
		" (publish it first, or correct the number)", good(t, 1))
	r := good(t, 1) // Go itself is in no proxy of modules
	r.Affected[0].Module, r.Affected[0].Packages = "stdlib", nil
	p := project
	p.Modules = append(p.Modules, "stdlib")
	expect(t, p, o, "", r)
}

// TestNoFile lints a record that was made, not read: as the file that it would be.
func TestNoFile(t *testing.T) {
	r := good(t, 1)
	bare := &advisory.Record{Issued: r.Issued, Affected: r.Affected, Severity: r.Severity,
		Credits:  []advisory.Credit{{Name: "A", Type: "friend"}},
		Sections: append(r.Sections, advisory.Section{Name: "Updates", Text: "<b>"})}
	expect(t, project, Options{Now: now}, `
:1: the header has no id (write id: …)
:1: the header has no title (write title: …)
:18: credits[0].type: "friend" is not one of the set words (there is `+
		strings.Join(advisory.CreditTypes, ", ")+`)
:44: there is HTML in the text (write Markdown; put code between `+"`"+`)`, bare)
	made := advisory.Record{File: r.File, ID: r.ID, Title: r.Title, Reported: r.Reported,
		Issued: r.Issued.Add(time.Millisecond), Affected: r.Affected, Severity: r.Severity,
		Sections: r.Sections}
	expect(t, project, Options{Now: now}, r.File+":1: the record is another one when it is written"+
		" and read (whole seconds in UTC, one line in each value, no heading ## in a section)", &made)
	made.Issued = r.Issued
	expect(t, project, Options{Now: now}, "", &made)
}

// TestMadeRecords lints records that no file was read for, hostile in every field: what an importer
// could make of somebody's data. The good ones of the same kind have no finding but their places.
func TestMadeRecords(t *testing.T) {
	for _, r := range append(sample.HostileRecords(), sample.HostileTexts()...) {
		c := advisory.NewCollection(sample.Project(), []*advisory.Record{r})
		found := Check(c, nil, Options{Now: sample.Date})
		if len(found) == 0 || len(found) > 2*advisory.FindingsMax {
			t.Errorf("%.40q: %d findings", r.Title, len(found))
		}
		for _, f := range found {
			if f.Message == "" || f.Hint == "" || len(f.Message) > 2000 {
				t.Errorf("%.200q", f)
			}
		}
	}
}

func TestMany(t *testing.T) {
	r := good(t, 1)
	for range 10_000 {
		r.CWE = append(r.CWE, "no")
	}
	found := Check(advisory.NewCollection(project, []*advisory.Record{r}), nil, Options{Now: now})
	if n := len(found); n != advisory.FindingsMax {
		t.Errorf("%d findings", n)
	}
}

func TestText(t *testing.T) {
	if got := Text(nil); got != "" {
		t.Error(got)
	}
	got := Text([]advisory.Finding{{File: "a.md", Line: 1, Message: "m", Hint: "h", Fix: "f"},
		{File: "b.md", Message: "n"}})
	want := "a.md:1: m\n    hint: h\n    write: f\nb.md: n\n2 findings in 2 files\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestJSON is what "--json" prints: no key without a value but file and message.
func TestJSON(t *testing.T) {
	got, err := json.Marshal([]advisory.Finding{{File: "a.md", Line: 1, ID: "A-1", Message: "m",
		Hint: "h", Fix: "f"}, {File: "b.md", Message: "n"}})
	const want = `[{"file":"a.md","line":1,"id":"A-1","message":"m","hint":"h","fix":"f"},` +
		`{"file":"b.md","message":"n"}]`
	if string(got) != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// TestDocument lints the record and the project that docs/record.md shows.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/record.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) []byte {
		_, rest, _ := strings.Cut(string(text), "```"+language+"\n")
		body, _, _ := strings.Cut(rest, "\n```\n")
		return []byte(body + "\n")
	}
	p, found := advisory.ParseProject(advisory.ProjectFile, block("yaml"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	r, found := advisory.Parse("2026/EX-2026-0001.md", block("markdown"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	expect(t, *p, Options{Now: now, Public: true}, "", r)
	for _, list := range [][]string{Required, {advisory.Updates}} {
		for _, name := range list {
			if !strings.Contains(string(text), name) {
				t.Errorf("the section %s is not named", name)
			}
		}
	}
}

// TestOwn lints the records of this repository, which the public can read.
func TestOwn(t *testing.T) {
	c, found, err := advisory.Load(os.DirFS("../../advisories"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Project.Name != "Atoll" || c.Project.Prefix != "ATOLL" {
		t.Errorf("%+v", c.Project)
	}
	if text := Text(Check(c, found, Options{Now: time.Now(), Public: true})); text != "" {
		t.Error(text)
	}
}

func BenchmarkCheck(b *testing.B) {
	text, err := os.ReadFile("testdata/lint/good.md")
	if err != nil {
		b.Fatal(err)
	}
	records := make([]*advisory.Record, 5000)
	for i := range records {
		body := strings.ReplaceAll(string(text), "2026-12345", fmt.Sprintf("2026-1%04d", i))
		body = strings.ReplaceAll(body, "ABC-2026-0001", fmt.Sprintf("ABC-2026-%04d", i+1))
		records[i], _ = advisory.Parse(fmt.Sprintf("2026/ABC-2026-%04d.md", i+1), []byte(body))
	}
	c := advisory.NewCollection(project, records)
	for b.Loop() {
		Check(c, nil, Options{Now: now, Public: true})
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/record")
}
