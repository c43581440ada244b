package site

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

type recordPage struct {
	frame
	Record   *advisory.Record
	Rating   string
	Score    string
	Affected []affectedRow
	Sections []section
	Formats  []format
	Weakness []link
	Commands []string
}

// affectedRow is a module or an image of the list of what has the problem.
type affectedRow struct {
	Name     string
	Page     string // of the module, empty for an image
	Kind     string // "Go module", "opam package", "image"
	Versions []string
	Packages []advisory.Package
}

// section is a part of a record's text.
type section struct {
	Name string
	Body template.HTML
}

// format is a file that holds the record for machines.
type format struct{ Name, Path string }

// link is an address with its text.
type link struct{ Text, URL string }

// reserved are ids that would take the place of something else below advisories/.
var reserved = []string{"module", "year", "go", "osv", "text", "vex", "cve"}

// canBeAddress tells whether an id can be the name of a page's folder.
func canBeAddress(id string) bool {
	return advisory.ValidID(id) && !slices.Contains(reserved, lower(id))
}

// addRecord makes the page of one advisory at its permalink.
func (b *builder) addRecord(r *advisory.Record) error {
	if !canBeAddress(r.ID) {
		return fmt.Errorf("site: %s: %q cannot be the id of a page", r.File, r.ID)
	}
	p := recordPage{Record: r, Formats: b.formats(r)}
	p.frame = b.frame(listFolder+r.ID+"/", r.ID+": "+r.Title, r.Title)
	p.Rating, p.Score = ratingOf(r)
	for _, a := range r.Affected {
		at, err := modulePath(a)
		if err != nil {
			return fmt.Errorf("site: %s: %w", r.File, err)
		}
		p.Affected = append(p.Affected, affectedRow{a.Module, at, kindOf(a.Ecosystem),
			rangesInWords(a.Ranges), a.Packages})
	}
	for _, i := range r.Images {
		p.Affected = append(p.Affected, affectedRow{Name: i.Name, Kind: "image",
			Versions: rangesInWords(i.Ranges)})
	}
	for _, c := range r.CWE {
		p.Weakness = append(p.Weakness, link{c, "https://cwe.mitre.org/data/definitions/" +
			strings.TrimPrefix(c, "CWE-") + ".html"})
	}
	tables := 0
	for _, s := range r.Sections {
		body, _, err := b.markdown.html([]byte(s.Text), style{level: 3, tables: &tables,
			link: onlyWeb})
		if err != nil {
			return fmt.Errorf("site: %s: section %s: %w", r.File, s.Name, err)
		}
		p.Sections = append(p.Sections, section{s.Name, body})
	}
	p.Commands = b.commands(r)
	return b.addPage("record", p.Path, p)
}

// onlyWeb lets a record's links lead out into the web, and nowhere else.
func onlyWeb(to string) (target, bool) { return target{url: to}, frame{}.Web(to) }

// kindOf says what an ecosystem calls its modules.
func kindOf(ecosystem string) string {
	if ecosystem == advisory.Opam {
		return "opam package"
	}
	return "Go module"
}

// rangesInWords says which versions have the problem, one line for each range.
func rangesInWords(ranges []advisory.Range) (list []string) {
	if len(ranges) == 0 {
		return []string{"all versions"}
	}
	for _, r := range ranges {
		first := r.Introduced == "" || r.Introduced == advisory.First
		switch {
		case first && r.Fixed == "":
			list = append(list, "all versions")
		case first:
			list = append(list, "before "+r.Fixed)
		case r.Fixed == "":
			list = append(list, "from "+r.Introduced+", no fix yet")
		default:
			list = append(list, "from "+r.Introduced+", before "+r.Fixed)
		}
	}
	return list
}

// formats returns the files that hold a record, as far as they were exported.
func (b *builder) formats(r *advisory.Record) (list []format) {
	id := b.project.ID(r)
	year := r.Issued.Format("2006")
	for _, f := range []format{
		{"Text", "advisories/text/" + r.ID + ".txt"},
		{"Signed text", "advisories/text/" + r.ID + ".txt.asc"},
		{"OSV", "advisories/osv/" + id + ".json"},
		{"Go vulnerability database", "advisories/go/ID/" + id + ".json"},
		{"CSAF 2.0", ".well-known/csaf/white/" + year + "/" + strings.ToLower(r.ID) + ".json"},
		{"OpenVEX", "advisories/vex/" + id + ".openvex.json"},
		{"CVE record (draft)", "advisories/cve/" + id + ".json"},
	} {
		if b.exported[f.Path] {
			list = append(list, f)
		}
	}
	return list
}

// commands are what somebody types to find out whether a program has the problem.
func (b *builder) commands(r *advisory.Record) []string {
	inGo := slices.ContainsFunc(r.Affected, func(a advisory.Affected) bool {
		return a.Ecosystem != advisory.Opam
	})
	if !inGo || r.Withdrawn != nil || !b.exported[goIndex] {
		return nil
	}
	return b.checkCommands()
}

// goIndex is there if the Go vulnerability database was exported.
const goIndex = "advisories/go/index/db.json"

func (b *builder) checkCommands() []string {
	return []string{
		"atoll advisory check . --db " + b.project.BaseURL,
		"govulncheck -db=" + b.project.BaseURL + "/advisories/go ./...",
	}
}

// Day is a date as pages write it, "" for none.
func (p recordPage) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(dateLayout)
}

// Systems says on which systems a package has the problem, "" for all.
func (p recordPage) Systems(k advisory.Package) string {
	return strings.Join(slices.DeleteFunc([]string{strings.Join(k.GOOS, " or "),
		strings.Join(k.GOARCH, " or ")}, func(s string) bool { return s == "" }), ", ")
}

// Kind says what a reference is.
func (p recordPage) Kind(kind string) string {
	first, size := utf8.DecodeRuneInString(kind)
	if size == 0 {
		return "Link"
	}
	return string(first) + strings.ToLower(kind[size:])
}

// Role says what somebody is thanked for.
func (p recordPage) Role(kind string) string {
	return strings.ToLower(strings.ReplaceAll(kind, "_", " "))
}
