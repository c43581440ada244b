package osv

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits of an archive of entries. The Go vulnerability database has about 4,300 entries in
// 20 MiB, all of the ecosystem on osv.dev about three times as many.
const (
	ZipEntriesMax = 100_000
	ZipBytesMax   = 512 << 20 // unpacked
)

// ReadZip reads the entries of an archive of any database: ours, all.zip of osv.dev, vulndb.zip of
// the Go vulnerability database. Entries are <id>.json, alone or in ID/; index/ is left out. It
// returns them sorted by id, with their bytes as they are.
func ReadZip(r io.ReaderAt, size int64) ([]Item, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("osv: read archive: %w", err)
	}
	if len(archive.File) > ZipEntriesMax {
		return nil, fmt.Errorf("osv: read archive: %d members, at most %d", len(archive.File),
			ZipEntriesMax)
	}
	var items []Item
	left := int64(ZipBytesMax)
	for _, member := range archive.File {
		dir, name := path.Split(member.Name)
		if strings.HasSuffix(member.Name, "/") || dir == "index/" {
			continue
		}
		if dir != "" && dir != "ID/" || path.Ext(name) != ".json" {
			return nil, fmt.Errorf("osv: read archive: %.200q is no entry of a database: they are "+
				"<id>.json or ID/<id>.json", member.Name)
		}
		text, err := unpack(member, min(left, EntryBytesMax))
		if err != nil {
			return nil, fmt.Errorf("osv: read archive: %s: %w", member.Name, err)
		}
		left -= int64(len(text))
		e, err := parseForeign(text)
		if err != nil {
			return nil, fmt.Errorf("osv: read archive: %s: %w", member.Name, err)
		}
		if name != e.ID+".json" {
			return nil, fmt.Errorf("osv: read archive: %s has entry %s", member.Name, e.ID)
		}
		items = append(items, Item{e, text})
	}
	return items, Sort(items)
}

// unpack reads a member of at most so many bytes, whatever its header says.
func unpack(member *zip.File, most int64) ([]byte, error) {
	in, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return text, err
}
