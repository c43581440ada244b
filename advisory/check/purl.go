package check

import (
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/atoll-os/atoll/advisory"
)

// modulePurl turns a package URL into a module. It fails for what is of no ecosystem that records
// can name. Package URLs of Go are in lower case by their definition, so that only the spelling of
// the database tells the real one: judge folds cases for what comes from a bill of materials.
func modulePurl(text string) (m Module, ok bool) {
	p, err := packageurl.FromString(text)
	if err != nil {
		return Module{}, false
	}
	path := p.Name
	if p.Namespace != "" {
		path = p.Namespace + "/" + p.Name
	}
	switch p.Type {
	case packageurl.TypeGolang:
		m = Module{Ecosystem: advisory.Go, Path: path, Folded: true}
		if path == "std" || path == stdlib {
			m.Path = stdlib
			m.Version, m.Doubt = stdVersion(p.Version)
			return m, true
		}
		m.Version, m.Doubt = moduleVersion(p.Version)
	case advisory.Opam:
		m = Module{Ecosystem: advisory.Opam, Path: path, Version: p.Version}
		if p.Version == "" {
			m.Doubt = "no version is given"
		}
	default:
		return Module{}, false
	}
	return m, true
}

// stdVersion reads the version of the standard library as the makers of bills of materials write
// it: 1.26.8, v1.26.8, go1.26.8.
func stdVersion(version string) (clean, doubt string) {
	if version == "" {
		return "", "no version is given"
	}
	tag := "go" + strings.TrimPrefix(strings.TrimPrefix(version, "go"), "v")
	clean, ok := releaseVersion(tag)
	if !ok {
		return "", "Go's version " + quote(version) + " is no release"
	}
	return clean, ""
}
