package govulndb

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Files writes a database of entries, under Dir. The bytes of the entries are published as they
// are. Two with the same id are an error.
func Files(items []osv.Item) ([]advisory.File, error) {
	items = slices.Clone(items)
	if err := osv.Sort(items); err != nil {
		return nil, fmt.Errorf("govulndb: write: %w", err)
	}
	for _, item := range items {
		if !osv.ValidID(item.Entry.ID) {
			return nil, fmt.Errorf("govulndb: write: id %.200q cannot name a file", item.Entry.ID)
		}
	}
	db, modules, metas := index(items)
	plain := []advisory.File{
		{Path: "index/db.json", Data: encode(db)},
		{Path: "index/modules.json", Data: encode(modules)},
		{Path: "index/vulns.json", Data: encode(metas)},
	}
	for _, item := range items {
		plain = append(plain, advisory.File{Path: entryPath(item.Entry.ID), Data: item.JSON})
	}
	archive, err := osv.Zip(plain)
	if err != nil {
		return nil, err
	}
	return pack(plain, archive)
}

// entryPath is where an entry is in a database.
func entryPath(id string) string { return "ID/" + id + ".json" }

// encode writes an index.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("govulndb: BUG: write index: " + err.Error())
	}
	return append(text, '\n')
}

// pack returns the files of a database with their compressed twins: level 9, no name and no time
// in the header. The same files give the same bytes with the same release of Go.
func pack(plain []advisory.File, archive []byte) ([]advisory.File, error) {
	files := make([]advisory.File, 0, 2*len(plain)+1)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("govulndb: compress: %w", err)
	}
	for _, f := range plain {
		packed.Reset()
		w.Reset(&packed) // a new compressor for each would cost more than its work
		if _, err := w.Write(f.Data); err != nil {
			return nil, fmt.Errorf("govulndb: compress %s: %w", f.Path, err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("govulndb: compress %s: %w", f.Path, err)
		}
		files = append(files,
			advisory.File{Path: Dir + f.Path, Data: f.Data},
			advisory.File{Path: Dir + f.Path + ".gz", Data: bytes.Clone(packed.Bytes())})
	}
	return append(files, advisory.File{Path: Dir + "vulndb.zip", Data: archive}), nil
}
