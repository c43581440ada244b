package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	madeup "github.com/atoll-os/atoll/internal/sample"
	"github.com/atoll-os/atoll/site"
)

// edition writes a tree with one page, and returns its directory.
func edition(t *testing.T, dir, text string, previous *export.Manifest) *export.Manifest {
	t.Helper()
	pages := func([]advisory.File) ([]advisory.File, error) {
		return []advisory.File{{Path: "index.html", Data: []byte(text)}}, nil
	}
	tree, err := export.Build(madeup.Public(1), export.Options{Previous: previous, More: pages})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	return tree.Manifest
}

// A new edition is served as soon as the link leads to it; one that cannot be read is not, and the
// edition before stays.
func TestEditions(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "www")
	flip := func(to string) {
		t.Helper()
		os.Remove(place)
		if err := os.Symlink(to, place); err != nil {
			t.Fatal(err)
		}
	}
	first := edition(t, filepath.Join(dir, "www.1"), "one", nil)
	edition(t, filepath.Join(dir, "www.2"), "two", first)
	flip("www.1")
	e, err := openEditions(place, site.Options{Rate: -1})
	if err != nil {
		t.Fatal(err)
	}
	want := func(fresh bool, text, problem string) {
		t.Helper()
		got, err := e.look()
		if got != fresh || (err != nil) != (problem != "") ||
			err != nil && !strings.Contains(err.Error(), problem) {
			t.Errorf("fresh %v, %v; want %v, %q", got, err, fresh, problem)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Body.String() != text || w.Header().Get("Last-Modified") == "" {
			t.Errorf("it serves %q, want %q", w.Body, text)
		}
	}
	want(false, "one", "")
	flip("www.2")
	want(true, "two", "")
	want(false, "two", "")
	flip("gone")
	want(false, "two", "gone")
	os.Mkdir(filepath.Join(dir, "www.3"), 0o777)
	flip("www.3")
	want(false, "two", "manifest.json")
	flip("www.1")
	want(true, "one", "")
	manifest := filepath.Join(dir, "www.1", filepath.FromSlash(export.ManifestPath))
	if err := os.WriteFile(manifest, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	want(false, "one", "read manifest")
	if _, err := openEditions(filepath.Join(dir, "nowhere"), site.Options{}); err == nil {
		t.Error("nothing can be opened")
	}
}

// It looks by itself, and tells of a trouble once.
func TestFollowEditions(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "www")
	first := edition(t, filepath.Join(dir, "www.1"), "one", nil)
	edition(t, filepath.Join(dir, "www.2"), "two", first)
	if err := os.Symlink("www.1", place); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		e, err := openEditions(place, site.Options{Rate: -1,
			Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan bool)
		go func() { e.follow(ctx); close(ended) }()
		for _, to := range []string{"gone", "www.2"} {
			os.Remove(place)
			if err := os.Symlink(to, place); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * editionEvery)
			synctest.Wait()
		}
		stop()
		<-ended
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Body.String() != "two" {
			t.Errorf("it serves %q", w.Body)
		}
		if n := strings.Count(log.String(), "cannot be read"); n != 1 ||
			!strings.Contains(log.String(), "serving a new edition") {
			t.Errorf("the log says\n%s", log.String())
		}
	})
}
