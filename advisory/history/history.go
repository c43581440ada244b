// Package history reads other projects' advisories as records of ours: what happened before, kept
// with its origin, and never published as our own. Each reader takes one source form:
//
//	OSEC    an entry of the OCaml security team's database, in OSV's JSON
//	MSA     the text of a MirageOS security advisory, 2016 to 2022
//	XSA     the Xen Project's index of advisories, xsa.json: facts without texts
//	Vulndb  a mirror of the Go vulnerability database, which stays a database and is merged with ours
//
// A reader returns records, and as findings what is odd about the source and how it was taken: the
// person who imports decides. Disagreements compares records of the same problem.
package history

import (
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// SourceBytesMax is the size of the longest source of one record.
const SourceBytesMax = 256 << 10

// NoLicence is what Origin.Licence says where a source does not give one: facts were taken, which
// nobody owns. It is SPDX's word for "nothing is claimed".
const NoLicence = "NOASSERTION"

// notes collects what is odd about a source.
type notes struct {
	file, id string
	list     []advisory.Finding
}

func (n *notes) add(hint, format string, args ...any) {
	n.list = append(n.list, advisory.Finding{File: n.file, ID: n.id,
		Message: fmt.Sprintf(format, args...), Hint: hint})
}

// writable returns the error of a record that could not be written down and read again: a source
// can have what a record cannot, such as control characters.
func writable(r *advisory.Record) error {
	if _, found := advisory.Parse(r.ID, r.Append(nil)); len(found) > 0 {
		return fmt.Errorf("what comes of it is no record: %s", found[0])
	}
	return nil
}

// sectionNames are the names that sources give to what our sections are called.
var sectionNames = map[string]string{
	"background":           "Description",
	"problem description":  "Description",
	"summary":              "Description",
	"detailed description": "Description",
	"workaround":           "Mitigation",
	"solution":             "Resolution",
	"fix":                  "Resolution",
	"scope":                "Vulnerable systems",
}

// addSection adds a text under our name for it. Texts of one name are joined, in their order.
func addSection(r *advisory.Record, name, text string) {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	text = strings.Trim(strings.Join(lines, "\n"), "\n")
	if text == "" {
		return
	}
	if ours, ok := sectionNames[strings.ToLower(name)]; ok {
		name = ours
	}
	for i := range r.Sections {
		if r.Sections[i].Name == name {
			r.Sections[i].Text += "\n\n" + text
			return
		}
	}
	r.Sections = append(r.Sections, advisory.Section{Name: name, Text: text})
}
