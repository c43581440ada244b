package govulndb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/vuln/scan"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/internal/sample"
)

// query asks govulncheck's own client which entries of a database are about a version of a module.
func query(t *testing.T, db, version string) []string {
	t.Helper()
	var out, talk bytes.Buffer
	cmd := scan.Command(t.Context(), "-mode=query", "-format=json", "-db="+db, version)
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Start()
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", version, err, &talk)
	}
	var ids []string
	for d := json.NewDecoder(&out); ; {
		var message struct{ OSV *osv.Entry }
		if err := d.Decode(&message); errors.Is(err, io.EOF) {
			return ids
		} else if err != nil {
			t.Fatal(err)
		}
		if message.OSV != nil {
			ids = append(ids, message.OSV.ID)
		}
	}
}

// govulncheck's client reads the database in a directory and over HTTP, and finds by its index
// what the records say. (Its query gives all entries of a module if one is about the version.)
func TestGovulncheckReads(t *testing.T) {
	files := exporter.Export(t, sample.Few()).Files
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, base := range []string{"file://" + filepath.ToSlash(dir), server.URL} {
		db := base + "/" + strings.TrimSuffix(Dir, "/")
		for version, want := range map[string]string{
			"example.org/Sample/stack@v1.2.2":          "x_SAMPLE-2026-0001 x_SAMPLE-2026-0004",
			"example.org/Sample/stack@v1.3.0":          "",
			"example.org/Sample/stack@v1.4.0":          "x_SAMPLE-2026-0001",
			"example.org/sample@v0.8.0":                "",
			"example.org/sample@v0.9.0":                "x_SAMPLE-2026-0001",
			"example.org/sample@v2.0.0+incompatible":   "",
			"stdlib@go1.26.1":                          "x_SAMPLE-2026-0002",
			"stdlib@go1.25.9":                          "",
			"stdlib@go1.26.2":                          "",
			"toolchain@go1.99.0":                       "x_SAMPLE-2026-0003",
			"example.org/none@v1.0.0":                  "",
			"example.org/" + sample.Canary + "@v1.0.0": "",
		} {
			if got := strings.Join(query(t, db, version), " "); got != want {
				t.Errorf("%s: %s is affected by %q, want %q", base, version, got, want)
			}
		}
	}
}

// Of 200 records, govulncheck's client finds at a version the modules' records that say so.
func TestGovulncheckAgrees(t *testing.T) {
	p := sample.Public(200)
	server := httptest.NewServer(http.FileServerFS(tree(exporter.Export(t, p).Files)))
	defer server.Close()
	about := map[string][]*advisory.Affected{}
	var paths []string
	for _, r := range p.Records() {
		for i := range r.Affected {
			a := &r.Affected[i]
			about[a.Module] = append(about[a.Module], a)
			paths = append(paths, a.Module)
		}
	}
	for _, path := range slices.Compact(slices.Sorted(slices.Values(paths)))[:15] {
		for _, version := range []string{"0.1.0", "0.5.0", "0.9.9", "1.0.0", "1.9.0", "2.0.0"} {
			want := slices.ContainsFunc(about[path], func(a *advisory.Affected) bool {
				return a.Contains(version)
			})
			if got := len(query(t, server.URL, path+"@v"+version)) > 0; got != want {
				t.Errorf("%s %s: affected %v, want %v", path, version, got, want)
			}
		}
	}
}
