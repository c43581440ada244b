package check

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/atoll-os/atoll/advisory/govulndb"
)

// ErrNoDatabase is a place where there is nothing that is understood as a database.
var ErrNoDatabase = errors.New("there is no database of advisories")

// Database is an open database of advisories.
type Database struct {
	Location string // as it was named
	Kind     string // "Go vulnerability database", "OSV zip", "OSV records", "Atoll records"
	Trust    Trust

	records source
}

// source finds the records of a database.
type source interface {
	// named returns the records that name one of the modules or images, and maybe others, and tells
	// whether there is any record at all.
	named(ctx context.Context, need *need) (list []*Record, any bool, err error)
}

// need is what the targets have: keys of nameKey.
type need struct{ keys map[string]bool }

// needOf collects the modules of targets.
func needOf(targets []*Inventory) *need {
	n := &need{map[string]bool{}}
	for _, t := range targets {
		for _, m := range t.Modules {
			n.keys[nameKey(m.Ecosystem, m.Path)] = true
		}
		if t.Kind == KindImage {
			n.keys[nameKey(imageKey, t.Image.Path)] = true
		}
	}
	return n
}

// wants tells whether a record names a module or an image of a target.
func (n *need) wants(r *Record) bool {
	for _, a := range r.Affected {
		if n.keys[nameKey(a.Package.Ecosystem, a.Package.Name)] {
			return true
		}
	}
	if r.DatabaseSpecific != nil {
		for _, i := range r.DatabaseSpecific.Images {
			if n.keys[nameKey(imageKey, i.Name)] {
				return true
			}
		}
	}
	return false
}

// Open opens a database: the root of a website that Atoll made, its directory advisories or the Go
// vulnerability database in it, any other Go vulnerability database, a zip of OSV records, or a
// directory of OSV records or of records as they are written. A location is a URL (https, http,
// file) or a path. What is signed is verified as o says.
func Open(ctx context.Context, location string, o Options) (*Database, error) {
	scheme, rest, isURL := strings.Cut(location, "://")
	if !isURL {
		return openPath(ctx, location, location, o)
	}
	where, err := url.Parse(location)
	switch {
	case err != nil:
		return nil, fmt.Errorf("check: database %s: %w", quote(location), err)
	case scheme == "file" && where.Host == "" && rest != "":
		return openPath(ctx, location, filepath.FromSlash(where.Path), o)
	case (scheme == "https" || scheme == "http") && where.Host != "":
		return openWeb(ctx, location, where, o)
	}
	return nil, fmt.Errorf("check: database %s: %w: only https, http and file are read",
		quote(location), ErrNoDatabase)
}

// places are where a Go vulnerability database lies below a location, and where the website's root
// then is: above the location, as far as its path ends in what is named.
var places = []struct{ below, above string }{
	{"", strings.TrimSuffix(govulndb.Dir, "/")},
	{"go", "advisories"},
	{"advisories/go", ""},
}

func openWeb(ctx context.Context, location string, where *url.URL, o Options) (*Database, error) {
	where.Fragment, where.RawQuery, where.RawPath = "", "", ""
	where.Path = strings.TrimRight(where.Path, "/")
	d := &Database{Location: location}
	if strings.HasSuffix(where.Path, ".zip") {
		text, err := newWeb(where).get(ctx, "", archiveBytesMax)
		if err != nil {
			return nil, err
		}
		return d, d.openArchive(bytes.NewReader(text), int64(len(text)))
	}
	for _, p := range places {
		client := newWeb(where).client
		found, err := d.openTree(ctx, govulndb.HTTP(client, where.JoinPath(p.below).String()))
		if err != nil || found == nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		root, ok := strings.CutSuffix(where.Path, p.above)
		if !ok || p.above != "" && !strings.HasSuffix(root, "/") {
			return d, found.settle(nil)
		}
		at := *where
		at.Path = strings.TrimSuffix(root, "/")
		return d, d.verified(ctx, found, newWeb(&at), at.String(), o)
	}
	return nil, fmt.Errorf("check: database %s: %w", location, ErrNoDatabase)
}

func openPath(ctx context.Context, location, name string, o Options) (*Database, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("check: database: %w", err)
	}
	d := &Database{Location: location}
	if !info.IsDir() {
		f, err := openFile(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return d, d.openArchive(f, info.Size())
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("check: database: %w", err)
	}
	// A tree is published by moving a link: what is read must be of one publication.
	dir, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("check: database: %w", err)
	}
	for _, p := range places {
		found, err := d.openTree(ctx, govulndb.FS(os.DirFS(filepath.Join(dir, p.below))))
		if err != nil || found == nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		above := filepath.FromSlash(p.above)
		root, ok := strings.CutSuffix(dir, above)
		if !ok {
			return d, found.settle(nil)
		}
		// What is remembered about it goes by the name that stays.
		lasting := filepath.Clean(strings.TrimSuffix(abs, above))
		return d, d.verified(ctx, found, folder(root), lasting, o)
	}
	return d, d.openRecords(dir, o.now())
}

// openTree opens a Go vulnerability database, nil if there is none at the source.
func (d *Database) openTree(ctx context.Context, source govulndb.Source) (*held, error) {
	h := &held{Source: source, early: map[string][sha256.Size]byte{}}
	db, err := govulndb.Open(ctx, h)
	if errors.Is(err, govulndb.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	d.Kind, d.records = "Go vulnerability database", vulndb{db}
	return h, nil
}

// verified holds a database against the manifest of the website of which it is a part.
func (d *Database) verified(ctx context.Context, h *held, root files, lasting string,
	o Options) error {
	manifest, err := d.verify(ctx, root, lasting, o)
	if err != nil {
		return err
	}
	if err := h.settle(manifest); err != nil {
		return fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	return nil
}
