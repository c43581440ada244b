package lint

import (
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// dates checks that reported <= issued <= modified <= now, and what a withdrawal needs. A record
// without an issue date is a draft; one with a date to come is planned. Neither may lie where the
// public can read it.
func (k *checker) dates() {
	r, now := k.r, k.o.Now
	if k.o.Public && !k.issued(r) {
		when := "has no issue date"
		if !r.Issued.IsZero() {
			when = "is issued only on " + stamp(r.Issued)
		}
		k.add("issued", "the public can read it: if nobody has, take it out of this repository and"+
			" its history; else the embargo is over: issue it now", "the record %s", when)
	}
	planned := r.Issued.After(now)
	past := []struct {
		path string
		at   time.Time
	}{{"reported", r.Reported}, {"modified", r.Modified}}
	if w := r.Withdrawn; w != nil {
		past = append(past, struct {
			path string
			at   time.Time
		}{"withdrawn.date", w.Date})
	}
	for _, d := range past {
		if d.at.After(now) && (d.path == "reported" || !planned) {
			k.add(d.path, "for the tree of a date in the past take the records of then",
				"%s is after %s", d.path, stamp(now))
		}
	}
	if r.Issued.IsZero() {
		if !r.Modified.IsZero() {
			k.add("modified", "leave it out until the record is issued",
				"modified is set, issued is not")
		}
	} else {
		k.order("reported", r.Reported, "issued", r.Issued)
		k.order("issued", r.Issued, "modified", r.Modified)
	}
	k.withdrawn()
	if k.ours() && r.Modified.After(r.Issued) && !r.Issued.IsZero() {
		k.updates()
	}
}

// updates wants the last change to be explained.
func (k *checker) updates() {
	day := k.r.Modified.UTC().Format(time.DateOnly)
	for line := range strings.Lines(k.r.Section(advisory.Updates)) {
		text := strings.TrimLeft(line, "-* ")
		if rest, ok := strings.CutPrefix(text, day); ok && text != line &&
			len(strings.TrimSpace(rest)) > 1 {
			return
		}
	}
	k.add("modified", "write what changed as an item of the section ## Updates, at the end",
		"the record was modified, and does not say what changed").Fix = "- " + day + ": "
}

func stamp(t time.Time) string { return t.UTC().Format(advisory.TimeLayout) }

// order reports the later of two dates that stand the wrong way round; a zero one is not known.
func (k *checker) order(first string, a time.Time, second string, b time.Time) {
	if !a.IsZero() && !b.IsZero() && b.Before(a) {
		k.add(second, "correct one of them", "%s %s is before %s %s", second, stamp(b), first, stamp(a))
	}
}

func (k *checker) withdrawn() {
	w := k.r.Withdrawn
	if w == nil {
		return
	}
	if w.Date.IsZero() {
		k.add("withdrawn", "write date: and the time in UTC", "the withdrawal has no date")
	}
	if w.Reason == "" {
		k.add("withdrawn", "write reason: …, for those who acted on the record",
			"the withdrawal has no reason")
	}
	k.plain("withdrawn.reason", w.Reason)
	if k.r.Issued.IsZero() {
		k.add("withdrawn", "remove the file, and list the id under unused: in project.yaml",
			"a record that was never issued cannot be withdrawn")
		return
	}
	k.order("issued", k.r.Issued, "withdrawn.date", w.Date)
}
