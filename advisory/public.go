package advisory

import (
	"cmp"
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
	slices.SortStableFunc(sorted, func(a, b *Record) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.File, b.File))
	})
	return &Collection{p, sorted}
}

// Records returns all of them, also those that are not issued: for lint and for those who write.
func (c *Collection) Records() []*Record { return c.records }

// Public is what the public may see on a date. Only Collection.Public makes one.
type Public struct {
	Project Project
	Date    time.Time // UTC
	records []*Record
	later   []string
}

// Public returns the records that are issued at or before a date, as they were then:
//   - a record without an issue date, or with one after the date, is not among them;
//   - a withdrawal after the date has not happened;
//   - a record whose text was modified after the date is not among them either: its text of then
//     is not in the file, and the text of now may say what nobody knew. Later names it. Lint at
//     that date finds it, and so the export is refused: who wants the tree of a date in the past
//     takes the records of then from the repository.
func (c *Collection) Public(date time.Time) *Public {
	p := &Public{Project: c.Project, Date: date.UTC()}
	for _, r := range c.records {
		switch {
		case r.Issued.IsZero() || r.Issued.After(date):
		case r.Modified.After(date):
			p.later = append(p.later, r.ID)
		case r.Withdrawn != nil && r.Withdrawn.Date.After(date):
			then := *r
			then.Withdrawn = nil
			p.records = append(p.records, &then)
		default:
			p.records = append(p.records, r)
		}
	}
	return p
}

// Later returns the ids of records that were issued, but changed after the date: what they said
// then cannot be told.
func (p *Public) Later() []string { return p.later }

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
