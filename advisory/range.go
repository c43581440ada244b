package advisory

import "slices"

// Contains tells whether a version has the problem. No ranges are all versions. A version that is
// not valid counts as having it: who wants to say "unknown" asks ValidVersion first.
func (a *Affected) Contains(version string) bool {
	return contains(a.Ecosystem, a.Ranges, version)
}

// Contains tells whether an image of a version has the problem, as Affected.Contains does.
func (i *Image) Contains(version string) bool { return contains(Go, i.Ranges, version) }

func contains(ecosystem string, ranges []Range, version string) bool {
	if len(ranges) == 0 || !ValidVersion(ecosystem, version) {
		return true
	}
	for _, r := range ranges {
		if CompareVersions(ecosystem, version, r.Introduced) >= 0 &&
			(r.Fixed == "" || CompareVersions(ecosystem, version, r.Fixed) < 0) {
			return true
		}
	}
	return false
}

// MergeRanges puts ranges in order, and makes one of those that overlap or touch. None stand for
// all versions.
func MergeRanges(ecosystem string, ranges []Range) []Range {
	if len(ranges) == 0 {
		return []Range{{Introduced: First}}
	}
	sorted := slices.Clone(ranges)
	slices.SortStableFunc(sorted, func(a, b Range) int {
		return CompareVersions(ecosystem, a.Introduced, b.Introduced)
	})
	merged := sorted[:1]
	for _, r := range sorted[1:] {
		last := &merged[len(merged)-1]
		switch {
		case last.Fixed == "": // it has all later ones in it
		case CompareVersions(ecosystem, last.Fixed, r.Introduced) < 0:
			merged = append(merged, r)
		case r.Fixed == "" || CompareVersions(ecosystem, last.Fixed, r.Fixed) < 0:
			last.Fixed = r.Fixed
		}
	}
	return merged
}
