// Package lint checks advisories before they are published: everything that a careful person would
// look at, at once, each finding with its file and line and what to do.
package lint

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Options of a check.
type Options struct {
	Now    time.Time // no date of a record may be after it but a planned issue
	Public bool      // the records lie where the public can read them
	// Exists tells whether a version of a Go module is published, "v1.2.3"; nil: nobody is asked.
	Exists func(module, version string) (bool, error)
}

// Check returns all findings: found, which are those of advisory.Load, and what is wrong with the
// records, in the order of files and lines. A collection without any is fit to be published, but
// for what only a person can judge.
func Check(c *advisory.Collection, found []advisory.Finding, o Options) []advisory.Finding {
	k := &checker{o: o, byID: map[string]*advisory.Record{}, unused: map[string]bool{},
		all: append([]advisory.Finding(nil), found...), parsed: map[string]bool{}}
	k.c = k.written(c)
	for _, f := range k.all {
		k.parsed[f.File] = true
	}
	if prefix := c.Project.Prefix; prefix != "" {
		k.own = regexp.MustCompile(`(?i)` + regexp.QuoteMeta(prefix) + `-[0-9]{4}-[0-9]{4}`)
	}
	for _, u := range c.Project.Unused {
		k.unused[u.ID] = true
	}
	k.identities()
	for _, r := range k.c.Records() {
		k.record(r)
	}
	k.gaps()
	k.keys()
	advisory.SortFindings(k.all)
	return k.all
}

// written has in place of each record that was made, not read, what would be read of its file: so
// it is held to the same limits, and a finding has a line.
func (k *checker) written(c *advisory.Collection) *advisory.Collection {
	var records []*advisory.Record
	for _, r := range c.Records() {
		if r.Line("") > 0 {
			records = append(records, r)
			continue
		}
		again, found := advisory.Parse(r.File, r.Append(nil))
		k.all = append(k.all, found...)
		if again == nil {
			continue
		}
		if len(found) == 0 && !again.Equal(r) {
			k.r, k.begun = again, len(k.all)
			k.add("", "whole seconds in UTC, one line in each value, no heading ## in a section",
				"the record is another one when it is written and read")
		}
		records = append(records, again)
	}
	return advisory.NewCollection(c.Project, records)
}

// checker is one run of Check.
type checker struct {
	o      Options
	c      *advisory.Collection
	byID   map[string]*advisory.Record // by id in small letters
	unused map[string]bool
	own    *regexp.Regexp  // ids of the project; nil if it has no prefix
	parsed map[string]bool // files that have findings of parsing
	all    []advisory.Finding

	r     *advisory.Record // the one that is looked at
	begun int              // how many findings there were before it
}

// record checks one record.
func (k *checker) record(r *advisory.Record) {
	k.r, k.begun = r, len(k.all)
	k.name()
	k.aliases()
	k.title()
	k.dates()
	k.affected()
	k.images()
	k.severity()
	k.weaknesses()
	k.credits()
	k.references()
	k.imported()
	k.sections()
}

// add reports something about the value at path in the record.
func (k *checker) add(path, hint, format string, args ...any) *advisory.Finding {
	return k.at(k.r.Line(path), hint, format, args...)
}

// at reports something at a line; a record has at most advisory.FindingsMax.
func (k *checker) at(line int, hint, format string, args ...any) *advisory.Finding {
	f := advisory.Finding{File: k.r.File, Line: line, ID: k.r.ID,
		Message: fmt.Sprintf(format, args...), Hint: hint}
	if n := len(k.all) - k.begun; n >= advisory.FindingsMax {
		k.all[len(k.all)-1] = advisory.Finding{File: f.File, ID: f.ID, Line: f.Line,
			Message: "there are more findings than are shown", Hint: "repair the others first"}
		return &f
	}
	k.all = append(k.all, f)
	return &k.all[len(k.all)-1]
}

// ours tells whether the record is the project's own.
func (k *checker) ours() bool { return k.r.Imported == nil }

// shownMax is how many bytes of a bad value a message shows.
const shownMax = 80

func short(s string) string {
	if len(s) <= shownMax {
		return s
	}
	return strings.ToValidUTF8(s[:shownMax], "") + "…"
}

// Text returns findings for people: a line each, below it what to do, and at the end how many there
// are; "" if there are none.
func Text(findings []advisory.Finding) string {
	if len(findings) == 0 {
		return ""
	}
	var b strings.Builder
	files := map[string]bool{}
	for _, f := range findings {
		files[f.File] = true
		plain := f
		plain.Hint, plain.Fix = "", ""
		fmt.Fprintf(&b, "%s\n", plain)
		if f.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", f.Hint)
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "    write: %s\n", f.Fix)
		}
	}
	fmt.Fprintf(&b, "%s in %s\n", count(len(findings), "finding"), count(len(files), "file"))
	return b.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
