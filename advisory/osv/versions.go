package osv

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/advisory"
)

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
	if full == "" || len(v) > advisory.VersionBytesMax {
		return "", fmt.Errorf("osv: read version %.200q: no semver", version)
	}
	return full[1:] + semver.Build("v"+v), nil
}

// kind is the type of an ecosystem's ranges.
func kind(ecosystem string) string {
	if ecosystem == advisory.Go {
		return Semver
	}
	return Ecosystem
}

// Ranges returns a record's ranges as one range of OSV: sorted, and those that overlap or touch
// made one, since a reader takes the events of a range one after the other. None stand for all
// versions. The first event is always that it is introduced.
func Ranges(ecosystem string, list []advisory.Range) ([]Range, error) {
	out := Range{Type: kind(ecosystem)}
	var spelled []advisory.Range
	for _, r := range list {
		s, err := spell(ecosystem, r)
		if err != nil {
			return nil, err
		}
		spelled = append(spelled, s)
	}
	for _, r := range advisory.MergeRanges(ecosystem, spelled) {
		out.Events = append(out.Events, Event{Introduced: r.Introduced})
		if r.Fixed != "" {
			out.Events = append(out.Events, Event{Fixed: r.Fixed})
		}
	}
	return []Range{out}, nil
}

// spell returns a range with its versions as they are written. A range in which no version lies is
// an error, since it would hide what its author meant.
func spell(ecosystem string, r advisory.Range) (advisory.Range, error) {
	if r.Introduced == "" {
		r.Introduced = advisory.First
	}
	for _, v := range []*string{&r.Introduced, &r.Fixed} {
		switch {
		case *v == "" || *v == advisory.First:
		case ecosystem == advisory.Go:
			full, err := Version(*v)
			if err != nil {
				return r, fmt.Errorf("version %.200q is no semver", *v)
			}
			*v = full
		case !advisory.ValidVersion(ecosystem, *v):
			return r, fmt.Errorf("version %.200q is none of %s", *v, ecosystem)
		}
	}
	if r.Fixed != "" && advisory.CompareVersions(ecosystem, r.Introduced, r.Fixed) >= 0 {
		return r, fmt.Errorf("no version lies between introduced %q and fixed %q",
			r.Introduced, r.Fixed)
	}
	return r, nil
}
