package osv

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/advisory"
)

// First is the version before all others in an event.
const First = "0"

// goRelease is a Go release that is no semver as it stands: "1.26rc1", "1.21beta2".
var goRelease = regexp.MustCompile(`^([0-9]+\.[0-9]+)(\.[0-9]+)?(beta|rc)([0-9]+)$`)

// Version returns a version of a Go module, or of the standard library or the toolchain, as the Go
// vulnerability database spells it: semver in full without "v", so "1.26rc1" is "1.26.0-rc.1" and
// "1.21" is "1.21.0". A leading "v" or "go" is left out.
func Version(version string) (string, error) {
	v := strings.TrimPrefix(strings.TrimPrefix(version, "go"), "v")
	if m := goRelease.FindStringSubmatch(v); m != nil {
		patch := m[2]
		if patch == "" {
			patch = ".0"
		}
		v = m[1] + patch + "-" + m[3] + "." + m[4]
	}
	full := semver.Canonical("v" + v)
	if full == "" {
		return "", fmt.Errorf("osv: read version %q: no semver", version)
	}
	return full[1:] + semver.Build("v"+v), nil
}

// compare orders versions of events in an ecosystem: First is before all.
func compare(ecosystem, a, b string) int {
	switch {
	case a == b:
		return 0
	case a == First:
		return -1
	case b == First:
		return 1
	}
	return semver.Compare("v"+a, "v"+b)
}

// ranges returns a record's ranges as one range of OSV: sorted, and those that overlap or touch
// made one, since a reader takes the events of a range one after the other. None stand for all
// versions.
func ranges(ecosystem string, list []advisory.Range) ([]Range, error) {
	kind := Semver
	if ecosystem != advisory.Go {
		kind = Ecosystem
	}
	if len(list) == 0 {
		return []Range{{Type: kind, Events: []Event{{Introduced: First}}}}, nil
	}
	var spelled []advisory.Range
	for _, r := range list {
		s, err := spell(ecosystem, r)
		if err != nil {
			return nil, err
		}
		spelled = append(spelled, s)
	}
	slices.SortStableFunc(spelled, func(a, b advisory.Range) int {
		return compare(ecosystem, a.Introduced, b.Introduced)
	})
	merged := spelled[:1]
	for _, r := range spelled[1:] {
		last := &merged[len(merged)-1]
		switch {
		case last.Fixed != "" && compare(ecosystem, last.Fixed, r.Introduced) < 0:
			merged = append(merged, r)
		case last.Fixed == "":
		case r.Fixed == "" || compare(ecosystem, last.Fixed, r.Fixed) < 0:
			last.Fixed = r.Fixed
		}
	}
	out := Range{Type: kind}
	for _, r := range merged {
		out.Events = append(out.Events, Event{Introduced: r.Introduced})
		if r.Fixed != "" {
			out.Events = append(out.Events, Event{Fixed: r.Fixed})
		}
	}
	return []Range{out}, nil
}

// spell returns a range with its versions as they are written; a range in which no version lies is
// an error, since it would hide what its author meant.
func spell(ecosystem string, r advisory.Range) (advisory.Range, error) {
	if r.Introduced == "" {
		r.Introduced = First
	}
	if ecosystem == advisory.Go {
		var err error
		if r.Introduced != First {
			if r.Introduced, err = Version(r.Introduced); err != nil {
				return r, err
			}
		}
		if r.Fixed != "" {
			if r.Fixed, err = Version(r.Fixed); err != nil {
				return r, err
			}
		}
	}
	if r.Fixed != "" && compare(ecosystem, r.Introduced, r.Fixed) >= 0 {
		return r, fmt.Errorf("osv: no version lies between introduced %q and fixed %q",
			r.Introduced, r.Fixed)
	}
	return r, nil
}
