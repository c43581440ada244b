package check

import (
	"cmp"
	"slices"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// affects tells whether a version of a package is affected, by the algorithm of OSV
// (https://ossf.github.io/osv-schema/#evaluation). A doubt says why it may be all the same.
func affects(a *osv.Affected, version string) (yes bool, doubt string) {
	if coversAll(a) {
		return true, ""
	}
	eco := a.Package.Ecosystem
	for _, v := range a.Versions {
		if advisory.ValidVersion(eco, v) && advisory.CompareVersions(eco, v, version) == 0 {
			return true, ""
		}
	}
	judged := len(a.Versions) > 0
	for i := range a.Ranges {
		r := &a.Ranges[i]
		if r.Type != osv.Semver && r.Type != osv.Ecosystem {
			continue
		}
		judged = true
		inside, why := within(eco, r.Events, version)
		if inside {
			return true, ""
		}
		doubt = cmp.Or(doubt, why)
	}
	if !judged {
		doubt = "the advisory has no ranges of versions, only " + a.Ranges[0].Type
	}
	return false, doubt
}

// within tells whether a version lies between events. Where a version is both fixed and introduced
// it is affected.
func within(eco string, events []osv.Event, version string) (inside bool, doubt string) {
	for _, e := range events {
		if v := versionOf(e); e.Limit != "" || !advisory.ValidVersion(eco, v) {
			return false, "the advisory's range has " + quote(cmp.Or(v, e.Limit)) +
				", which cannot be put in order"
		}
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b osv.Event) int {
		return cmp.Or(advisory.CompareVersions(eco, versionOf(a), versionOf(b)),
			cmp.Compare(rank(a), rank(b)))
	})
	for _, e := range events {
		switch c := advisory.CompareVersions(eco, version, versionOf(e)); {
		case e.Introduced != "" && c >= 0:
			inside = true
		case e.Fixed != "" && c >= 0, e.LastAffected != "" && c > 0:
			inside = false
		}
	}
	return inside, ""
}

// rank puts events of the same version in order: what ends, what begins, then what is the last.
func rank(e osv.Event) int {
	switch {
	case e.Introduced != "":
		return 1
	case e.LastAffected != "":
		return 2
	}
	return 0
}

func versionOf(e osv.Event) string { return cmp.Or(e.Introduced, e.Fixed, e.LastAffected) }

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
			yes, doubt := affects(&about[i], f)
			free = free && !yes && doubt == ""
		}
		if free {
			return f
		}
	}
	return ""
}
