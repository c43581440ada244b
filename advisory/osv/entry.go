// Package osv writes and reads advisories in the OSV format (https://ossf.github.io/osv-schema),
// the one that osv-scanner, osv.dev and, as a dialect, govulncheck read.
//
// What it writes says schema_version 1.8.0, the first in which the ids of a database of one's own
// ("x_…") are valid, but has only fields that 1.7 had: readers that are strict about fields drop a
// record whole, and silently, if it has one that they do not know.
package osv

import "time"

// SchemaVersion is what every record says that it was made for.
const SchemaVersion = "1.8.0"

// The fields stand in the order in which they are written; pointers and slices are left out when
// they are nil.

// Entry is one record. Times are UTC.
type Entry struct {
	SchemaVersion    string            `json:"schema_version,omitempty"`
	ID               string            `json:"id"`
	Modified         time.Time         `json:"modified"`
	Published        *time.Time        `json:"published,omitempty"`
	Withdrawn        *time.Time        `json:"withdrawn,omitempty"`
	Aliases          []string          `json:"aliases,omitempty"`
	Related          []string          `json:"related,omitempty"`
	Summary          string            `json:"summary,omitempty"`
	Details          string            `json:"details,omitempty"`
	Severity         []Severity        `json:"severity,omitempty"`
	Affected         []Affected        `json:"affected,omitempty"`
	References       []Reference       `json:"references,omitempty"`
	Credits          []Credit          `json:"credits,omitempty"`
	DatabaseSpecific *DatabaseSpecific `json:"database_specific,omitempty"`
}

// Severity is a vector; Type is CVSS_V3 or CVSS_V4 in ours, and also CVSS_V2 or Ubuntu in others'.
type Severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

// Affected is a package and its versions that have the problem. What OSV calls a package is a
// module in ecosystem Go.
type Affected struct {
	Package           Package            `json:"package"`
	Ranges            []Range            `json:"ranges,omitempty"`
	Versions          []string           `json:"versions,omitempty"` // not in ours
	EcosystemSpecific *EcosystemSpecific `json:"ecosystem_specific,omitempty"`
}

// Package names a module; "stdlib" and "toolchain" are modules too.
type Package struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	PURL      string `json:"purl,omitempty"`
}

// Types of ranges. Others' records may also have GIT.
const (
	Semver    = "SEMVER"    // ordered as https://semver.org says: Go's
	Ecosystem = "ECOSYSTEM" // ordered as the ecosystem does: opam's
)

// Range is a list of events, sorted by version.
type Range struct {
	Type   string  `json:"type"`
	Repo   string  `json:"repo,omitempty"` // not in ours
	Events []Event `json:"events"`
}

// Event is a version at which something changes; exactly one field is set. Introduced "0" is the
// first version of all. Ours have only Introduced and Fixed.
type Event struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// EcosystemSpecific is what the Go vulnerability database adds: packages and symbols. Without it
// the whole module has the problem.
type EcosystemSpecific struct {
	Imports []Import `json:"imports,omitempty"`
}

// Import is a Go package; empty lists stand for everything.
type Import struct {
	Path    string   `json:"path"`
	GOOS    []string `json:"goos,omitempty"`
	GOARCH  []string `json:"goarch,omitempty"`
	Symbols []string `json:"symbols,omitempty"`
}

// Reference is a link; the types are those of advisory.Reference.
type Reference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// Credit thanks somebody; the types are those of advisory.Credit.
type Credit struct {
	Name    string   `json:"name"`
	Contact []string `json:"contact,omitempty"`
	Type    string   `json:"type,omitempty"`
}

// DatabaseSpecific is what OSV has no field for. govulncheck ends in a fault if a record has none:
// it shows URL under "More info".
type DatabaseSpecific struct {
	URL             string   `json:"url,omitempty"`
	ReviewStatus    string   `json:"review_status,omitempty"` // REVIEWED; others' may be UNREVIEWED
	Severity        string   `json:"severity,omitempty"`      // NONE, LOW, MEDIUM, HIGH, CRITICAL
	CWE             []string `json:"cwe_ids,omitempty"`
	WithdrawnReason string   `json:"withdrawn_reason,omitempty"`
	Images          []Image  `json:"images,omitempty"`
	Imported        *Origin  `json:"imported,omitempty"`
}

// Image is a bootable image that has the problem; no ecosystem of OSV has such.
type Image struct {
	Name   string  `json:"name"`
	Ranges []Range `json:"ranges"`
}

// Origin marks history that was imported from another project.
type Origin struct {
	From    string `json:"from"`
	URL     string `json:"url,omitempty"`
	Licence string `json:"license,omitempty"` // SPDX
}
