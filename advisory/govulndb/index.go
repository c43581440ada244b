package govulndb

import (
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Module is what index/modules.json says about a module.
type Module struct {
	Path  string `json:"path"`
	Vulns []Vuln `json:"vulns"`
}

// Vuln is an entry about a module. From version Fixed on no version is affected, so a reader need
// not fetch the entry; it is empty if there is no such version.
type Vuln struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"`
}

// Meta is what index/vulns.json says about an entry.
type Meta struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
}

// database is index/db.json.
type database struct {
	Modified time.Time `json:"modified"`
}

// index makes the three indexes of entries, which are sorted by id.
func index(items []osv.Item) (db database, modules []Module, metas []Meta) {
	modules, metas = []Module{}, []Meta{}
	at := map[string]int{} // where a module is in modules
	for _, item := range items {
		e := item.Entry
		if e.Modified.After(db.Modified) {
			db.Modified = e.Modified
		}
		metas = append(metas, Meta{e.ID, e.Modified, e.Aliases})
		for _, a := range e.Affected {
			path := a.Package.Name
			if a.Package.Ecosystem != advisory.Go {
				continue
			}
			i, ok := at[path]
			if !ok {
				i = len(modules)
				at[path] = i
				modules = append(modules, Module{Path: path})
			}
			m := &modules[i]
			if n := len(m.Vulns); n > 0 && m.Vulns[n-1].ID == e.ID {
				continue // an entry may name a module more than once
			}
			m.Vulns = append(m.Vulns, Vuln{e.ID, e.Modified, fixed(e, path)})
		}
	}
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return db, modules, metas
}

// fixed returns the earliest version of a module after which no later version is affected, by all
// that the entry says about the module; "" if there is none, or if it is not certain: readers
// take an entry with a lower version as if it were not there.
func fixed(e *osv.Entry, path string) string {
	last := ""
	for i := range e.Affected {
		a := &e.Affected[i]
		if a.Package.Name != path || a.Package.Ecosystem != advisory.Go {
			continue
		}
		v, ok := a.LastFixed()
		if !ok {
			return ""
		}
		if last == "" || advisory.CompareVersions(advisory.Go, last, v) < 0 {
			last = v
		}
	}
	return last
}
