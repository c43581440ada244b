package vex

import (
	"net/url"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// match tells whether a name of a product, mostly a package URL, covers a package URL. Without a
// version it covers all versions; with the qualifier vers those in the range; and with any other
// qualifier only what has the same.
func match(product, purl string) bool {
	if product == purl {
		return true
	}
	p, ok := split(product)
	q, ok2 := split(purl)
	if !ok || !ok2 || !strings.EqualFold(p.base, q.base) {
		return false
	}
	if vers := p.qualifiers.Get("vers"); vers != "" {
		p.qualifiers.Del("vers")
		if q.version == "" || p.version != "" || !inVers(vers, q.version) {
			return false
		}
		p.version = q.version
	}
	for key := range p.qualifiers { //tidy:map each is compared
		if p.qualifiers.Get(key) != q.qualifiers.Get(key) {
			return false
		}
	}
	return p.version == "" || bare(p.version) == bare(q.version)
}

// parts are those of a package URL, unescaped.
type parts struct {
	base       string // with type and path
	version    string
	qualifiers url.Values
}

func split(purl string) (parts, bool) {
	var p parts
	if !strings.HasPrefix(purl, "pkg:") {
		return p, false
	}
	purl, _, _ = strings.Cut(purl, "#")
	purl, query, _ := strings.Cut(purl, "?")
	base, version, _ := strings.Cut(purl, "@")
	var err, err2, err3 error
	p.base, err = url.PathUnescape(base)
	p.version, err2 = url.PathUnescape(version)
	p.qualifiers, err3 = url.ParseQuery(query)
	return p, err == nil && err2 == nil && err3 == nil
}

// bare is a version without the "v" that Go's have and others leave out.
func bare(version string) string { return strings.TrimPrefix(version, "v") }

// inVers tells whether a version is in a range "vers:golang/>=v1.0.0|<v1.2.0": constraints in
// order, of which "<" ends what the ">=" before it began. Ranges of versions that cannot be put
// in order, or with other constraints than ours, hold none: a statement is not stretched.
func inVers(vers, version string) bool {
	scheme, constraints, _ := strings.Cut(strings.TrimPrefix(vers, "vers:"), "/")
	ecosystem := advisory.Go
	switch scheme {
	case "golang", "semver":
	case advisory.Opam:
		ecosystem = advisory.Opam
	default:
		return false
	}
	if !advisory.ValidVersion(ecosystem, version) {
		return false
	}
	if constraints == "*" {
		return true
	}
	from, open := advisory.First, true
	for constraint := range strings.SplitSeq(constraints, "|") {
		escaped := strings.TrimLeft(constraint, "<>=!")
		kind := strings.TrimSuffix(constraint, escaped)
		v, err := url.PathUnescape(escaped)
		if err != nil || !advisory.ValidVersion(ecosystem, v) {
			return false
		}
		at := advisory.CompareVersions(ecosystem, version, v)
		switch kind {
		case ">=":
			from, open = v, true
		case "<":
			if open && at < 0 && advisory.CompareVersions(ecosystem, version, from) >= 0 {
				return true
			}
			open = false
		default:
			return false
		}
	}
	return open && advisory.CompareVersions(ecosystem, version, from) >= 0
}
