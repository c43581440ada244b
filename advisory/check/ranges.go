package check

import (
	"slices"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// coversAll tells whether every version is affected, that of today and that of tomorrow.
func coversAll(a *osv.Affected) bool {
	if len(a.Ranges) == 0 {
		return len(a.Versions) == 0
	}
	for _, r := range a.Ranges {
		if (r.Type == osv.Semver || r.Type == osv.Ecosystem) && len(r.Events) == 1 &&
			r.Events[0].Introduced == advisory.First {
			return true
		}
	}
	return false
}

// fixedAfter returns the first version after this one that is fixed and not affected by anything
// in the list, "" if there is none. An empty version is before all.
func fixedAfter(about []osv.Affected, version string) string {
	eco := about[0].Package.Ecosystem
	if version == "" {
		version = advisory.First
	}
	var fixes []string
	for _, a := range about {
		for _, r := range a.Ranges {
			for _, e := range r.Events {
				if advisory.ValidVersion(eco, e.Fixed) &&
					advisory.CompareVersions(eco, e.Fixed, version) > 0 {
					fixes = append(fixes, e.Fixed)
				}
			}
		}
	}
	slices.SortFunc(fixes, func(a, b string) int { return advisory.CompareVersions(eco, a, b) })
	for _, f := range fixes {
		free := true
		for i := range about {
			yes, err := about[i].Contains(f)
			free = free && !yes && err == nil
		}
		if free {
			return f
		}
	}
	return ""
}
