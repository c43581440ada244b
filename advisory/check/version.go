package check

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// release is the version of a Go release: go1.26.8, go1.27rc1, go1.26; behind a blank or a "-" may
// stand experiments and a vendor's own mark.
var release = regexp.MustCompile(
	`^go(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:(rc|beta|alpha)(\d{1,6}))?(?:[ -].*)?$`)

// releaseVersion turns the name of a Go release into the version that databases use: "go1.27rc1" is
// 1.27.0-rc.1. It fails for what is built from a branch ("devel go1.27-1234abcd").
func releaseVersion(tag string) (version string, ok bool) {
	f := release.FindStringSubmatch(tag)
	if f == nil {
		return "", false
	}
	patch := f[3]
	if patch == "" {
		patch = "0"
	}
	version = f[1] + "." + f[2] + "." + patch
	if f[4] != "" {
		version += "-" + f[4] + "." + f[5]
	}
	if !semver.IsValid("v" + version) { // a leading zero
		return "", false
	}
	return version, true
}

// moduleVersion judges the version of a module: version without "v", or why there is none.
func moduleVersion(version string) (clean, doubt string) {
	switch {
	case version == "":
		return "", "no version is given"
	case version == "(devel)":
		return "", "no version is stamped into it"
	case !semver.IsValid(version) || semver.Canonical(version) != beforePlus(version):
		return "", "its version " + quote(version) + " is none of Go's"
	}
	return strings.TrimPrefix(version, "v"), ""
}

// mainVersion judges the version that the go command stamped into a program for the main module:
// it stands for the state of a work tree, which can be more than the version says.
func mainVersion(version string) (clean, doubt string) {
	clean, doubt = moduleVersion(version)
	switch {
	case doubt != "":
	case strings.HasSuffix(version, "+dirty"):
		doubt = "it was built from a tree with changes of its own, v" + clean
	case module.IsPseudoVersion(version) && strings.HasPrefix(version, "v0.0.0-"):
		doubt = "the tree that it was built from had no tag, v" + clean
	}
	return clean, doubt
}

// beforePlus cuts the build metadata off a version.
func beforePlus(version string) string {
	before, _, _ := strings.Cut(version, "+")
	return before
}

// quotedMax bounds what a message repeats of a foreign text.
const quotedMax = 80

// quote makes foreign text safe for a line of output.
func quote(s string) string {
	if len(s) > quotedMax {
		s = s[:quotedMax] + "…"
	}
	return strconv.Quote(s)
}
