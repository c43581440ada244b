package advisory

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/mod/module"
)

// ProjectFile is the name of the file beside the records that says whose they are.
const ProjectFile = "project.yaml"

// Categories of a publisher: CSAF 2.0 §3.2.1.8.1.
var Categories = []string{"coordinator", "discoverer", "other", "translator", "user", "vendor"}

// taken are prefixes that mean somebody else's records to everybody.
var taken = []string{"CVE", "GHSA", "GO", "OSV", "OSEC", "HSEC", "RUSTSEC", "PYSEC", "XSA", "MSA",
	"CWE", "DSA", "USN"}

var (
	prefixForm   = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
)

// ParseProject reads project.yaml. It collects all findings, and gives the project also where there
// are some; nil only if nothing could be read.
func ParseProject(file string, text []byte) (*Project, []Finding) {
	found := &findings{file: file}
	text, ok := found.characters(text)
	if !ok {
		return nil, found.list
	}
	r := &reader{found, map[string]int{}}
	n := r.document(text)
	if n == nil {
		return nil, found.list
	}
	p := &Project{}
	r.mapping(n, "",
		field{"name", r.word(&p.Name)},
		field{"prefix", r.word(&p.Prefix)},
		field{"base-url", r.word(&p.BaseURL)},
		field{"contact", r.words(&p.Contact)},
		field{"policy", r.word(&p.Policy)},
		field{"languages", r.words(&p.Languages)},
		field{"modules", r.words(&p.Modules)},
		field{"category", r.oneOf(&p.Category, Categories)},
		field{"unused", r.unused(p)},
	)
	r.project(p)
	return p, found.list
}

func (r *reader) unused(to *Project) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			var u Unused
			r.mapping(n, path, field{"id", r.id(&u.ID)}, field{"reason", r.word(&u.Reason)})
			to.Unused = append(to.Unused, u)
		})
	}
}

// project checks the values.
func (r *reader) project(p *Project) {
	need := func(key, value, hint string) {
		if _, there := r.lines[key]; value == "" && !there {
			r.add(0, hint, "the project has no %s", key)
		}
	}
	need("name", p.Name, "write name: and the project's name")
	need("prefix", p.Prefix, "write prefix: and what the ids begin with, in capitals")
	need("base-url", p.BaseURL, "write base-url: and the address of the website")
	if len(p.Contact) == 0 {
		r.add(r.lines["contact"], "write contact: and a list of URLs", "the project has no contact")
	}
	need("policy", p.Policy, "write policy: and the URL of the security policy")
	need("category", p.Category, "write category: vendor")
	switch {
	case p.Prefix == "":
	case !prefixForm.MatchString(p.Prefix):
		f := r.add(r.lines["prefix"], "2 to 16 capitals and digits", "%q is no prefix", p.Prefix)
		if up := strings.ToUpper(p.Prefix); prefixForm.MatchString(up) {
			f.Fix = up
		}
	case slices.Contains(taken, p.Prefix):
		r.add(r.lines["prefix"], "choose one of your own",
			"the prefix %s means records of others", p.Prefix)
	}
	if p.BaseURL != "" && r.webAddress("base-url", p.BaseURL) {
		if trimmed := strings.TrimRight(p.BaseURL, "/"); trimmed != p.BaseURL {
			r.add(r.lines["base-url"], "no slash at the end", "base-url ends with a slash").
				Fix = trimmed
		}
	}
	if p.Policy != "" {
		r.webAddress("policy", p.Policy)
	}
	for i, c := range p.Contact {
		if !validContact(c) {
			r.add(r.item("contact", i), "write mailto:ADDRESS or https://…",
				"contact: %q is no such URL", shorten(c))
		}
	}
	for i, l := range p.Languages {
		if !languageForm.MatchString(l) {
			r.add(r.item("languages", i), "write it as en or de-AT", "%q is no language tag", l)
		}
	}
	for i, m := range p.Modules {
		if err := module.CheckPath(m); err != nil {
			r.add(r.item("modules", i), "write the path as in go.mod", "%v", err)
		}
	}
	r.numbers(p)
}

// item returns the line of an item of a list.
func (r *reader) item(path string, i int) int { return r.lines[indexed(path, i)] }

// numbers checks what is listed as unused.
func (r *reader) numbers(p *Project) {
	seen := map[string]bool{}
	for i, u := range p.Unused {
		line := r.item("unused", i)
		_, _, ours := p.Serial(u.ID)
		switch {
		case u.ID == "" || !ours:
			r.add(line, "write PREFIX-YEAR-NUMBER with the project's prefix",
				"unused: %q is no id of this project", u.ID)
		case seen[u.ID]:
			r.add(line, "keep one of them", "unused: %s stands there twice", u.ID)
		case u.Reason == "":
			r.add(line, "write reason: …, people ask why a number is missing",
				"unused: %s has no reason", u.ID)
		}
		seen[u.ID] = true
	}
}

// webAddress wants https, a host, and nothing that a link of ours does not have.
func (r *reader) webAddress(key, value string) bool {
	good := func(value string) bool {
		u, err := url.Parse(value)
		return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil &&
			u.RawQuery == "" && u.Fragment == ""
	}
	if good(value) {
		return true
	}
	f := r.add(r.lines[key], "write https:// and the host, no user, no ? and no #",
		"%s: %q is no such address", key, shorten(value))
	if rest, plain := strings.CutPrefix(value, "http://"); plain && good("https://"+rest) {
		f.Fix = "https://" + rest
	}
	return false
}

func validContact(c string) bool {
	u, err := url.Parse(c)
	switch {
	case err != nil || strings.ContainsAny(c, " \t<>\""):
		return false
	case u.Scheme == "mailto":
		return strings.Contains(u.Opaque, "@")
	case u.Scheme == "tel":
		return u.Opaque != ""
	}
	return u.Scheme == "https" && u.Host != ""
}

// Append appends project.yaml, as ParseProject reads it.
func (p *Project) Append(b []byte) []byte {
	w := &writer{b: b}
	w.text("", "name", p.Name)
	w.text("", "prefix", p.Prefix)
	w.text("", "base-url", p.BaseURL)
	w.words("", "contact", p.Contact)
	w.text("", "policy", p.Policy)
	w.words("", "languages", p.Languages)
	w.words("", "modules", p.Modules)
	w.text("", "category", p.Category)
	if len(p.Unused) > 0 {
		w.begin("", "unused")
	}
	for _, u := range p.Unused {
		const in = "    "
		w.dash = true
		w.text(in, "id", u.ID)
		w.text(in, "reason", u.Reason)
		w.done(in)
	}
	return w.b
}
