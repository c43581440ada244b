package topology

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/unikernel"
)

// wantError wants an error with a text in it.
func wantError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q", what, err, want)
	}
}

// Every limit of what is read is one that says so.
func TestLimits(t *testing.T) {
	_, err := Parse("n", make([]byte, FileBytesMax+1), nil)
	wantError(t, "a big file", err, "more than 1MiB")
	big := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(big, make([]byte, FileBytesMax+1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load(big)
	wantError(t, "a big file", err, "more than 1MiB")
	_, err = Load(big + ".none")
	wantError(t, "no file", err, "big.yaml.none")
	_, err = Parse("n", []byte("include: a"), nil)
	wantError(t, "no includes", err, "not possible here")
	_, err = Parse("n", []byte("name: "+strings.Repeat("x", 201)), nil)
	wantError(t, "a long name", err, "more than 200 bytes")

	count := 0
	chain := func(string) ([]byte, error) {
		count++
		return fmt.Appendf(nil, "include: f%d", count), nil
	}
	_, err = Parse("n", []byte("include: f0"), chain)
	wantError(t, "a long chain of includes", err, "more than 64 files")

	many := "hosts: {a: , b: }\nlinks: [{ends: [a, b]}]\n"
	_, err = Parse("n", []byte(many+"at: {1s: ["+strings.Repeat("crash a,", ActionsMax+1)+"]}"), nil)
	wantError(t, "many actions", err, "more than 10000 things happen")
	_, err = Parse("n", []byte(many+"expect: ["+strings.Repeat("{drops: 0..},", 1001)+"]"), nil)
	wantError(t, "many expectations", err, "more than 1000 expectations")

	_, err = Parse("n", []byte("hosts: {a: {count: 9000}, b: , c: , d: }\nswitches: [x, y, z]\n"+
		"links: [{ends: [a, x]}, {ends: [a, y]}, {ends: [a, z]}]"), nil)
	wantError(t, "many links", err, "more than 20000 links")
}

func TestTree(t *testing.T) {
	if tree := sampleTree(prng.New(1), 300<<10); tree.bytes != 300<<10 || len(tree.files) != 14 {
		t.Errorf("a sample has %d bytes in %d files", tree.bytes, len(tree.files))
	}
	many := fstest.MapFS{}
	for i := range FilesMax + 1 {
		many[fmt.Sprint(i)] = &fstest.MapFile{}
	}
	_, err := readTree(many)
	wantError(t, "many files", err, "more than 10000 files")
	_, err = readTree(os.DirFS("no/such/directory"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	wantError(t, "a file as directory", isDirectory("doc.go"), "is not a directory")
	wantError(t, "a bad name", isDirectory("a\x00b"), "invalid argument")
	unreadable := fstest.MapFS{"a": {Mode: fs.ModeSymlink}, "b": {Data: []byte("b")}}
	if tree, err := readTree(unreadable); err != nil || len(tree.files) != 1 {
		t.Errorf("a link and a file: %v, %v; want the file alone", tree, err)
	}
}

// The server says the same on every machine: no dates of files, no types from tables.
func TestServeHTTP(t *testing.T) {
	tree, err := readTree(fstest.MapFS{"index.html": {Data: []byte("<p>")},
		"docs/index.html": {Data: []byte("docs")}, "a.bin": {Data: []byte("0123456789")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, ranges string
		code                 int
		kind, body           string
	}{
		{"GET", "/", "", 200, "text/html; charset=utf-8", "<p>"},
		{"GET", "/docs/", "", 200, "text/html; charset=utf-8", "docs"},
		{"GET", "/a.bin", "", 200, "application/octet-stream", "0123456789"},
		{"GET", "/a.bin", "bytes=2-4", 206, "application/octet-stream", "234"},
		{"HEAD", "/a.bin", "", 200, "application/octet-stream", ""},
		{"GET", "/b", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
		{"POST", "/", "", 405, "text/plain; charset=utf-8", "only GET and HEAD\n"},
	} {
		q := httptest.NewRequest(c.method, c.path, nil)
		if c.ranges != "" {
			q.Header.Set("Range", c.ranges)
		}
		w := httptest.NewRecorder()
		tree.ServeHTTP(w, q)
		if w.Code != c.code || w.Body.String() != c.body || w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s %s: %d %q %q", c.method, c.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if w.Header().Get("Last-Modified") != "" {
			t.Errorf("%s has a date", c.path)
		}
	}
}

// A file that comes whole with another sum is one that does not match.
func TestMismatch(t *testing.T) {
	tree, err := readTree(fstest.MapFS{"a": {Data: []byte("right")}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tree)
	j := &fetcher{run: &runner{}, record: &Transfer{}, url: server.URL + "/",
		machine: &unikernel.Machine{Log: slog.New(slog.DiscardHandler)}}
	get := func(file *treeFile) error {
		return j.get(t.Context(), server.Client(), file, make([]byte, 100))
	}
	if err := get(&tree.files[0]); err != nil {
		t.Errorf("the right file: %v", err)
	}
	err = get(&treeFile{path: "a"})
	if !errors.Is(err, errMismatch) {
		t.Errorf("another sum: %v", err)
	}
	j.again(&tree.files[0], err)
	if j.record.Mismatches != 1 || j.record.Retries != 1 {
		t.Errorf("counted %+v", j.record)
	}
	wantError(t, "no such file", get(&treeFile{path: "b"}), "404 Not Found")
	server.Close()
	if err := get(&tree.files[0]); err == nil || strings.Contains(err.Error(), server.URL) {
		t.Errorf("no server: %v, want an error without the URL", err)
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{File: "f.yaml", Line: 3, Column: 4, Problem: "it is bad", Source: "\tä\x01b",
		Hint: "no"}
	if got, want := e.Error(), "f.yaml:3:4: it is bad\n   ä?b\n     ^\n  hint: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if list := Errors(errors.New("x")); list != nil {
		t.Errorf("errors of another kind: %v", list)
	}
	if list := Errors(fmt.Errorf("y: %w", errors.Join(e, e))); len(list) != 2 {
		t.Errorf("%d errors in a wrapped list", len(list))
	}
}
