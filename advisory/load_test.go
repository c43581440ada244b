package advisory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const projectText = `name: Abc
prefix: ABC
base-url: https://example.org
contact: [https://example.org/report]
policy: https://example.org/policy
modules: [example.org/mod]
category: vendor
`

func record(id string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("---\nid: " + id + "\ntitle: A\n---\n")}
}

func TestLoad(t *testing.T) {
	tree := fstest.MapFS{
		"project.yaml":              {Data: []byte(projectText)},
		"README.md":                 {Data: []byte("about the records")},
		"2026/ABC-2026-0002.md":     record("ABC-2026-0002"),
		"2026/ABC-2026-0001.md":     record("ABC-2026-0001"),
		"2025/ABC-2025-0001.md":     record("ABC-2025-0001"),
		"2025/bad.md":               {Data: []byte("no header")},
		"imported/OSEC-2026-01.md":  record("OSEC-2026-01"),
		"imported/README.md":        {Data: []byte("about history")},
		".git/x.md":                 {Data: []byte("hidden")},
		"2026/.ABC-2026-0001.md":    {Data: []byte("an editor's")},
		"2026/ABC-2026-0003.MD":     record("ABC-2026-0003"),
		"2026/ABC-2026-0004.md.bak": record("ABC-2026-0004"),
		"2026/notes.txt":            {Data: []byte("no record")},
		"2026/link.md":              {Data: []byte("../../x"), Mode: fs.ModeSymlink},
		"2026/pipe.md":              {Mode: fs.ModeNamedPipe},
		"a\\b.md":                   record("ABC-2026-0008"),
		"c:d/e.md":                  record("ABC-2026-0009"),
		"f\x1b.md":                  record("ABC-2026-0009"),
	}
	deep := strings.Repeat("d/", FoldersMax+1) + "x.md"
	tree[deep] = record("ABC-2026-0007")
	c, found, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintln(&b, f)
	}
	fmt.Fprintln(&b)
	for _, r := range c.Records() {
		fmt.Fprintln(&b, r.ID, r.File)
	}
	const header = "begin with a line ---, then the header, then a line --- again"
	const stray = "the file is named as a record, but is none" +
		" (a record's name ends in .md; remove the file or rename it)"
	want := `"a\\b.md": the name is refused (name files with letters, digits, hyphens and dots)
"c:d": the name is refused (name files with letters, digits, hyphens and dots)
"f\x1b.md": the name is refused (name files with letters, digits, hyphens and dots)
2025/bad.md:1: the file has no header (` + header + `)
2026/ABC-2026-0003.MD: ` + stray + `
2026/ABC-2026-0004.md.bak: ` + stray + `
2026/link.md: it is a link or a device, and is not followed (put the file itself here)
2026/pipe.md: it is a link or a device, and is not followed (put the file itself here)
d/d/d/d/d/d/d/d/d: more than 8 folders below one another (a record lies in the folder of its year)

ABC-2025-0001 2025/ABC-2025-0001.md
ABC-2026-0001 2026/ABC-2026-0001.md
ABC-2026-0002 2026/ABC-2026-0002.md
OSEC-2026-01 imported/OSEC-2026-01.md
`
	if got := b.String(); got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	if c.Project.Name != "Abc" {
		t.Errorf("%+v", c.Project)
	}
}

// TestLinkOutside wants a link in a real directory not to be followed.
func TestLinkOutside(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"secret.md": string(record("ABC-2026-0001").Data),
		"in/project.yaml": projectText} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in/a.md": "../secret.md", "in/2026": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	c, found, err := Load(os.DirFS(filepath.Join(dir, "in")))
	if err != nil || len(c.Records()) != 0 || len(found) != 2 {
		t.Errorf("%v, %v, %d records", err, found, len(c.Records()))
	}
}

func TestLoadProject(t *testing.T) {
	for text, want := range map[string]string{
		"":           "[project.yaml: the file is missing (atoll advisory init writes one)]",
		"a: b: c":    "[project.yaml:1: not YAML: mapping values are not allowed in this context",
		projectText:  "[]",
		"prefix: A1": "[project.yaml: the project has no base-url",
	} {
		tree := fstest.MapFS{"x/ABC-1.txt": {Data: nil}}
		if text != "" {
			tree["project.yaml"] = &fstest.MapFile{Data: []byte(text)}
		}
		if text == projectText {
			delete(tree, "x/ABC-1.txt")
		}
		c, found, err := Load(tree)
		if got := fmt.Sprint(found); err != nil || c == nil || !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
}

// broken is a tree in which a file cannot be opened or read.
type broken struct {
	fstest.MapFS
	open bool
}

var errDisk = errors.New("bad disk")

func (b broken) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if err != nil || name != "a.md" {
		return f, err
	}
	if b.open {
		return nil, errDisk
	}
	return badFile{f}, nil
}

type badFile struct{ fs.File }

func (badFile) Read([]byte) (int, error) { return 0, errDisk }

func TestLoadErrors(t *testing.T) {
	for _, open := range []bool{true, false} {
		tree := broken{fstest.MapFS{"a.md": record("A-1")}, open}
		if _, _, err := Load(tree); !errors.Is(err, errDisk) {
			t.Errorf("open %v: %v", open, err)
		}
	}
	none := os.DirFS(filepath.Join(t.TempDir(), "none"))
	if _, _, err := Load(none); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestLoadMany begins the walk just below each limit.
func TestLoadMany(t *testing.T) {
	big := &fstest.MapFile{Data: make([]byte, RecordBytesMax+10)}
	tree := fstest.MapFS{"project.yaml": {Data: []byte(projectText)}}
	l := &loader{fsys: tree, bytes: CollectionBytesMax - RecordBytesMax}
	tree["a.md"] = big
	if err := fs.WalkDir(tree, ".", l.visit); err != nil || len(l.findings) != 1 ||
		!strings.Contains(l.findings[0].Message, "the records are more than") {
		t.Error(err, l.findings)
	}
	l = &loader{fsys: tree, records: make([]*Record, RecordsMax)}
	if err := fs.WalkDir(tree, ".", l.visit); err != nil || len(l.findings) != 1 ||
		!strings.Contains(l.findings[0].Message, "more than 100000 records") {
		t.Error(err, l.findings)
	}
}

func BenchmarkLoad(b *testing.B) {
	tree := fstest.MapFS{"project.yaml": {Data: []byte(projectText)}}
	const count = 5000
	text := &Record{Title: "A", Issued: day(1), Affected: []Affected{{Ecosystem: Go,
		Module: "example.org/mod", Ranges: []Range{{"0", "1.0.0"}},
		Packages: []Package{{Path: "example.org/mod/a", Symbols: []string{"F", "T.M"}}}}},
		Severity: []Severity{{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}},
		Sections: []Section{{"Description", strings.Repeat("Some words of a text.\n", 40)}}}
	for i := range count {
		text.ID = fmt.Sprintf("ABC-2026-%04d", i+1)
		tree["2026/"+text.ID+".md"] = &fstest.MapFile{Data: text.Append(nil)}
	}
	for b.Loop() {
		if c, found, err := Load(tree); err != nil || len(found) > 0 || len(c.Records()) != count {
			b.Fatal(err, found)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*count), "µs/record")
}

// Public keys lie beside the records, in a folder of their own.
func TestLoadKeys(t *testing.T) {
	tree := fstest.MapFS{"project.yaml": {Data: []byte(projectText)},
		"keys/b.asc": {Data: []byte("B")}, "keys/a.asc": {Data: []byte("A")},
		"keys/README.md": {Data: []byte("about keys")}, "2026/c.asc": {Data: []byte("no key")}}
	c, found, err := Load(tree)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	var got []string
	for _, k := range c.Project.Keys {
		got = append(got, k.File+"="+string(k.Armoured))
	}
	if want := "keys/a.asc=A keys/b.asc=B"; strings.Join(got, " ") != want {
		t.Errorf("keys %s, want %s", got, want)
	}
	for i := range KeysMax {
		tree[fmt.Sprintf("keys/%02d.asc", i)] = &fstest.MapFile{}
	}
	c, found, err = Load(tree)
	if err != nil || len(c.Project.Keys) != KeysMax || len(found) != 1 {
		t.Errorf("%d keys: %v, %v", len(c.Project.Keys), found, err)
	}
}
