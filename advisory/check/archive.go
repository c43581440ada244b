package check

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// memory is a database of which all records are read at once.
type memory []*Record

func (m memory) named(_ context.Context, n *need) (list []*Record, any bool, err error) {
	for _, r := range m {
		if n.wants(r) {
			list = append(list, r)
		}
	}
	return list, len(m) > 0, nil
}

// openArchive reads a zip of OSV records: that of osv-scanner, of osv.dev, or of a Go vulnerability
// database.
func (d *Database) openArchive(r io.ReaderAt, size int64) error {
	d.Kind = "OSV zip"
	if size > archiveBytesMax {
		return fmt.Errorf("check: database %s: over %d bytes", d.Location, archiveBytesMax)
	}
	items, err := osv.ReadZip(r, size)
	if errors.Is(err, zip.ErrFormat) {
		return fmt.Errorf("check: database %s: %w: %w", d.Location, ErrNoDatabase, err)
	}
	if err != nil {
		return fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	if len(items) == 0 {
		return fmt.Errorf("check: database %s: %w: no record is in the zip", d.Location, ErrNoDatabase)
	}
	records := make(memory, len(items))
	for i, item := range items {
		records[i] = &Record{Entry: *item.Entry}
	}
	d.records = records
	return nil
}

// isEntry tells by its name whether a file is a record, and none of the lists beside them.
func isEntry(name string) bool {
	file := path.Base(name)
	return path.Ext(file) == ".json" && file != "all.json"
}

// openRecords reads a directory of records: those that are written (project.yaml beside them), of
// which the public ones count, or OSV files.
func (d *Database) openRecords(dir string, now time.Time) error {
	if _, err := os.Stat(filepath.Join(dir, "project.yaml")); err == nil {
		return d.openWritten(dir, now)
	}
	d.Kind = "OSV records"
	var records memory
	files, left := 0, int64(archiveBytesMax)
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if files++; files > directoryFilesMax {
			return fmt.Errorf("over %d files", directoryFilesMax)
		}
		if !entry.Type().IsRegular() || !isEntry(name) {
			return nil
		}
		text, err := readMax(filepath.Join(dir, name), min(left, osv.EntryBytesMax))
		if err != nil {
			return err
		}
		left -= int64(len(text))
		e, err := osv.ParseForeign(text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		records = append(records, &Record{Entry: *e})
		return nil
	})
	if err != nil {
		return fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	d.records = records
	if len(records) == 0 {
		return fmt.Errorf("check: database %s: %w", d.Location, ErrNoDatabase)
	}
	return nil
}

// openWritten reads records as they are written. A finding of their parser is an error: a record
// that is only half read could say "not affected".
func (d *Database) openWritten(dir string, now time.Time) error {
	d.Kind = "Atoll records"
	c, findings, err := advisory.Load(os.DirFS(dir))
	if err != nil {
		return fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	if len(findings) > 0 {
		return fmt.Errorf("check: database %s: %s", d.Location, findings[0])
	}
	public := c.Public(now)
	if later := public.Later(); len(later) > 0 {
		return fmt.Errorf("check: database %s: %s was modified at a time to come", d.Location, later[0])
	}
	var records memory
	for _, from := range public.Records() {
		e, err := osv.Build(&public.Project, from)
		if err != nil {
			return fmt.Errorf("check: database %s: %w", d.Location, err)
		}
		records = append(records, &Record{Entry: *e})
	}
	d.records = records
	return nil
}
