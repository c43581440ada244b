package topology

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/nearest"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/internal/yamltext"
)

// reader reads one YAML document. It collects what is wrong and goes on.
type reader struct {
	name     string
	lines    []string
	problems *problems
}

func newReader(name string, data []byte, problems *problems) *reader {
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return &reader{name, lines, problems}
}

// depthMax is how deep values of a file lie in one another.
const depthMax = 64

// document returns the root of the document, nil if there is none.
func (r *reader) document(data []byte) *yaml.Node {
	n, err := yamltext.Root(data, depthMax)
	switch {
	case err != nil:
		r.problems.add(r.place(err.Line, err.Column), err.Hint, "not YAML: %v", err)
	case n == nil:
		r.problems.add(Position{File: r.name}, "atoll lab init writes an example to start from",
			"the file is empty")
	}
	return n
}

// place returns a position of the file; line 0 is none.
func (r *reader) place(line, column int) Position {
	p := Position{File: r.name, Line: line, Column: column}
	if line >= 1 && line <= len(r.lines) {
		p.source = r.lines[line-1]
	}
	return p
}

func (r *reader) at(n *yaml.Node) Position { return r.place(n.Line, n.Column) }

// in returns where word stands in the text that begins at p, if it can be as a word of its own, and
// p itself if it does not stand there in so many letters.
func (p Position) in(word string) Position {
	runes := []rune(p.source)
	if word == "" || p.Column < 1 || p.Column > len(runes) {
		return p
	}
	wanted, part := []rune(word), p
	for i := p.Column - 1; i+len(wanted) <= len(runes); i++ {
		end := i + len(wanted)
		if !slices.Equal(runes[i:end], wanted) {
			continue
		}
		at := p
		at.Column = i + 1
		if (i == 0 || !inName(runes[i-1])) && (end == len(runes) || !inName(runes[end])) {
			return at
		}
		if part == p {
			part = at
		}
	}
	return part
}

func inName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
}

func (r *reader) fail(n *yaml.Node, hint, format string, args ...any) {
	r.problems.add(r.at(n), hint, format, args...)
}

// failed reports an error of a quantity or of fault's words, with the mark under the bad word.
func (r *reader) failed(n *yaml.Node, err error) {
	at, hint := blame(r.at(n), err)
	r.problems.add(at, hint, "%v", err)
}

// field is a key of a mapping and what reads its value.
type field struct {
	name string
	read func(value *yaml.Node)
}

// each calls f for every key of a mapping with its value, each key once.
func (r *reader) each(n *yaml.Node, what string, f func(key, value *yaml.Node)) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, "write key: value", "%s is %s, not a mapping of keys to values", what, yamltext.Kind(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := target(n.Content[i])
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "", "a key of %s is %s, not a text", what, yamltext.Kind(key))
		case seen[key.Value]:
			r.fail(key, "", "%s has %q twice", what, key.Value)
		default:
			seen[key.Value] = true
			f(key, target(n.Content[i+1]))
		}
	}
}

// fields reads a mapping with set keys.
func (r *reader) fields(n *yaml.Node, what string, fields ...field) {
	r.each(n, what, func(key, value *yaml.Node) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if i < 0 {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			r.fail(key, meant(key.Value, names), "%s has no key %q", what, key.Value)
			return
		}
		fields[i].read(value)
	})
}

// meant is the hint after a word that is none of names.
func meant(word string, names []string) string {
	if near := nearest.Name(word, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return ""
	}
	const shown = 24
	list := strings.Join(names[:min(len(names), shown)], ", ")
	if len(names) > shown {
		list += " and so on"
	}
	return "there is " + list
}

// target returns the node that an alias stands for, or the node itself.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// text reads a text that is not empty.
func (r *reader) text(n *yaml.Node, what string) string {
	n = target(n)
	if n.Kind != yaml.ScalarNode || n.Value == "" || yamltext.Null(n) {
		r.fail(n, "", "%s is %s, not a text", what, yamltext.Kind(n))
		return ""
	}
	return n.Value
}

// texts reads a list of texts; a text alone is a list of one.
func (r *reader) texts(n *yaml.Node, what string, f func(n *yaml.Node, text string)) {
	n = target(n)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		item = target(item)
		if text := r.text(item, what); text != "" {
			f(item, text)
		}
	}
}

// list calls f for the items of a list.
func (r *reader) list(n *yaml.Node, what string, f func(n *yaml.Node)) {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "write [one, two] or a line that begins with - for each",
			"%s is %s, not a list", what, yamltext.Kind(n))
		return
	}
	for _, item := range n.Content {
		f(target(item))
	}
}

func (r *reader) boolean(to *bool, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch {
		case n.Kind == yaml.ScalarNode && n.Value == "true":
			*to = true
		case n.Kind == yaml.ScalarNode && n.Value == "false":
			*to = false
		default:
			r.fail(n, "", "%s is neither true nor false", what)
		}
	}
}

func (r *reader) count(to *int, what string, most int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < 1 || v > most {
			r.fail(n, "", "%s %q is not a whole number from 1 to %d", what, n.Value, most)
			return
		}
		*to = v
	}
}

func (r *reader) word(to *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) { *to = r.text(n, what) }
}

func (r *reader) duration(to *time.Duration, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if text := r.text(n, what); text != "" {
			r.instant(to, n, text, what)
		}
	}
}

// instant reads a duration that is no longer than a run can be, and tells whether it is one.
func (r *reader) instant(to *time.Duration, n *yaml.Node, text, what string) bool {
	d, err := units.ParseDuration(text)
	switch {
	case err != nil:
		r.failed(n, err)
	case d > DurationMax:
		r.fail(n, "", "%s is above %s", what, units.Duration(DurationMax))
	default:
		*to = d
		return true
	}
	return false
}
