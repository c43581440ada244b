package topology

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/yamltext"
	"github.com/atoll-os/atoll/vnet/fault"
)

// links reads the cables.
func (p *parser) links(n *yaml.Node) {
	p.list(n, "links", func(n *yaml.Node) {
		l := Link{Position: p.at(n)}
		before := len(p.problems)
		p.link(&l, n)
		l.broken = len(p.problems) > before
		p.file.Links = append(p.file.Links, l)
	})
}

func (p *parser) link(l *Link, n *yaml.Node) {
	ends := false
	p.each(n, "a link", func(key, value *yaml.Node) {
		switch key.Value {
		case "ends":
			ends = true
			p.ends(l, value)
		case "forward":
			l.Forward = p.direction(value, key.Value)
		case "backward":
			l.Backward = p.direction(value, key.Value)
		default:
			if v, ok := p.value(key, value, "a link", "ends", "forward", "backward"); ok {
				l.Values = append(l.Values, v.value)
			}
		}
	})
	if !ends && n.Kind == yaml.MappingNode {
		p.fail(n, "write ends: [one, two]", "a link has no ends")
	}
}

func (p *parser) ends(l *Link, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		p.fail(n, "write ends: [one, two]", "the ends of a link are not a list of two names")
		return
	}
	for i, end := range n.Content {
		end = target(end)
		l.Ends[i], l.ends[i] = p.text(end, "the end of a link"), p.at(end)
	}
}

// direction reads what holds in one direction only: a mapping as of the link itself, or texts in
// fault's words.
func (p *parser) direction(n *yaml.Node, what string) (list []fault.Value) {
	if n.Kind == yaml.MappingNode {
		for _, v := range p.values(n, what) {
			list = append(list, v.value)
		}
		return list
	}
	p.texts(n, what, func(n *yaml.Node, text string) {
		values, err := parseValues(text)
		if err != nil {
			p.failed(n, err)
			return
		}
		list = append(list, values...)
	})
	return list
}

// values reads a mapping of fault's words to their arguments.
func (p *parser) values(n *yaml.Node, what string) (list []keyed) {
	p.each(n, what, func(key, value *yaml.Node) {
		if v, ok := p.value(key, value, what); ok {
			list = append(list, v)
		}
	})
	return list
}

// value reads one word with its arguments. others are keys that are not words but could stand
// there.
func (p *parser) value(key, value *yaml.Node, what string, others ...string) (k keyed, ok bool) {
	words := fault.Words()
	if !slices.Contains(words, key.Value) {
		p.fail(key, meant(key.Value, append(others, words...)), "%s has no key %q", what, key.Value)
		return k, false
	}
	text := key.Value
	if !yamltext.Null(value) {
		arguments := p.text(value, key.Value)
		if arguments == "" {
			return k, false
		}
		text += " " + arguments
	}
	values, err := parseValues(text)
	switch {
	case err != nil:
		p.failed(value, err)
		return k, false
	case len(values) != 1:
		p.fail(value, "give each word a key of its own", "%s is followed by another word", key.Value)
		return k, false
	}
	return keyed{key.Value, values[0], p.at(value)}, true
}
