package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

// Columns is the width that texts are wrapped to. What must not be broken is longer: addresses,
// blocks of code, tables.
const Columns = 72

// LineBytesMax is where a line ends although nothing breaks it; lint's lines are shorter. It can be
// clear-signed: sign.ClearLineBytesMax.
const LineBytesMax = 10_000

// Append appends a record as text. Every line ends with a newline and none with a blank, so that
// it can be clear-signed; and there is no character that a terminal obeys.
func Append(b []byte, p *advisory.Project, r *advisory.Record) []byte {
	w := &writer{}
	revisions := r.Revisions()
	w.title(p, r, len(revisions))
	w.header(p, r)
	if t := r.Withdrawn; t != nil {
		w.section("Withdrawn")
		w.text(day(t.Date) + ": " + t.Reason)
	}
	w.updates(r, revisions)
	versions := func() {
		if len(r.Affected)+len(r.Images) > 0 {
			w.section("Affected versions")
			w.affected(r)
		}
	}
	written := false
	for _, s := range r.Sections {
		if s.Name == advisory.Updates {
			continue
		}
		if !written && (s.Name == "Mitigation" || s.Name == "Resolution") {
			versions()
			written = true
		}
		w.section(s.Name)
		w.text(s.Text)
	}
	if !written {
		versions()
	}
	w.credits(r)
	w.references(r)
	return append(b, w.b.String()...)
}

// instant and day are as people read them.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
func day(t time.Time) string     { return t.UTC().Format(time.DateOnly) }

// oneLine is a text without breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(advisory.Printable(s)), " ") }

// writer collects lines.
type writer struct{ b strings.Builder }

// line writes one line, without blanks at its end, or several if it is far too long.
func (w *writer) line(s string) {
	for len(s) > LineBytesMax {
		n := LineBytesMax
		for !utf8.RuneStart(s[n]) {
			n--
		}
		w.b.WriteString(strings.TrimRight(s[:n], " \t\r"))
		w.b.WriteByte('\n')
		s = s[n:]
	}
	w.b.WriteString(strings.TrimRight(s, " \t\r"))
	w.b.WriteByte('\n')
}

func (w *writer) title(p *advisory.Project, r *advisory.Record, version int) {
	name := p.Name
	if r.Imported != nil {
		name = "Imported" // history of others, not an advisory of the project
	}
	for _, s := range []string{oneLine(name) + " security advisory " + r.ID,
		"version " + strconv.Itoa(version)} {
		w.line(strings.Repeat(" ", max(0, Columns-utf8.RuneCountInString(s))/2) + s)
	}
	w.line("")
}

// header is what one looks for first.
func (w *writer) header(p *advisory.Project, r *advisory.Record) {
	w.field("Title", oneLine(r.Title))
	if o := r.Imported; o != nil {
		w.field("From", oneLine(o.From)+" ("+oneLine(o.Licence)+"), history that is not ours:")
		w.field("", oneLine(o.URL))
	}
	w.field("Aliases", oneLine(strings.Join(r.Aliases, ", ")))
	w.field("Related", oneLine(strings.Join(r.Related, ", ")))
	if !r.Reported.IsZero() {
		w.field("Reported", day(r.Reported))
	}
	w.field("Issued", instant(r.Issued))
	if !r.Modified.IsZero() && !r.Modified.Equal(r.Issued) {
		w.field("Modified", instant(r.Modified))
	}
	if r.Withdrawn != nil {
		w.field("Withdrawn", instant(r.Withdrawn.Date))
	}
	for i, s := range r.Severity {
		name := "Severity"
		if i > 0 {
			name = ""
		}
		if score, rating, err := s.Score(); err == nil {
			w.field(name, fmt.Sprintf("%s %.1f", rating, score))
			name = ""
		}
		w.field(name, oneLine(s.Vector))
	}
	w.field("Weakness", oneLine(strings.Join(r.CWE, ", ")))
	w.field("Address", oneLine(p.Permalink(r)))
}

const fieldColumns = 12

// field writes a name and a value, which goes on below itself.
func (w *writer) field(name, value string) {
	if value == "" {
		return
	}
	if name != "" {
		name += ":"
	}
	w.wrap(fmt.Sprintf("%-*s", fieldColumns, name), strings.Repeat(" ", fieldColumns), value)
}

// section writes a heading. Like all that begins something, it has an empty line before it.
func (w *writer) section(name string) {
	name = strings.ToUpper(oneLine(name))
	if name == "" {
		name = "TEXT"
	}
	w.line("")
	w.line(name)
	w.line(strings.Repeat("=", min(Columns, utf8.RuneCountInString(name))))
	w.line("")
}

// updates has the section of that name, or what the dates tell.
func (w *writer) updates(r *advisory.Record, revisions []advisory.Revision) {
	if text := r.Section(advisory.Updates); strings.TrimSpace(text) != "" {
		w.section(advisory.Updates)
		w.text(text)
		return
	}
	if len(revisions) == 1 {
		return
	}
	w.section(advisory.Updates)
	for i, v := range revisions[1:] {
		w.wrap("", "    ", fmt.Sprintf("Version %d, %s: %s", i+2, instant(v.Date), oneLine(v.Summary)))
	}
}

func (w *writer) credits(r *advisory.Record) {
	if len(r.Credits) == 0 {
		return
	}
	w.section("Credits")
	for _, c := range r.Credits {
		kind := strings.ToLower(strings.ReplaceAll(oneLine(c.Type), "_", " "))
		if kind == "other" {
			kind = ""
		}
		if kind != "" {
			kind = " (" + kind + ")"
		}
		w.wrap("", "    ", oneLine(c.Name)+kind)
		for _, contact := range c.Contact {
			w.wrap("    ", "    ", oneLine(contact))
		}
	}
}

func (w *writer) references(r *advisory.Record) {
	if len(r.References) == 0 {
		return
	}
	w.section("References")
	for _, ref := range r.References {
		w.field(strings.ToLower(oneLine(ref.Type)), oneLine(ref.URL))
	}
}
