// Package feed exports advisories as Atom feeds (RFC 4287): one of all, and one for each module.
// Ids are addresses that never change: a feed's that of itself, an entry's its permalink.
package feed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// Where the files are, relative to the website's root.
const (
	Path      = "advisories/feed.atom"
	ModuleDir = "advisories/module/"
)

// Limits of a feed: readers fetch it often, and want what is new.
const (
	EntriesMax      = 500      // the last changed
	ContentBytesMax = 16 << 10 // of an entry's text
)

// SkippedOld is why a record is in no feed.
var SkippedOld = fmt.Sprintf("is not among the %d last changed, and has no module with a feed",
	EntriesMax)

// SkippedID is why a record is in no feed.
const SkippedID = "its id cannot be part of an address"

// PathOf is where a module's feed is; false if it can have none.
func PathOf(a *advisory.Affected) (string, bool) {
	folder, ok := a.Folder()
	return ModuleDir + folder + "/feed.atom", ok
}

// Export makes the feeds.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	var all []*advisory.Record
	for _, r := range p.Records() {
		if !advisory.ValidID(r.ID) {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: SkippedID})
			continue
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b *advisory.Record) int {
		return cmp.Or(b.Changed().Compare(a.Changed()), strings.Compare(a.ID, b.ID))
	})
	w := &writer{public: p}
	out.Files = append(out.Files, w.feed(Path, "", all))
	modules := map[string]*module{}
	var paths []string
	for _, r := range all {
		for i := range r.Affected {
			path, ok := PathOf(&r.Affected[i])
			if !ok {
				continue
			}
			m := modules[path]
			if m == nil {
				m = &module{name: r.Affected[i].Module}
				modules[path] = m
				paths = append(paths, path)
			}
			if n := len(m.records); n == 0 || m.records[n-1] != r {
				m.records = append(m.records, r)
			}
		}
	}
	slices.Sort(paths)
	has := map[*advisory.Record]bool{}
	for _, path := range paths {
		m := modules[path]
		for _, r := range newest(m.records) {
			has[r] = true
		}
		out.Files = append(out.Files, w.feed(path, m.name, m.records))
	}
	for _, r := range all[min(len(all), EntriesMax):] {
		if !has[r] {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: SkippedOld})
		}
	}
	return out, nil
}

// module is what its feed is about.
type module struct {
	name    string
	records []*advisory.Record // the last changed first
}

// newest are the records that a feed of all these has.
func newest(records []*advisory.Record) []*advisory.Record {
	return records[:min(len(records), EntriesMax)]
}
