package publish

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/export"
)

// A tree that is served is the tree that was written; what it lacks, Judge misses.
func TestFetch(t *testing.T) {
	key := testKey(t, 1)
	tree := treeOf(t, records(), firstDay, key, nil, pages()...)
	dir := filepath.Join(t.TempDir(), "tree")
	if err := tree.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	most := 0
	count := func(_, total int) { most = max(most, total) }
	got, err := Fetch(t.Context(), nil, server.URL+"/", count)
	if err != nil {
		t.Fatal(err)
	}
	wantFindings(t, Judge(t.Context(), got, Terms{Date: firstDay, Key: key.Public()}), nil)
	if len(got) != len(tree.Files) || most != len(tree.Files)-2 {
		t.Errorf("%d files of %d, progress to %d", len(got), len(tree.Files), most)
	}
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(csaf.SecurityTxtPath))); err != nil {
		t.Fatal(err)
	}
	got, err = Fetch(t.Context(), nil, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantFindings(t, Judge(t.Context(), got, Terms{Date: firstDay}), []string{
		csaf.SecurityTxtPath + ": the manifest lists it, but it is not there"})
}

// What no tree is fetched from.
func TestFetchRefuses(t *testing.T) {
	manifest := `{"sequence":1,"issued":"2026-06-01T00:00:00Z","expires":"2026-06-15T00:00:00Z",
		"previous":"","files":{"FILE":""}}`
	mux := http.NewServeMux()
	say := func(path, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) })
	}
	say("/out/"+export.ManifestPath, strings.Replace(manifest, "FILE", "../secret", 1))
	say("/broken/"+export.ManifestPath, "{")
	say("/fails/"+export.ManifestPath, strings.Replace(manifest, "FILE", "fails", 1))
	mux.HandleFunc("/fails/fails", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusInternalServerError)
	})
	say("/signature/"+export.ManifestPath, strings.Replace(manifest, "FILE", "x", 1))
	mux.HandleFunc("/signature/"+export.ManifestPath+".asc",
		func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) })
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	mux.HandleFunc("/away/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	mux.HandleFunc("/short/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("x"))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, c := range []struct{ address, want string }{
		{server.URL + "/out", "is no file"},
		{server.URL + "/broken", "read manifest"},
		{server.URL + "/fails", "500"},
		{server.URL + "/signature", "502"},
		{server.URL + "/away", "redirected to"},
		{server.URL + "/short", "unexpected EOF"},
		{server.URL + "/nowhere", "file does not exist"},
		{server.URL + "?x=y", "no address"},
		{"ftp://example.org", "no address"},
		{"site", "no address"},
		{"http://%zz", "no address"},
	} {
		_, err := Fetch(t.Context(), nil, c.address, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.address, err, c.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fetch(ended, nil, server.URL+"/fails", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
