package advisory

import (
	"regexp"

	"golang.org/x/mod/module"
)

// opamName is a package's name in opam: https://opam.ocaml.org/doc/Manual.html#Package-names
var opamName = regexp.MustCompile(`^[A-Za-z0-9_+-]*[A-Za-z][A-Za-z0-9_+-]*$`)

// Folder is the module's folder below advisories/module/, where its page and its feed are: the
// path as the module proxy escapes it (https://go.dev/ref/mod#goproxy-protocol), so that paths
// which differ in capitals alone differ everywhere; "opam/<name>" for a package of opam. It is
// false for what can be no path.
func (a *Affected) Folder() (string, bool) {
	if a.Ecosystem == Opam {
		return "opam/" + a.Module, opamName.MatchString(a.Module)
	}
	if a.Module == "stdlib" || a.Module == "toolchain" {
		return a.Module, true
	}
	escaped, err := module.EscapePath(a.Module)
	return escaped, err == nil && a.Ecosystem == Go
}
