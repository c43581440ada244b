package govulndb

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// tree is the files of a database by their paths in it.
func tree(files []advisory.File) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		m[strings.TrimPrefix(f.Path, Dir)] = &fstest.MapFile{Data: f.Data}
	}
	return m
}

// serve serves a tree; unpack makes the server say Content-Encoding of .gz, as it should not.
func serve(t *testing.T, m fstest.MapFS, unpack bool) Source {
	t.Helper()
	files := http.FileServerFS(m)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unpack {
			w.Header().Set("Content-Encoding", "gzip")
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return HTTP(server.Client(), server.URL+"/")
}

func open(t *testing.T, s Source) *Database {
	t.Helper()
	d, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A database says the same in a directory and over HTTP, also when the transport unpacks it.
func TestDatabase(t *testing.T) {
	m := tree(exporter.Export(t, sample.Few()).Files)
	for where, source := range map[string]Source{
		"directory": FS(m), "HTTP": serve(t, m, false), "HTTP that unpacks": serve(t, m, true),
	} {
		d := open(t, source)
		if got := d.Modified().Format(time.DateOnly); got != "2026-04-01" {
			t.Errorf("%s: modified %s", where, got)
		}
		want := []string{"example.org/Sample/stack", "example.org/sample", "stdlib", "toolchain"}
		if !slices.Equal(d.Modules(), want) {
			t.Errorf("%s: modules %v, want %v", where, d.Modules(), want)
		}
		vulns := d.Vulns("example.org/Sample/stack")
		if len(vulns) != 2 || vulns[1].Fixed != "1.2.4" || len(d.Vulns("example.org/none")) != 0 {
			t.Errorf("%s: vulns %v", where, vulns)
		}
		e, err := d.Entry(t.Context(), vulns[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if e.ID != "x_SAMPLE-2026-0001" || len(e.Affected) != 2 {
			t.Errorf("%s: entry %s with %d modules", where, e.ID, len(e.Affected))
		}
		metas, err := d.Metas(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(metas) != 5 || metas[4].ID != "x_SAMPLE-2026-0006" {
			t.Errorf("%s: metas %v: the entry about an image is not the last of 5", where, metas)
		}
		if _, err := d.Entry(t.Context(), "x_SAMPLE-2026-0007"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: an entry that is not there: %v", where, err)
		}
	}
}

// Whatever a database says wrongly is an error, with what it is about.
func TestDatabaseRefuses(t *testing.T) {
	const good = `[{"path":"m","vulns":[{"id":"x_1","modified":"2026-01-01T00:00:00Z"}]}]`
	for want, m := range map[string]map[string]string{
		"no Go vulnerability database":       {},
		"index/db.json: file does not exist": {"index/modules.json": good},
		"read index/modules.json":            {"index/modules.json": "{"},
		`"../x_1" is no id`: {"index/db.json": "{}",
			"index/modules.json": strings.ReplaceAll(good, "x_1", "../x_1")},
		"read index/db.json": {"index/db.json": "[]", "index/modules.json": good},
		"x_1.json has entry x_2": {"index/db.json": "{}", "index/modules.json": good,
			"index/vulns.json": `[{"id":".."}]`,
			"ID/x_1.json":      `{"id":"x_2","modified":"2026-01-01T00:00:00Z"}`},
		"no time of modification": {"index/db.json": "{}", "index/modules.json": good,
			"ID/x_1.json": `{"id":"x_1"}`},
	} {
		fsys := fstest.MapFS{}
		for path, text := range m {
			fsys[path] = &fstest.MapFile{Data: []byte(text)}
		}
		d, err := Open(t.Context(), FS(fsys))
		if err == nil {
			_, err = d.Entry(t.Context(), "x_1")
			if _, err := d.Metas(t.Context()); err == nil {
				t.Errorf("%s: an index of entries that is bad or not there is read", want)
			}
			if _, err := d.Entry(t.Context(), "../x_1"); err == nil {
				t.Error("an entry outside of the database is read")
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Open(t.Context(), FS(fstest.MapFS{})); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestModulesMax(t *testing.T) {
	text := "[" + strings.Repeat(`{},`, ModulesMax) + "{}]"
	m := fstest.MapFS{"index/modules.json": {Data: []byte(text)},
		"index/db.json": {Data: []byte("{}")}}
	if _, err := Open(t.Context(), FS(m)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("an index of too many modules: %v", err)
	}
}

// A file of more bytes than it may have is not read to its end, wherever it is.
func TestBytesMax(t *testing.T) {
	zeros := advisory.File{Path: "index/db.json", Data: make([]byte, 1<<20)}
	files, err := pack([]advisory.File{zeros}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := tree(files)
	for where, source := range map[string]Source{"directory": FS(m), "HTTP": serve(t, m, false),
		"HTTP that unpacks": serve(t, m, true)} {
		if _, err := source.Read(t.Context(), "index/db.json", 1<<20); err != nil {
			t.Errorf("%s: as many bytes as it may have: %v", where, err)
		}
		_, err := source.Read(t.Context(), "index/db.json", 1<<20-1)
		if err == nil || !strings.Contains(err.Error(), "more than 1048575 bytes") {
			t.Errorf("%s: a byte more than it may have: %v", where, err)
		}
	}
}

// What a server does wrong is an error that says what.
func TestHTTPErrors(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone.gz":
			w.WriteHeader(http.StatusGone)
		case "/broken.gz":
			w.WriteHeader(http.StatusInternalServerError)
		case "/short.gz":
			w.Header().Set("Content-Length", "100")
		case "/header.gz":
			_, _ = w.Write([]byte{0x1f, 0x8b, 0})
		case "/body.gz":
			_, _ = w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 9, 255, 1})
		}
	}))
	s := HTTP(server.Client(), server.URL)
	for path, want := range map[string]string{"gone": "file does not exist", "broken": "500",
		"short": "unexpected EOF", "header": "unexpected EOF", "body": "EOF"} {
		_, err := s.Read(t.Context(), path, 1000)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	server.Close()
	if _, err := s.Read(t.Context(), "x", 1000); err == nil {
		t.Error("a server that is not there is read")
	}
	if _, err := HTTP(server.Client(), "::").Read(t.Context(), "x", 1000); err == nil {
		t.Error("a URL that is none is read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Read(ctx, "x", 1000); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`[{"path":"m","vulns":[{"id":"x_1","modified":"2026-01-01T00:00:00Z"}]}]`))
	f.Add([]byte(`[{"path":"m","vulns":[{"id":"../x","fixed":"1"}]}]`))
	f.Fuzz(func(t *testing.T, modules []byte) {
		m := fstest.MapFS{"index/modules.json": {Data: modules},
			"index/db.json": {Data: []byte("{}")}}
		d, err := Open(context.Background(), FS(m))
		if err != nil {
			return
		}
		for _, path := range d.Modules() {
			for _, v := range d.Vulns(path) {
				if _, err := d.Entry(context.Background(), v.ID); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%q: %v", v.ID, err)
				}
			}
		}
	})
}
