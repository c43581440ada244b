package export

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/sample"
)

var date = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// testKey is a key that everybody can make again: it protects nothing.
func testKey(t testing.TB) *sign.Key {
	t.Helper()
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k, err := sign.Generate("Example", "security@example.org", made, rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// public is the records of a made-up project on date.
func public(records ...*advisory.Record) *advisory.Public {
	p := advisory.Project{Name: "Example", Prefix: "EX", BaseURL: "https://example.org",
		Contact: []string{"mailto:security@example.org"}, Category: "vendor",
		Policy: "https://example.org/security/", Languages: []string{"en"},
		Modules: []string{"example.org/mod"}}
	return advisory.NewCollection(p, records).Public(date)
}

func build(t testing.TB, p *advisory.Public, o Options) *Tree {
	t.Helper()
	tree, err := Build(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// files maps a tree's paths to its files.
func files(t *Tree) map[string]string {
	m := map[string]string{}
	for _, f := range t.Files {
		m[f.Path] = string(f.Data)
	}
	return m
}

// fixed is always the same files.
func fixed(files []advisory.File) More {
	return func([]advisory.File) ([]advisory.File, error) { return files, nil }
}

var page = fixed([]advisory.File{{Path: "index.html", Data: []byte("<p>page")}})

func TestManifestCoversTheTree(t *testing.T) {
	tree := build(t, public(), Options{Key: testKey(t), More: page})
	m, err := ReadManifest([]byte(files(tree)[ManifestPath]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Sequence != 1 || m.Previous != "" || !m.Issued.Equal(date) ||
		!m.Expires.Equal(date.AddDate(0, 0, ManifestDays)) || m.Hash() != tree.Manifest.Hash() {
		t.Errorf("the first manifest is %+v", m)
	}
	want := files(tree)
	delete(want, ManifestPath)
	delete(want, ManifestPath+".asc")
	for path, text := range want {
		if m.Files[path] != hash([]byte(text)) {
			t.Errorf("%s: not covered", path)
		}
	}
	if len(want) != len(m.Files) {
		t.Errorf("the manifest has %d files, the tree %d", len(m.Files), len(want))
	}
	if !maps.Equal(m.Files, tree.Manifest.Files) {
		t.Error("the manifest that was read is not the tree's")
	}
	byPath := func(a, b advisory.File) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(tree.Files, byPath) {
		t.Error("the files are not in order")
	}
}

func TestManifestFollowsThePrevious(t *testing.T) {
	key := testKey(t)
	first := build(t, public(), Options{Key: key, More: page})
	read, err := ReadManifest([]byte(files(first)[ManifestPath]))
	if err != nil {
		t.Fatal(err)
	}
	for name, previous := range map[string]*Manifest{"built": first.Manifest, "read": read} {
		second := build(t, public(), Options{Key: key, More: page, Previous: previous})
		if m := second.Manifest; m.Sequence != 2 || m.Previous != hash([]byte(
			files(first)[ManifestPath])) {
			t.Errorf("%s: the second manifest is %d, after %s", name, m.Sequence, m.Previous)
		}
	}
	read.Issued = date.Add(time.Second)
	if _, err := Build(public(), Options{Previous: read, More: page}); err == nil {
		t.Error("a tree that is older than the one before was built")
	}
	late := public()
	late.Date = time.Date(YearMax+1, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := Build(late, Options{}); err == nil {
		t.Error("a tree was built of which the end of validity has no RFC 3339 form")
	}
	late.Date = late.Date.Add(-time.Second)
	if _, err := Build(late, Options{}); err != nil {
		t.Error(err)
	}
}

func TestReadManifestRefuses(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", `{"sequence":0}`, `{"sequence":1}`,
		`{"sequence":1,"issued":"2026-01-01T00:00:00Z","expires":"2026-01-01T00:00:00Z"}`,
		`{"sequence":1,"issued":"2026-01-01T00:00:00Z","expires":"2026-01-02T00:00:00Z"}`,
		`{"sequence":1e99}`} {
		if _, err := ReadManifest([]byte(text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	if _, err := ReadManifest(make([]byte, ManifestBytesMax+1)); err == nil {
		t.Error("a manifest that is too long was read")
	}
}

func FuzzReadManifest(f *testing.F) {
	tree, err := Build(public(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(files(tree)[ManifestPath]))
	f.Add([]byte(`{"sequence":1,"issued":"2026-01-01T00:00:00Z","files":{"a":"b"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadManifest(b)
		if err != nil {
			return
		}
		again, err := ReadManifest(m.encode())
		if err != nil || again.Sequence != m.Sequence || !maps.Equal(again.Files, m.Files) ||
			!again.Issued.Equal(m.Issued) || !again.Expires.Equal(m.Expires) {
			t.Errorf("%+v became %+v (%v)", m, again, err)
		}
	})
}

func TestPathsThatAreNoFiles(t *testing.T) {
	for name, paths := range map[string][]string{
		"above": {"../x"}, "rooted": {"/x"}, "dot": {"."}, "empty": {""}, "twice": {"a", "a"},
		"directory": {"a", "a.b", "a/b"}, "nul": {"a\x00"}, "backslash": {`..\x`},
		"manifest": {ManifestPath}, "its signature": {ManifestPath + ".asc"},
	} {
		var more []advisory.File
		for _, p := range paths {
			more = append(more, advisory.File{Path: p})
		}
		if tree, err := Build(public(), Options{More: fixed(more)}); err == nil {
			t.Errorf("%s: a tree of %d files was built", name, len(tree.Files))
		}
	}
}

// Pages link what is there, so they are told of all of it; an error of theirs is one of the tree.
func TestMore(t *testing.T) {
	for _, key := range []*sign.Key{nil, testKey(t)} {
		var told []string
		tree := build(t, public(), Options{Key: key,
			More: func(exported []advisory.File) ([]advisory.File, error) {
				for _, f := range exported {
					told = append(told, f.Path)
				}
				return page(exported)
			}})
		var want []string
		for _, f := range tree.Files {
			if f.Path != "index.html" {
				want = append(want, f.Path)
			}
		}
		if slices.Sort(told); !slices.Equal(told, want) {
			t.Errorf("pages are told of %v, want %v", told, want)
		}
	}
	bad := errors.New("no page")
	failing := func([]advisory.File) ([]advisory.File, error) { return nil, bad }
	if _, err := Build(public(), Options{More: failing}); !errors.Is(err, bad) {
		t.Errorf("got %v, want that of the pages", err)
	}
}

func TestExporterFails(t *testing.T) {
	p := public()
	p.Project.Contact = nil
	if _, err := Build(p, Options{}); err == nil || !strings.Contains(err.Error(), "csaf") {
		t.Errorf("error %v, want the one of an exporter", err)
	}
}

// A record that changed after the date would be missing, or say what nobody knew then.
func TestChangedLater(t *testing.T) {
	then := advisory.NewCollection(sample.Project(), sample.Cases()).Public(
		time.Date(2026, 2, 5, 0, 0, 0, 0, time.UTC))
	if _, err := Build(then, Options{}); err == nil ||
		!strings.Contains(err.Error(), "SAMPLE-2026-0001 was modified after 2026-02-05T00:00:00Z") {
		t.Errorf("error %v", err)
	}
}

func TestKeyOutOfTime(t *testing.T) {
	key := testKey(t)
	p := public()
	for _, at := range []time.Time{key.Expires(), date.AddDate(-1, 0, 0)} {
		p.Date = at
		for _, o := range []Options{{Key: key, More: page}, {Public: key.Public(), More: page}} {
			if _, err := Build(p, o); err == nil {
				t.Errorf("a tree was signed at %s", at)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	tree := build(t, public(), Options{Key: testKey(t), More: page})
	dir := filepath.Join(t.TempDir(), "new", "tree")
	if err := tree.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	for path, text := range files(tree) {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil || !bytes.Equal(got, []byte(text)) {
			t.Errorf("%s: other bytes in the directory (%v)", path, err)
		}
	}
	if err := tree.Write(t.Context(), dir, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("over a tree: error %v", err)
	}
	left, _ := os.ReadDir(filepath.Dir(dir))
	if len(left) != 1 {
		t.Errorf("left beside the tree: %v", left)
	}
}

// Whoever interrupts it finds nothing of it; until then it says how far it is.
func TestWriteInterrupted(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	tree := build(t, public(), Options{})
	told := 0
	err := tree.Write(ctx, filepath.Join(parent, "tree"), func(done, total int) {
		if told++; done == total/2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || told != len(tree.Files)/2+1 {
		t.Errorf("after %d of %d files: %v", told, len(tree.Files), err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestSyncErrors(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	if syncAll(none) == nil || SyncDir(none) == nil {
		t.Error("what is not there is on the disk")
	}
}

func TestWriteLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	name := strings.Repeat("x", 300) // longer than a file's name may be
	tree := &Tree{Files: []advisory.File{{Path: "a"}, {Path: name}}}
	if err := tree.Write(t.Context(), filepath.Join(parent, "tree"), nil); err == nil {
		t.Fatal("a file with an impossible name was written")
	}
	tree.Files = []advisory.File{{Path: "a"}, {Path: "a/b"}} // Build makes no such tree
	if err := tree.Write(t.Context(), filepath.Join(parent, "tree"), nil); err == nil {
		t.Fatal("a file was written as a directory")
	}
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(parent, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	tree.Files = tree.Files[:1]
	for _, dir := range []string{file, filepath.Join(file, "below"), link, "/dev/null/tree",
		"/proc/none/tree", "/proc/none"} {
		if err := tree.Write(t.Context(), dir, nil); err == nil {
			t.Errorf("%s was written", dir)
		}
	}
	if left, _ := os.ReadDir(parent); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}
