package lint

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

// TitleRunesMax is how long a title can be: CVE record format 5, cnaContainer.title.
const TitleRunesMax = 256

func (k *checker) title() {
	if n := utf8.RuneCountInString(k.r.Title); n > TitleRunesMax {
		k.add("title", "the rest belongs to the description",
			"the title has %d characters, at most %d", n, TitleRunesMax)
	}
	k.plain("title", k.r.Title)
}

// markup is what a browser would take for a tag.
var markup = regexp.MustCompile(`<[A-Za-z/!?]`)

// plain checks a text of the header, which is shown as it is.
func (k *checker) plain(path, text string) {
	if markup.MatchString(text) {
		k.add(path, "write it in words", "%s has HTML in it, which would be shown as it is", path)
	}
	k.leftovers(k.r.Line(path), text)
	k.mentions(k.r.Line(path), text)
}

// base are the metrics that the publisher of an advisory sets.
var base = map[string][]string{
	advisory.CVSS31: strings.Fields("AV AC PR UI S C I A"),
	advisory.CVSS40: strings.Fields("AV AC AT PR UI VC VI VA SC SI SA"),
}

func (k *checker) severity() {
	if len(k.r.Severity) == 0 && k.ours() {
		k.add("severity", "write severity: and a vector from https://www.first.org/cvss/calculator/4.0",
			"the record has no severity")
	}
	seen := map[string]bool{}
	for i, s := range k.r.Severity {
		at := item("severity", i)
		if _, _, err := s.Score(); err != nil {
			k.add(at, "all base metrics, each once; those of 4.0 in the order of the standard",
				"%q: %s", short(s.Vector), strings.TrimPrefix(err.Error(), "advisory: "))
			continue
		}
		version := s.Vector[:len(advisory.CVSS31)]
		if seen[version] {
			k.add(at, "keep one of them", "there are two vectors of %s", strings.TrimSuffix(version, "/"))
		}
		seen[version] = true
		for _, metric := range strings.Split(s.Vector[len(version):], "/") {
			name, _, _ := strings.Cut(metric, ":")
			if k.ours() && !slices.Contains(base[version], name) {
				k.add(at, "metrics of threat and environment are the reader's: leave them out",
					"%s is no base metric", metric)
			}
		}
	}
}

var cweForm = regexp.MustCompile(`^CWE-[1-9][0-9]{0,4}$`)

func (k *checker) weaknesses() {
	seen := map[string]bool{}
	for i, c := range k.r.CWE {
		at := item("cwe", i)
		if !cweForm.MatchString(c) {
			f := k.add(at, "as in CWE-416", "%q is no CWE", short(c))
			if fix := "CWE-" + strings.TrimLeft(strings.ToUpper(c), "CWE- "); cweForm.MatchString(fix) {
				f.Fix = fix
			}
		}
		if seen[c] {
			k.add(at, "name it once", "%s stands there twice", short(c))
		}
		seen[c] = true
	}
}

func (k *checker) credits() {
	for i, c := range k.r.Credits {
		at := item("credits", i)
		if c.Name == "" {
			k.add(at, "write name: as they wish to be named", "%s has no name", at)
		}
		k.plain(at+".name", c.Name)
		if c.Type == "" && !k.parsed[k.r.File] { // else the parser may have refused it
			k.add(at, "write type: FINDER, or another of OSV's", "%s has no type", at)
		}
		for j, u := range c.Contact {
			if address, ok := strings.CutPrefix(u, "mailto:"); ok && strings.Contains(address, "@") &&
				!strings.ContainsAny(address, " <>\"") {
				continue
			}
			k.link(item(at+".contact", j), u)
		}
	}
}

func (k *checker) references() {
	seen := map[string]bool{}
	for i, ref := range k.r.References {
		at := item("references", i)
		if ref.Type == "" && !k.parsed[k.r.File] {
			k.add(at, "write type: FIX, or another of OSV's", "%s has no type", at)
		}
		k.link(at+".url", ref.URL)
		if seen[ref.Type+" "+ref.URL] {
			k.add(at, "name it once", "%s stands there twice", short(ref.URL))
		}
		seen[ref.Type+" "+ref.URL] = true
	}
}

// link wants https and a host. Another project's record may keep http.
func (k *checker) link(path, address string) {
	if problem, fix := k.address(address); problem != "" {
		k.add(path, "write https:// and the host", "%s: %q %s", path, short(address), problem).Fix = fix
	}
	k.leftovers(k.r.Line(path), address)
	k.mentions(k.r.Line(path), address)
}

// address says what is wrong with a URL, and what to write if that is known.
func (k *checker) address(address string) (problem, fix string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme == "" || strings.ContainsAny(address, " <>\"`\\"):
		return "is no link", ""
	case u.Scheme != "https" && u.Scheme != "http":
		return "is not https", ""
	case u.Hostname() == "":
		return "has no host", ""
	case u.User != nil:
		return "has a user in it", ""
	case u.Scheme == "http" && k.ours():
		return "is not https", "https" + address[len("http"):]
	}
	return "", ""
}

// spdx is a licence expression, in form.
var spdx = regexp.MustCompile(`^[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*$`)

func (k *checker) imported() {
	o := k.r.Imported
	if o == nil {
		return
	}
	if o.From == "" {
		k.add("imported", "write from: and the project's name", "imported does not say from whom")
	}
	k.plain("imported.from", o.From)
	if o.URL == "" {
		k.add("imported", "write url: and the address of the record", "imported does not say from where")
	} else {
		k.link("imported.url", o.URL)
	}
	if !spdx.MatchString(o.Licence) {
		k.add("imported.licence", "write licence: and its SPDX name, as in CC0-1.0",
			"imported: %q is no licence", short(o.Licence))
	}
}
