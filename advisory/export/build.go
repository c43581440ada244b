// Package export makes the tree of everything that is published about a project's advisories: the
// output of every exporter, the signatures, and a manifest of all files.
//
// Build is a function of the records, the date, the key and the manifest before; it has no clock
// and no other input. Whoever has the records and the date builds every file again bit for bit,
// but for the signatures; with the key also those.
package export

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// FilesMax is how many files a tree may have; it is far above what 10,000 records make.
const FilesMax = 1 << 20

// Options are what a tree depends on besides the records and the date.
type Options struct {
	Key      *sign.Key    // signs; nil: an unsigned tree
	Public   *sign.Public // the key that others sign with, for who builds their tree without it
	Previous *Manifest    // of the tree that this one follows; nil: it is the first
	More     More         // files that the manifest covers too; nil: none
}

// More makes further files of a tree, such as the pages of the website, when it is told which ones
// there are: those of the exporters with their signatures, and the manifest, which is made last.
// That one is a path without bytes, and so are signatures that are not made.
type More func(exported []advisory.File) ([]advisory.File, error)

// Tree is everything that is published. Files are sorted by their paths, and have the manifest and
// the signatures among them.
type Tree struct {
	Files    []advisory.File
	Skipped  []advisory.Skip // by id; each reason begins with the exporter's name
	Manifest *Manifest
}

// exporter makes the files of one format. public is the key of the signatures, or nil.
type exporter struct {
	name   string
	export func(p *advisory.Public, public *sign.Public) (advisory.Output, error)
}

// YearMax is the last year of a tree: what expires in it has a year of four digits (RFC 3339 §1).
const YearMax = 9990

// Build makes the tree of what is public on p.Date.
func Build(p *advisory.Public, o Options) (*Tree, error) {
	if later := p.Later(); len(later) > 0 {
		return nil, fmt.Errorf("export: %s was modified after %s, and what it said then is not known: "+
			"take the records of then", later[0], p.Date.Format(advisory.TimeLayout))
	}
	if p.Date.Year() > YearMax {
		return nil, fmt.Errorf("export: a tree of the year %d: the last is %d", p.Date.Year(), YearMax)
	}
	public := o.Public
	if o.Key != nil {
		public = o.Key.Public()
	}
	if public != nil {
		if err := public.ValidAt(p.Date); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	t := &Tree{}
	for _, e := range exporters {
		out, err := e.export(p, public)
		if err != nil {
			return nil, fmt.Errorf("export: %s: %w", e.name, err)
		}
		t.Files = append(t.Files, out.Files...)
		for _, s := range out.Skipped {
			s.Reason = e.name + ": " + strings.TrimPrefix(s.Reason, e.name+": ")
			t.Skipped = append(t.Skipped, s)
		}
	}
	slices.SortStableFunc(t.Skipped, func(a, b advisory.Skip) int {
		return strings.Compare(a.ID, b.ID)
	})
	if o.Key != nil {
		if err := t.sign(o.Key, p.Date); err != nil {
			return nil, err
		}
	}
	if err := t.more(o, public != nil); err != nil {
		return nil, err
	}
	if err := t.sort(); err != nil {
		return nil, err
	}
	return t, t.seal(p.Date, o)
}

// more adds the further files. They are the same in a tree that is built without the private key.
func (t *Tree) more(o Options, signed bool) error {
	if o.More == nil {
		return nil
	}
	exported := append(slices.Clone(t.Files), advisory.File{Path: ManifestPath})
	for _, f := range exported {
		if signed && o.Key == nil && beside(f.Path) || f.Path == ManifestPath && o.Key != nil {
			exported = append(exported, advisory.File{Path: f.Path + ".asc"})
		}
	}
	more, err := o.More(exported)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	t.Files = append(t.Files, more...)
	return nil
}

// sort puts the files in order, and refuses paths that cannot all be files of one directory.
func (t *Tree) sort() error {
	if len(t.Files) > FilesMax {
		return fmt.Errorf("export: %d files, more than %d", len(t.Files), FilesMax)
	}
	slices.SortFunc(t.Files, func(a, b advisory.File) int { return strings.Compare(a.Path, b.Path) })
	dirs := map[string]bool{}
	for i, f := range t.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." || strings.ContainsAny(f.Path, "\x00\\") {
			return fmt.Errorf("export: %q is no path of a file", f.Path)
		}
		if f.Path == ManifestPath || f.Path == ManifestPath+".asc" {
			return fmt.Errorf("export: a file of an exporter has the manifest's path %s", f.Path)
		}
		if i > 0 && t.Files[i-1].Path == f.Path {
			return fmt.Errorf("export: two files with the path %s", f.Path)
		}
		for d := path.Dir(f.Path); d != "." && !dirs[d]; d = path.Dir(d) {
			dirs[d] = true
		}
	}
	for _, f := range t.Files {
		if dirs[f.Path] {
			return fmt.Errorf("export: %s is a file and a directory", f.Path)
		}
	}
	return nil
}
