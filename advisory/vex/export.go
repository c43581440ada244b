package vex

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Dir is where the documents are, relative to the website's root: <id>.openvex.json, where the id
// is the one in OSV.
const Dir = "advisories/vex/"

// Why there is no document for a record.
const (
	SkippedImported = "is another project's, whose products are not ours to make statements on"
	SkippedNothing  = "names no module and no image"
)

// Export writes a document for every record of ours.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	for _, r := range p.Records() {
		reason := ""
		switch {
		case r.Imported != nil:
			reason = SkippedImported
		case len(r.Affected) == 0 && len(r.Images) == 0:
			reason = SkippedNothing
		}
		if reason != "" {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: reason})
			continue
		}
		d, err := Build(&p.Project, r)
		if err != nil {
			return advisory.Output{}, err
		}
		path := Dir + p.Project.ID(r) + ".openvex.json"
		out.Files = append(out.Files, advisory.File{Path: path, Data: d.Append(nil)})
	}
	return out, nil
}

// Build makes the document of a record. Of each module and image the versions that have the
// problem are affected, and those with which it was fixed are fixed. Of a withdrawn record all
// versions are not affected. There is no statement on the versions before it was introduced: who
// does not know the qualifier of a range would take "not affected" for all.
func Build(p *advisory.Project, r *advisory.Record) (*Document, error) {
	e, err := osv.Build(p, r)
	if err != nil {
		return nil, fmt.Errorf("vex: %w", err)
	}
	d := &Document{
		Context:   Context,
		ID:        p.BaseURL + "/" + Dir + e.ID + ".openvex.json",
		Author:    p.Name,
		Role:      p.Category,
		Timestamp: *e.Published,
		Version:   len(r.Revisions()),
	}
	if e.Modified.After(d.Timestamp) {
		d.LastUpdated = &e.Modified
	}
	v := Vulnerability{p.Permalink(r), r.ID, others(e, r.ID)}
	things, err := things(r)
	if err != nil {
		return nil, fmt.Errorf("vex: %s: %s: %w", r.File, r.ID, err)
	}
	if r.Withdrawn != nil {
		var all []Product
		for _, t := range things {
			all = append(all, product(t.purl("", "")))
		}
		d.Statements = []Statement{{Vulnerability: v, Products: all, Status: NotAffected,
			ImpactStatement: "Withdrawn: " + r.Withdrawn.Reason}}
		return d, nil
	}
	var after []Product
	for _, t := range things {
		d.Statements = append(d.Statements, Statement{Vulnerability: v, Status: Affected,
			Products:        []Product{product(t.purl("", t.affected()))},
			ActionStatement: t.action(p.Permalink(r))})
		for _, version := range t.fixes() {
			after = append(after, product(t.purl(version, "")))
		}
	}
	if after != nil {
		d.Statements = append(d.Statements, Statement{Vulnerability: v, Status: Fixed,
			Products: unique(after)})
	}
	return d, nil
}

// others is the entry's ids but one.
func others(e *osv.Entry, id string) []string {
	list := append([]string{e.ID}, e.Aliases...)
	list = slices.DeleteFunc(list, func(a string) bool { return a == id })
	slices.Sort(list)
	return slices.Compact(list)
}

func product(purl string) Product {
	return Product{Component: Component{ID: purl, Identifiers: &Identifiers{purl}}}
}

// unique leaves out products that a record names more than once, as a document must.
func unique(list []Product) []Product {
	slices.SortFunc(list, func(a, b Product) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(list, func(a, b Product) bool { return a.ID == b.ID })
}
