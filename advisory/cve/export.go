package cve

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Dir is where the drafts are, relative to the website's root: <id>.json, where the id is the one
// in OSV.
const Dir = "advisories/cve/"

// Why there is no draft for a record.
const (
	SkippedImported  = "is another project's, which asks for its own CVE"
	SkippedNothing   = "names no module and no image"
	SkippedWithdrawn = "was withdrawn and has no CVE id that could be rejected"
	SkippedSeveral   = "has several CVE ids, and does not say which is for what"
)

// Export writes a draft for every record of ours.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	for _, r := range p.Records() {
		id, reason := cveID(r)
		if reason != "" {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: reason})
			continue
		}
		if err := osv.Named(r); err != nil {
			return advisory.Output{}, fmt.Errorf("cve: %s: %w", r.File, err)
		}
		draft, err := build(&p.Project, r, id)
		if err != nil {
			return advisory.Output{}, fmt.Errorf("cve: %s: %s: %w", r.File, r.ID, err)
		}
		path := Dir + p.Project.ID(r) + ".json"
		out.Files = append(out.Files, advisory.File{Path: path, Data: draft.encode()})
	}
	return out, nil
}

var cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// cveID returns the CVE id of a record, a placeholder if it has none yet, or the reason why there
// is no draft.
func cveID(r *advisory.Record) (id, reason string) {
	var ids []string
	for _, a := range r.Aliases {
		if cveForm.MatchString(a) && !slices.Contains(ids, a) {
			ids = append(ids, a)
		}
	}
	switch {
	case r.Imported != nil:
		return "", SkippedImported
	case len(r.Affected) == 0 && len(r.Images) == 0:
		return "", SkippedNothing
	case len(ids) > 1:
		return "", SkippedSeveral
	case len(ids) == 0 && r.Withdrawn != nil:
		return "", SkippedWithdrawn
	case len(ids) == 0:
		return placeholder(r), ""
	}
	return ids[0], ""
}

// placeholder is a CVE id that is never given out: the numbers begin with 0001.
func placeholder(r *advisory.Record) string {
	return fmt.Sprintf("CVE-%04d-0000", r.Issued.UTC().Year())
}
