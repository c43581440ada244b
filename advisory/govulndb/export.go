// Package govulndb writes and reads Go vulnerability databases, version 1 of their format
// (https://go.dev/security/vuln/database), which is what govulncheck's -db takes.
//
// A database is a tree of files: index/db.json, index/modules.json, index/vulns.json and, for each
// entry, ID/<id>.json, each also with .gz, and vulndb.zip with all of them. Over HTTP govulncheck
// asks for index/modules.json.gz with HEAD, then gets .gz files; a server must serve these as they
// are, without Content-Encoding, or they arrive unpacked and are refused.
package govulndb

import (
	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Dir is where the database is, relative to the website's root.
const Dir = "advisories/go/"

// SkippedOpam is why a record of opam packages alone is in no Go database.
const SkippedOpam = "names packages of opam only, which a Go vulnerability database cannot have"

// Export writes the database of all records that name a Go module or an image. Of a record that
// names packages of opam too it has the Go modules.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	items, skipped, err := Items(p)
	if err != nil {
		return out, err
	}
	out.Skipped = skipped
	out.Files, err = Files(items)
	return out, err
}

// Items makes the entries of a database without writing it, for merging with another's by Files.
func Items(p *advisory.Public) ([]osv.Item, []advisory.Skip, error) {
	var items []osv.Item
	var skipped []advisory.Skip
	for _, r := range p.Records() {
		e, err := osv.Build(&p.Project, r)
		if err != nil {
			return nil, nil, err
		}
		e.Affected = onlyGo(e.Affected)
		if e.Affected == nil && len(e.DatabaseSpecific.Images) == 0 {
			skipped = append(skipped, advisory.Skip{ID: r.ID, Reason: reason(r)})
			continue
		}
		items = append(items, osv.Item{Entry: e, JSON: e.Append(nil)})
	}
	return items, skipped, nil
}

// reason says why a record has no entry.
func reason(r *advisory.Record) string {
	if len(r.Affected) > 0 {
		return SkippedOpam
	}
	return SkippedNothing
}

// SkippedNothing is why a record that says nothing about versions is in no database.
const SkippedNothing = "names no module and no image"

func onlyGo(list []osv.Affected) []osv.Affected {
	var out []osv.Affected
	for _, a := range list {
		if a.Package.Ecosystem == advisory.Go {
			out = append(out, a)
		}
	}
	return out
}
