package advisory

import (
	"cmp"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

// First is what Range.Introduced holds for the first version of all: it is before every version,
// also before 0.0.0-… of a repository without tags.
const First = "0"

// VersionBytesMax is how long a version can be.
const VersionBytesMax = 128

// goVersion is a version of Go itself that is no semver: 1.26rc1, 1.26.0beta2.
var goVersion = regexp.MustCompile(`^(\d+)\.(\d+)(?:\.(\d+))?(rc|beta)(\d+)$`)

var opamVersion = regexp.MustCompile(`^[A-Za-z0-9_+.~-]+$`)

// semverOf returns a version of Go's ecosystem as x/mod/semver reads it, "" if it is none. It may
// begin with "v" or, as toolchains write it, with "go". Go's own pre-releases become semver ones
// in the manner of vuln.go.dev: 1.26rc1 is 1.26.0-rc.1.
func semverOf(v string) string {
	if len(v) > VersionBytesMax {
		return ""
	}
	v = strings.TrimPrefix(strings.TrimPrefix(v, "go"), "v")
	if m := goVersion.FindStringSubmatch(v); m != nil {
		v = m[1] + "." + m[2] + "." + cmp.Or(m[3], "0") + "-" + m[4] + "." + m[5]
	}
	return semver.Canonical("v" + v)
}

// CanonicalVersion returns a version as a record of ours has it: for Go without "v", with all three
// numbers, +incompatible kept and other build metadata left out. It is "" if the version is not
// valid.
func CanonicalVersion(ecosystem, v string) string {
	if !ValidVersion(ecosystem, v) {
		return ""
	}
	if ecosystem == Opam || v == First {
		return v
	}
	canonical := strings.TrimPrefix(semverOf(v), "v")
	if strings.HasSuffix(v, incompatible) {
		canonical += incompatible
	}
	return canonical
}

// incompatible marks a version of major 2 or more of a module whose path does not say so:
// https://go.dev/ref/mod#incompatible-versions
const incompatible = "+incompatible"

// ValidVersion tells whether a version can be put in order with others of its ecosystem.
func ValidVersion(ecosystem, v string) bool {
	if ecosystem == Opam {
		return len(v) <= VersionBytesMax && opamVersion.MatchString(v)
	}
	return v == First || semverOf(v) != ""
}

// CompareVersions returns -1, 0 or +1 as version a comes before b, is as old, or comes after it.
// Go's are semver (https://semver.org, build metadata such as +incompatible does not count), with
// or without "v", and the versions of Go itself for "stdlib" and "toolchain"; opam's are ordered as
// opam does (https://opam.ocaml.org/doc/Manual.html#version-ordering). First is before all others.
// A version that is not valid comes before all that are: ask ValidVersion first.
func CompareVersions(ecosystem, a, b string) int {
	if a == First || b == First {
		return cmp.Compare(rank(a), rank(b))
	}
	if ecosystem == Opam {
		return compareOpam(a, b)
	}
	return semver.Compare(semverOf(a), semverOf(b))
}

func rank(v string) int {
	if v == First {
		return 0
	}
	return 1
}

// compareOpam goes through both in turns: what is no digit, letter by letter, then a number.
func compareOpam(a, b string) int {
	for a != "" || b != "" {
		i, j := strings.IndexFunc(a, isDigit), strings.IndexFunc(b, isDigit)
		var wordA, wordB, numberA, numberB string
		wordA, a = split(a, i)
		wordB, b = split(b, j)
		if c := compareWords(wordA, wordB); c != 0 {
			return c
		}
		numberA, a = split(a, strings.IndexFunc(a, notDigit))
		numberB, b = split(b, strings.IndexFunc(b, notDigit))
		numberA, numberB = strings.TrimLeft(numberA, "0"), strings.TrimLeft(numberB, "0")
		c := cmp.Or(cmp.Compare(len(numberA), len(numberB)), cmp.Compare(numberA, numberB))
		if c != 0 {
			return c
		}
	}
	return 0
}

func isDigit(c rune) bool  { return c >= '0' && c <= '9' }
func notDigit(c rune) bool { return !isDigit(c) }

// split cuts s at i, or at its end if i is negative.
func split(s string, i int) (string, string) {
	if i < 0 {
		i = len(s)
	}
	return s[:i], s[i:]
}

// compareWords orders ~ before the end, the end before letters, letters before other signs.
func compareWords(a, b string) int {
	weight := func(s string, i int) int {
		switch {
		case i >= len(s):
			return 0
		case s[i] == '~':
			return -1
		case s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z':
			return int(s[i])
		}
		return int(s[i]) + 256
	}
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(weight(a, i), weight(b, i)); c != 0 {
			return c
		}
	}
	return 0
}
