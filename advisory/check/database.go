package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// need is what the targets have: the keys of nameKey, and the modules behind them.
type need struct {
	keys    map[string]bool
	modules map[string][]Module
}

// needOf collects the modules of targets.
func needOf(targets []*Inventory) *need {
	n := &need{map[string]bool{}, map[string][]Module{}}
	for _, t := range targets {
		for _, m := range t.Modules {
			key := nameKey(m.Ecosystem, m.Path)
			n.keys[key] = true
			n.modules[key] = append(n.modules[key], m)
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

// goIndex is the file by which a Go vulnerability database is known.
const goIndex = "index/modules.json"

func openWeb(ctx context.Context, location string, where *url.URL, o Options) (*Database, error) {
	where.Fragment, where.RawQuery = "", ""
	where = where.JoinPath("/")
	where.Path = strings.TrimSuffix(where.Path, "/")
	where.RawPath = ""
	d := &Database{Location: location}
	if strings.HasSuffix(where.Path, ".zip") {
		text, err := newWeb(where).get(ctx, "", archiveBytesMax)
		if err != nil {
			return nil, err
		}
		return d, d.openArchive(text)
	}
	for _, p := range places {
		tree := &vulndb{files: below{newWeb(where), p.below}, packed: true}
		err := tree.probe(ctx)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		root, ok := strings.CutSuffix(where.Path, p.above)
		if ok && (root == "" || p.above == "" || strings.HasSuffix(root, "/")) {
			at := *where
			at.Path = strings.TrimSuffix(root, "/")
			return d, d.openTree(ctx, tree, newWeb(&at), at.String(), o)
		}
		return d, d.openTree(ctx, tree, nil, "", o)
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
		text, err := readMax(name, archiveBytesMax)
		if err != nil {
			return nil, err
		}
		return d, d.openArchive(text)
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
		at := filepath.Join(dir, filepath.FromSlash(p.below))
		if _, err := os.Stat(filepath.Join(at, filepath.FromSlash(goIndex))); err != nil {
			continue
		}
		tree := &vulndb{files: folder(at)}
		if err := tree.probe(ctx); err != nil {
			return nil, err
		}
		above := filepath.FromSlash(p.above)
		if root, ok := strings.CutSuffix(dir, above); ok {
			// What is remembered about it goes by the name that stays.
			lasting := strings.TrimSuffix(abs, above)
			return d, d.openTree(ctx, tree, folder(root), filepath.Clean(lasting), o)
		}
		return d, d.openTree(ctx, tree, nil, "", o)
	}
	return d, d.openRecords(dir)
}

// openTree takes a Go vulnerability database, and verifies the website of which it is a part; a nil
// root is none.
func (d *Database) openTree(ctx context.Context, tree *vulndb, root files, lasting string,
	o Options) error {
	d.Kind, d.records = "Go vulnerability database", tree
	if root != nil {
		manifest, err := d.verify(ctx, root, lasting, o)
		if err != nil {
			return err
		}
		tree.manifest, tree.prefix = manifest, govulndb.Dir
	}
	return tree.load()
}
