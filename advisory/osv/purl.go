package osv

import (
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// PURL returns the package URL (https://github.com/package-url/purl-spec) of a module, with the
// version if there is one: "pkg:golang/example.org/mod@v1.2.3". Versions of Go modules have their
// "v" here. The path is in small letters, as the specification of type golang demands, so it names
// a module but cannot be turned back into its path.
func PURL(ecosystem, module, version string) string {
	kind := "golang"
	if ecosystem != advisory.Go {
		kind = strings.ToLower(ecosystem)
	}
	path := strings.Split(strings.ToLower(module), "/")
	for i, segment := range path {
		path[i] = Escape(segment)
	}
	purl := "pkg:" + kind + "/" + strings.Join(path, "/")
	if version == "" {
		return purl
	}
	if ecosystem == advisory.Go && module != "stdlib" && module != "toolchain" {
		version = "v" + strings.TrimPrefix(version, "v")
	}
	return purl + "@" + Escape(version)
}

// Escape writes text for a part of a package URL: everything but letters, digits and ".-_~:" as
// %XX.
func Escape(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte(".-_~:", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
