package govulndb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory/osv"
)

// ErrNoDatabase is what Open returns for a source without index/modules.json.
var ErrNoDatabase = errors.New("no Go vulnerability database of version 1")

// Database is a database whose index of modules was read; entries are read when they are asked for.
type Database struct {
	source   Source
	modified time.Time
	modules  map[string][]Vuln
}

// Open reads the indexes of a database, ours or any other's.
func Open(ctx context.Context, source Source) (*Database, error) {
	var modules []Module
	err := readIndex(ctx, source, "index/modules.json", &modules)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("govulndb: open: %w: %w", ErrNoDatabase, err)
	}
	if err != nil {
		return nil, err
	}
	var db database
	if err := readIndex(ctx, source, "index/db.json", &db); err != nil {
		return nil, err
	}
	if len(modules) > ModulesMax {
		return nil, fmt.Errorf("govulndb: open: %d modules, at most %d", len(modules), ModulesMax)
	}
	d := &Database{source, db.Modified.UTC(), make(map[string][]Vuln, len(modules))}
	for _, m := range modules {
		for _, v := range m.Vulns {
			if !osv.ValidID(v.ID) {
				return nil, fmt.Errorf("govulndb: open: module %.200q: %.200q is no id", m.Path, v.ID)
			}
		}
		d.modules[m.Path] = append(d.modules[m.Path], m.Vulns...)
	}
	return d, nil
}

func readIndex(ctx context.Context, source Source, path string, to any) error {
	text, err := source.Read(ctx, path, IndexBytesMax)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("govulndb: read %s: %w", path, err)
	}
	return nil
}

// Modified is the last change of any entry, by the index.
func (d *Database) Modified() time.Time { return d.modified }

// Modules returns the paths of all modules that an entry names, sorted.
func (d *Database) Modules() []string { return slices.Sorted(maps.Keys(d.modules)) }

// Vulns returns what the index says about a module; nothing if no entry names it.
func (d *Database) Vulns(module string) []Vuln { return d.modules[module] }

// Entry reads an entry.
func (d *Database) Entry(ctx context.Context, id string) (*osv.Entry, error) {
	if !osv.ValidID(id) {
		return nil, fmt.Errorf("govulndb: read entry: %.200q is no id", id)
	}
	text, err := d.source.Read(ctx, entryPath(id), osv.EntryBytesMax)
	if err != nil {
		return nil, err
	}
	e, err := osv.ParseForeign(text)
	if err != nil {
		return nil, err
	}
	if e.ID != id {
		return nil, fmt.Errorf("govulndb: read entry: %s has entry %s", entryPath(id), e.ID)
	}
	return e, nil
}

// Metas reads the index of all entries, sorted by id. It also has those that name an image and no
// module.
func (d *Database) Metas(ctx context.Context) ([]Meta, error) {
	var metas []Meta
	if err := readIndex(ctx, d.source, "index/vulns.json", &metas); err != nil {
		return nil, err
	}
	for _, m := range metas {
		if !osv.ValidID(m.ID) {
			return nil, fmt.Errorf("govulndb: read index/vulns.json: %.200q is no id", m.ID)
		}
	}
	slices.SortFunc(metas, func(a, b Meta) int { return strings.Compare(a.ID, b.ID) })
	return metas, nil
}
