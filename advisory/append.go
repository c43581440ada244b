package advisory

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Append appends the record as the file that Parse reads: the one way to write it. What Parse gave
// comes back from it as it was, comments of the header left out. A line of a section's text that
// begins with "## " outside a block of code would begin another section: no record that Parse gave
// has one.
func (r *Record) Append(b []byte) []byte {
	w := &writer{b: append(b, "---\n"...)}
	w.text("", "id", r.ID)
	w.text("", "title", r.Title)
	w.words("", "aliases", r.Aliases)
	w.words("", "related", r.Related)
	w.time("", "reported", r.Reported)
	w.time("", "issued", r.Issued)
	w.time("", "modified", r.Modified)
	if r.Withdrawn != nil {
		w.mapping("withdrawn", func() {
			w.time("  ", "date", r.Withdrawn.Date)
			w.text("  ", "reason", r.Withdrawn.Reason)
		})
	}
	w.affected(r.Affected)
	w.images(r.Images)
	if len(r.Severity) > 0 {
		w.begin("", "severity")
		for _, s := range r.Severity {
			w.item("  ", s.Vector)
		}
	}
	w.words("", "cwe", r.CWE)
	w.credits(r.Credits)
	w.references(r.References)
	if r.Imported != nil {
		w.mapping("imported", func() {
			w.text("  ", "from", r.Imported.From)
			w.text("  ", "url", r.Imported.URL)
			w.text("  ", "licence", r.Imported.Licence)
		})
	}
	w.b = append(w.b, "---\n"...)
	for _, s := range r.Sections {
		w.b = append(w.b, "\n## "+s.Name+"\n"...)
		if s.Text != "" {
			w.b = append(w.b, "\n"+s.Text+"\n"...)
		}
	}
	return w.b
}

// writer appends YAML. The first key of an item of a list stands after its hyphen.
type writer struct {
	b    []byte
	dash bool // the next key is the first of an item
}

func (w *writer) indent(in string) {
	if w.dash {
		w.dash = false
		in = in[:len(in)-2] + "- "
	}
	w.b = append(w.b, in...)
}

func (w *writer) begin(in, key string) {
	w.indent(in)
	w.b = append(w.b, key+":\n"...)
}

// mapping writes a key with a mapping, also one without keys.
func (w *writer) mapping(key string, write func()) {
	before := len(w.b)
	w.begin("", key)
	begun := len(w.b)
	if write(); len(w.b) == begun {
		w.b = append(w.b[:before], key+": {}\n"...)
	}
}

// text leaves out what is empty.
func (w *writer) text(in, key, value string) {
	if value != "" {
		w.indent(in)
		w.b = append(w.b, key+": "+quote(value)+"\n"...)
	}
}

func (w *writer) time(in, key string, t time.Time) {
	if !t.IsZero() {
		w.text(in, key, t.UTC().Format(TimeLayout))
	}
}

func (w *writer) item(in, value string) {
	w.b = append(w.b, in+"- "+quote(value)+"\n"...)
}

func (w *writer) words(in, key string, words []string) {
	if len(words) > 0 {
		w.begin(in, key)
		for _, word := range words {
			w.item(in+"  ", word)
		}
	}
}

// done ends an item; one without any key is an empty mapping.
func (w *writer) done(in string) {
	if w.dash {
		w.indent(in)
		w.b = append(w.b, "{}\n"...)
	}
}

func (w *writer) affected(list []Affected) {
	if len(list) > 0 {
		w.begin("", "affected")
	}
	const in = "    "
	for _, a := range list {
		w.dash = true
		if a.Ecosystem != Go {
			w.text(in, "ecosystem", a.Ecosystem)
		}
		w.text(in, "module", a.Module)
		w.ranges(in, a.Ranges)
		if len(a.Packages) > 0 {
			w.begin(in, "packages")
		}
		for _, p := range a.Packages {
			const in = "        "
			w.dash = true
			w.text(in, "path", p.Path)
			w.words(in, "symbols", p.Symbols)
			w.words(in, "goos", p.GOOS)
			w.words(in, "goarch", p.GOARCH)
			w.done(in)
		}
		w.done(in)
	}
}

func (w *writer) ranges(in string, ranges []Range) {
	if len(ranges) > 0 {
		w.begin(in, "ranges")
	}
	in += "    "
	for _, v := range ranges {
		w.dash = true
		w.text(in, "introduced", v.Introduced)
		w.text(in, "fixed", v.Fixed)
		w.done(in)
	}
}

func (w *writer) images(list []Image) {
	if len(list) > 0 {
		w.begin("", "images")
	}
	const in = "    "
	for _, i := range list {
		w.dash = true
		w.text(in, "name", i.Name)
		w.ranges(in, i.Ranges)
		w.done(in)
	}
}

func (w *writer) credits(list []Credit) {
	if len(list) > 0 {
		w.begin("", "credits")
	}
	const in = "    "
	for _, c := range list {
		w.dash = true
		w.text(in, "name", c.Name)
		w.text(in, "type", c.Type)
		w.words(in, "contact", c.Contact)
		w.done(in)
	}
}

func (w *writer) references(list []Reference) {
	if len(list) > 0 {
		w.begin("", "references")
	}
	const in = "    "
	for _, ref := range list {
		w.dash = true
		w.text(in, "type", ref.Type)
		w.text(in, "url", ref.URL)
		w.done(in)
	}
}

// plain are texts that YAML takes as they are, where no ": " and no " #" is in them: no sign that
// means something stands at the beginning.
var plain = regexp.MustCompile(`^[A-Za-z0-9/.(][A-Za-z0-9 _./@+,;()'*~^=?&%!<>:#-]*$`)

// quote returns a text as a YAML scalar. Go's escapes are YAML's
// (https://yaml.org/spec/1.2.2/#57-escaped-characters) for what a record can hold.
func quote(s string) string {
	special := strings.Contains(s, ": ") || strings.Contains(s, " #") ||
		strings.HasSuffix(s, ":") || strings.HasSuffix(s, " ") || strings.EqualFold(s, "null")
	if plain.MatchString(s) && !special {
		return s
	}
	return strconv.Quote(s)
}
