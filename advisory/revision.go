package advisory

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Updates is the section that lists what changed after the record was issued.
const Updates = "Updates"

// Revision is a state of a record that was published.
type Revision struct {
	Date    time.Time
	Summary string // Markdown, on one line
}

// update is a line of the section Updates: a date, or an instant, and what changed.
var update = regexp.MustCompile(
	`^(?:[-*] )?(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?)[:.,]?(?:\s+(.*))?$`)

// Revisions returns what was published of the record, in order. The first is its issue, and the
// last has the date of its last change, so their number is the version of its text. Each item of
// the section Updates that begins with a date is one:
//
//   - 2026-03-04: the range of example.org/mod was too small.
//
// A date that the section does not have, that of Modified or of the withdrawal, is one too.
func (r *Record) Revisions() []Revision {
	list := []Revision{{r.Issued, "Issued."}}
	open := false // the line before is of an item with a date
	for line := range strings.Lines(r.Section(Updates)) {
		m := update.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			more := strings.TrimSpace(line)
			if open = open && more != "" && strings.HasPrefix(line, "  "); open {
				list[len(list)-1].Summary += " " + more
			}
			continue
		}
		var date time.Time
		if date, open = r.updated(m[1]); !open {
			continue
		}
		summary := strings.TrimSpace(m[2])
		if summary == "" {
			summary = "Changed."
		}
		list = append(list, Revision{date, summary})
	}
	add := func(at time.Time, summary string) {
		known := slices.ContainsFunc(list[1:], func(v Revision) bool { return v.Date.Equal(at) })
		if at.After(r.Issued) && !known {
			list = append(list, Revision{at, summary})
		}
	}
	add(r.Modified, "Changed.")
	if r.Withdrawn != nil {
		add(r.Withdrawn.Date, "Withdrawn: "+r.Withdrawn.Reason)
	}
	slices.SortStableFunc(list, func(a, b Revision) int { return a.Date.Compare(b.Date) })
	return list
}

// updated reads the date of an update, which is no earlier than the issue and no later than the
// last change. A day alone is the instant of the record that falls on it, if one does.
func (r *Record) updated(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if at, err = time.Parse(time.DateOnly, text); err != nil {
			return time.Time{}, false
		}
		for _, t := range []time.Time{r.Modified, r.withdrawal(), r.Issued} {
			if t.UTC().Format(time.DateOnly) == text {
				at = t
				break
			}
		}
	}
	if at.Before(r.Issued) {
		at = r.Issued
	}
	if last := r.Changed(); at.After(last) {
		at = last
	}
	return at.UTC(), true
}

func (r *Record) withdrawal() time.Time {
	if r.Withdrawn == nil {
		return time.Time{}
	}
	return r.Withdrawn.Date
}
