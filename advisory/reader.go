package advisory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/nearest"
	"github.com/atoll-os/atoll/internal/yamltext"
)

// HeaderBytesMax and HeaderDepthMax bound the YAML of a header and of project.yaml.
const (
	HeaderBytesMax = 64 << 10
	HeaderDepthMax = 16
)

// reader reads one YAML document. It collects what is wrong and goes on, and it remembers the line
// of every value under its path ("affected[0].ranges[1].fixed").
type reader struct {
	*findings
	lines map[string]int
}

// document returns the root of the document, nil if there is none. Anchors, aliases and tags have
// no use here, and a few of them can stand for gigabytes: they are refused.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > HeaderBytesMax {
		r.add(1, "move text into the sections",
			"the YAML is %d bytes long, at most %d", len(text), HeaderBytesMax)
		return nil
	}
	n, err := yamltext.Root(text, HeaderDepthMax)
	switch {
	case err != nil:
		hint := cmp.Or(err.Hint, "put a text that has : or # in it between double quotes")
		r.add(max(1, err.Line), hint, "not YAML: %v", err)
		return nil
	case n == nil:
		r.add(1, "write key: value lines", "not YAML: the file is empty")
		return nil
	case !r.plain(n):
		return nil
	}
	return n
}

// plain refuses what the header has no use for. The depth is bounded by HeaderDepthMax.
func (r *reader) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.add(n.Line, "write the value out", "YAML anchors (&) and aliases (*) are not allowed")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.add(n.Line, "leave the tag out", "YAML tags (!) are not allowed")
		return false
	}
	for _, c := range n.Content {
		if !r.plain(c) {
			return false
		}
	}
	return true
}

// mark remembers where a value begins: at its key, if it has one.
func (r *reader) mark(path string, n *yaml.Node) {
	if r.lines[path] == 0 {
		r.lines[path] = n.Line
	}
}

// field is a key of a mapping and what reads its value.
type field struct {
	name string
	read func(n *yaml.Node, path string)
}

// mapping reads a mapping with set keys, each at most once. Path is where it stands.
func (r *reader) mapping(n *yaml.Node, path string, fields ...field) {
	what := "the header"
	if path != "" {
		what = path
		r.mark(path, n)
		path += "."
	}
	if n.Kind != yaml.MappingNode {
		r.add(n.Line, "write key: value lines", "%s is %s, not a mapping", what, yamltext.Kind(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		switch {
		case key.Kind != yaml.ScalarNode:
			r.add(key.Line, "write key: value lines", "a key of %s is %s, not a text", what,
				yamltext.Kind(key))
		case at < 0:
			f := r.add(key.Line, "", "%s has no key %q", what, shorten(key.Value))
			f.Hint, f.Fix = meant(key.Value, fields)
		case seen[key.Value]:
			r.add(key.Line, "keep one of them", "%s has %q twice", what, key.Value)
		default:
			seen[key.Value] = true
			r.mark(path+key.Value, key)
			fields[at].read(n.Content[i+1], path+key.Value)
		}
	}
}

// meant is the hint and the fix for a word that is no key.
func meant(word string, fields []field) (hint, fix string) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	if len(word) <= shownMax {
		fix = nearest.Name(word, names)
	}
	if fix != "" {
		return "did you mean " + fix + "?", fix
	}
	return "there is " + strings.Join(names, ", "), ""
}

// shownMax is how many bytes of a bad value a message shows.
const shownMax = 80

func shorten(s string) string {
	if len(s) <= shownMax {
		return s
	}
	return strings.ToValidUTF8(s[:shownMax], "") + "…"
}

// text reads a text of one line that is not empty. A number, a date or a truth value is taken as
// the text that it was written as, so that version 1.10 stays 1.10.
func (r *reader) text(n *yaml.Node, path string) string {
	r.mark(path, n)
	value := strings.TrimSpace(n.Value)
	if n.Kind != yaml.ScalarNode {
		r.add(n.Line, "write one text", "%s is %s, not a text", path, yamltext.Kind(n))
		return ""
	}
	if value == "" || yamltext.Null(n) {
		r.add(n.Line, "leave it out if there is nothing to say", "%s is empty", path)
		return ""
	}
	if strings.Contains(value, "\n") {
		f := r.add(n.Line, "write it in one line", "%s has a line break", path)
		f.Fix = quote(shorten(strings.Join(strings.Fields(value), " ")))
		return ""
	}
	if bad, found := firstControl(value); found {
		r.add(n.Line, "leave the character out", "%s has the control character %U", path, bad)
		return ""
	}
	return value
}

// word reads a text into a string.
func (r *reader) word(to *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) { *to = r.text(n, path) }
}

// list calls f for the items of a list.
func (r *reader) list(n *yaml.Node, path string, f func(n *yaml.Node, path string)) {
	if n.Kind != yaml.SequenceNode {
		r.add(n.Line, "write a line that begins with - for each",
			"%s is %s, not a list", path, yamltext.Kind(n))
		return
	}
	for i, item := range n.Content {
		f(item, indexed(path, i))
	}
}

// words reads a list of texts.
func (r *reader) words(to *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, list string) {
		r.list(n, list, func(n *yaml.Node, path string) {
			if text := r.text(n, path); text != "" {
				r.lines[indexed(list, len(*to))] = n.Line // a bad one before it is left out
				*to = append(*to, text)
			}
		})
	}
}

// TimeLayout is how every time of a record is written: RFC 3339 in UTC, with whole seconds.
// A date alone is refused also where no more is known (write midnight): a record that is read and
// written again must not change.
const TimeLayout = "2006-01-02T15:04:05Z"

// yearMin is the first year that a record can name: what lies before is a slip of the finger.
const yearMin = 1990

func (r *reader) time(to *time.Time) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		text := r.text(n, path)
		if text == "" {
			return
		}
		t, err := time.Parse(TimeLayout, text)
		if err == nil && len(text) == len(TimeLayout) && t.Year() >= yearMin {
			*to = t
			return
		}
		f := r.add(n.Line, "write it in UTC, as in 2026-01-31T12:00:00Z, and not before 1990",
			"%s: %q is no time", path, shorten(text))
		for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, text); err == nil && t.UTC().Year() >= yearMin {
				f.Fix = t.UTC().Format(TimeLayout)
				return
			}
		}
	}
}

// oneOf reads one word of a closed list.
func (r *reader) oneOf(to *string, words []string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		text := r.text(n, path)
		if text == "" || slices.Contains(words, text) {
			*to = cmp.Or(text, *to)
			return
		}
		f := r.add(n.Line, "there is "+strings.Join(words, ", "),
			"%s: %q is not one of the set words", path, shorten(text))
		if len(text) <= shownMax {
			f.Fix = nearest.Name(text, words)
		}
	}
}
