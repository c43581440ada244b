package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/publish"
	"github.com/atoll-os/atoll/site"
)

// editionEvery is how often it is looked whether a new edition was published.
const editionEvery = 2 * time.Second

// editions serve what is published at a place, the latest edition at any time.
type editions struct {
	place   string
	options site.Options
	dir     string // that the place led to
	seal    []byte // its manifest
	current atomic.Pointer[http.Handler]
}

// openEditions reads the edition that is published now.
func openEditions(place string, options site.Options) (*editions, error) {
	e := &editions{place: place, options: options}
	_, err := e.look()
	return e, err
}

// look takes over a new edition, and says whether there was one. A link is followed once, so that
// all files are of the same edition.
func (e *editions) look() (bool, error) {
	dir, err := filepath.EvalSymlinks(e.place)
	if err != nil {
		return false, err
	}
	seal, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(export.ManifestPath)))
	if err != nil {
		return false, err
	}
	if dir == e.dir && bytes.Equal(seal, e.seal) {
		return false, nil
	}
	manifest, err := export.ReadManifest(seal)
	if err != nil {
		return false, err
	}
	files, err := publish.Read(os.DirFS(dir))
	if err != nil {
		return false, err
	}
	for _, f := range files { // it may have been taken away while it was read
		if f.Path == export.ManifestPath && !bytes.Equal(f.Data, seal) {
			return false, fmt.Errorf("%s has changed while it was read", dir)
		}
	}
	options := e.options
	options.Modified = manifest.Issued
	h := site.Handler(files, options)
	e.dir, e.seal = dir, seal
	e.current.Store(&h)
	return true, nil
}

// follow looks for new editions until ctx ends. What cannot be read is told once, and the edition
// before goes on being served.
func (e *editions) follow(ctx context.Context) {
	tick := time.NewTicker(editionEvery)
	defer tick.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		fresh, err := e.look()
		switch {
		case err != nil && err.Error() != told:
			told = err.Error()
			e.options.Log.Warn("the new edition cannot be read; the one before is served", "err", err)
		case fresh:
			told = ""
			e.options.Log.Info("serving a new edition", "tree", e.dir)
		}
	}
}

// ServeHTTP answers with the latest edition.
func (e *editions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*e.current.Load()).ServeHTTP(w, r)
}
