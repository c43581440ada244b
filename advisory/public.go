package advisory

import (
	"slices"
	"strings"
	"time"
)

// Collection is all records of a directory, in the order of their ids.
type Collection struct {
	Project Project
	records []*Record
}

// NewCollection puts records together; tests and imports make one without files.
func NewCollection(p Project, records []*Record) *Collection {
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b *Record) int { return strings.Compare(a.ID, b.ID) })
	return &Collection{p, sorted}
}

// Records returns all of them, also those that are not issued: for lint and for those who write.
func (c *Collection) Records() []*Record { return c.records }

// Public is what the public may see on a date. Only Collection.Public makes one.
type Public struct {
	Project Project
	Date    time.Time // UTC
	records []*Record
}

// Public returns the records that are issued at or before a date.
func (c *Collection) Public(date time.Time) *Public {
	p := &Public{Project: c.Project, Date: date.UTC()}
	for _, r := range c.records {
		if !r.Issued.IsZero() && !r.Issued.After(date) {
			p.records = append(p.records, r)
		}
	}
	return p
}

// Records returns them in the order of their ids.
func (p *Public) Records() []*Record { return p.records }

// Modified is the last change of any record; the zero time if there are none.
func (p *Public) Modified() time.Time {
	var last time.Time
	for _, r := range p.records {
		if t := r.Changed(); t.After(last) {
			last = t
		}
	}
	return last
}

// File is a file of an export. Path is relative to the website's root, with slashes.
type File struct {
	Path string
	Data []byte
}

// Skip says why an exporter has nothing for a record.
type Skip struct{ ID, Reason string }

// Output is what an exporter made: files, and for each record without one the reason.
type Output struct {
	Files   []File
	Skipped []Skip
}
