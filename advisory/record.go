// Package advisory is security advisories as one writes them: one record, one Markdown file with a
// typed header. A directory of records is read by Load; what of it the public may see on a date is
// Collection.Public, and every exporter takes only that, so that a record which is not issued yet
// cannot reach a page, a feed, an index or a count.
package advisory

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Record is one advisory. Times are UTC, with seconds.
type Record struct {
	File       string // the path that it was read from, for findings
	ID         string // "ATOLL-2026-0001": prefix, year, serial number; imported records keep theirs
	Aliases    []string
	Related    []string
	Title      string
	Reported   time.Time // zero if not known
	Issued     time.Time // zero: not issued, exported nowhere
	Modified   time.Time // zero: as Issued
	Withdrawn  *Withdrawal
	Affected   []Affected
	Images     []Image
	Severity   []Severity
	CWE        []string // "CWE-416"
	Credits    []Credit
	References []Reference
	Imported   *Origin // nil: ours
	Sections   []Section

	lines map[string]int // of each value that was read, by its path in the header
}

// Equal tells whether two records say the same, wherever they were read from.
func (r *Record) Equal(o *Record) bool {
	a, b := *r, *o
	a.File, a.lines, b.File, b.lines = "", nil, "", nil
	return reflect.DeepEqual(a, b)
}

// Line returns the line of a value in the file, by its path as findings name it
// ("affected[0].module"), or of the nearest thing round it; 0 if the record was not read from a
// file. A section's heading is "section[0]", its text "section[0].text".
func (r *Record) Line(path string) int {
	for len(r.lines) > 0 {
		if line := r.lines[path]; line > 0 {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 1
		}
		path = path[:cut]
	}
	return 0
}

func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func sectionPath(i int) string { return indexed("section", i) }
func textPath(i int) string    { return sectionPath(i) + ".text" }

// Withdrawal says since when and why a record no longer holds.
type Withdrawal struct {
	Date   time.Time
	Reason string
}

// Ecosystems that a record can name.
const (
	Go   = "Go"   // module paths; also "stdlib" and "toolchain"
	Opam = "opam" // OCaml packages: history that was imported; their versions are no semver
)

// Ecosystems, CreditTypes and ReferenceTypes are the words that a record can use, OSV's
// (https://ossf.github.io/osv-schema/).
var (
	Ecosystems  = []string{Go, Opam}
	CreditTypes = []string{"FINDER", "REPORTER", "ANALYST", "COORDINATOR",
		"REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER", "REMEDIATION_VERIFIER", "TOOL", "SPONSOR",
		"OTHER"}
	ReferenceTypes = []string{"ADVISORY", "ARTICLE", "DETECTION", "DISCUSSION", "REPORT", "FIX",
		"INTRODUCED", "GIT", "PACKAGE", "EVIDENCE", "WEB"}
)

// Affected is a module and the versions of it that have the problem.
type Affected struct {
	Ecosystem string // Go, the default, or Opam
	Module    string // "example.org/mod", "stdlib", "toolchain", or a package's name in opam
	Ranges    []Range
	Packages  []Package // empty: the whole module
}

// Range is introduced <= version < fixed, without "v"; Introduced "0" is the first version of all,
// and an empty Fixed means that there is no fix. Semver for Go (https://semver.org).
type Range struct{ Introduced, Fixed string }

// Package is a package of a module, with the symbols that have the problem.
type Package struct {
	Path    string
	Symbols []string // "Func", "Type.Method"; empty: all
	GOOS    []string // empty: all
	GOARCH  []string
}

// Image is a bootable image that has the problem.
type Image struct {
	Name   string // as in its embedded bill of materials
	Ranges []Range
}

// Severity is a CVSS vector, of version 3.1 or 4.0.
type Severity struct{ Vector string }

// Credit thanks somebody. Type is one of CreditTypes.
type Credit struct {
	Name    string
	Type    string
	Contact []string // URLs
}

// Reference is a link. Type is one of ReferenceTypes.
type Reference struct{ Type, URL string }

// Origin is where an imported record comes from: history of another project, not ours.
type Origin struct {
	From    string // "MirageOS"
	URL     string
	Licence string // SPDX
}

// Section is a part of the text, in Markdown. The names of a record of ours, in this order:
// Description, Impact, Vulnerable systems, Mitigation, Resolution; then Updates, if there were any.
type Section struct{ Name, Text string }

// Section returns the text of a section, "" if there is none.
func (r *Record) Section(name string) string {
	for _, s := range r.Sections {
		if s.Name == name {
			return s.Text
		}
	}
	return ""
}

// Changed is the instant of the last change: Modified, the withdrawal or Issued.
func (r *Record) Changed() time.Time {
	last := r.Issued
	if r.Modified.After(last) {
		last = r.Modified
	}
	if r.Withdrawn != nil && r.Withdrawn.Date.After(last) {
		last = r.Withdrawn.Date
	}
	return last
}
