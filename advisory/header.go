package advisory

import "go.yaml.in/yaml/v4"

// header reads the YAML of a record. The order of the keys here is the order in which Append
// writes them.
func (r *reader) header(n *yaml.Node, to *Record) {
	r.mapping(n, "",
		field{"id", r.id(&to.ID)},
		field{"title", r.word(&to.Title)},
		field{"aliases", r.words(&to.Aliases)},
		field{"related", r.words(&to.Related)},
		field{"reported", r.time(&to.Reported)},
		field{"issued", r.time(&to.Issued)},
		field{"modified", r.time(&to.Modified)},
		field{"withdrawn", r.withdrawn(to)},
		field{"affected", r.affected(to)},
		field{"images", r.images(to)},
		field{"severity", r.severity(to)},
		field{"cwe", r.words(&to.CWE)},
		field{"credits", r.credits(to)},
		field{"references", r.references(to)},
		field{"imported", r.imported(to)},
	)
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, missing := range []struct{ key, value string }{{"id", to.ID}, {"title", to.Title}} {
		if _, there := r.lines[missing.key]; missing.value == "" && !there {
			r.add(1, "write "+missing.key+": …", "the header has no %s", missing.key)
		}
	}
}

// id reads an id. It becomes part of paths and of URLs, so a bad one is not kept.
func (r *reader) id(to *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		text := r.text(n, path)
		if text != "" && !ValidID(text) {
			r.add(n.Line, "write PREFIX-YEAR-NUMBER, as in ABC-2026-0001",
				"%q is no id", shorten(text))
			return
		}
		*to = text
	}
}

func (r *reader) withdrawn(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var w Withdrawal
		r.mapping(n, path, field{"date", r.time(&w.Date)}, field{"reason", r.word(&w.Reason)})
		to.Withdrawn = &w
	}
}

func (r *reader) affected(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			a := Affected{Ecosystem: Go}
			r.mapping(n, path,
				field{"ecosystem", r.oneOf(&a.Ecosystem, Ecosystems)},
				field{"module", r.word(&a.Module)},
				field{"ranges", r.ranges(&a.Ranges)},
				field{"packages", r.packages(&a.Packages)},
			)
			to.Affected = append(to.Affected, a)
		})
	}
}

func (r *reader) ranges(to *[]Range) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var v Range
			r.mapping(n, path, field{"introduced", r.word(&v.Introduced)},
				field{"fixed", r.word(&v.Fixed)})
			*to = append(*to, v)
		})
	}
}

func (r *reader) packages(to *[]Package) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var p Package
			r.mapping(n, path, field{"path", r.word(&p.Path)}, field{"symbols", r.words(&p.Symbols)},
				field{"goos", r.words(&p.GOOS)}, field{"goarch", r.words(&p.GOARCH)})
			*to = append(*to, p)
		})
	}
}

func (r *reader) images(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var i Image
			r.mapping(n, path, field{"name", r.word(&i.Name)}, field{"ranges", r.ranges(&i.Ranges)})
			to.Images = append(to.Images, i)
		})
	}
}

func (r *reader) severity(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var vectors []string
		r.words(&vectors)(n, path)
		for _, v := range vectors {
			to.Severity = append(to.Severity, Severity{v})
		}
	}
}

func (r *reader) credits(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var c Credit
			r.mapping(n, path, field{"name", r.word(&c.Name)},
				field{"type", r.oneOf(&c.Type, CreditTypes)}, field{"contact", r.words(&c.Contact)})
			to.Credits = append(to.Credits, c)
		})
	}
}

func (r *reader) references(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var ref Reference
			r.mapping(n, path, field{"type", r.oneOf(&ref.Type, ReferenceTypes)},
				field{"url", r.word(&ref.URL)})
			to.References = append(to.References, ref)
		})
	}
}

func (r *reader) imported(to *Record) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var o Origin
		r.mapping(n, path, field{"from", r.word(&o.From)}, field{"url", r.word(&o.URL)},
			field{"licence", r.word(&o.Licence)})
		to.Imported = &o
	}
}
