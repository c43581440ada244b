package osv

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/atoll-os/atoll/advisory"
)

// version is the field of an event that is set.
func (e Event) version() string {
	return cmp.Or(e.Introduced, e.Fixed, e.LastAffected, e.Limit)
}

// turn orders events at one version: what is fixed and introduced there is introduced, and what is
// introduced there is affected at least there.
func (e Event) turn() int {
	switch {
	case e.Introduced != "":
		return 1
	case e.LastAffected != "":
		return 2
	}
	return 0
}

// sorted returns the events of a range in order of version; others' are not always.
func (r *Range) sorted(ecosystem string) []Event {
	events := slices.Clone(r.Events)
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(advisory.CompareVersions(ecosystem, a.version(), b.version()),
			cmp.Compare(a.turn(), b.turn()))
	})
	return events
}

// judge tells why a range does not say which versions are affected; nil if it does.
func (r *Range) judge(p Package) error {
	if r.Type != kind(p.Ecosystem) {
		return fmt.Errorf("osv: %s: a range of type %s has no versions of %s", p.Name, r.Type,
			p.Ecosystem)
	}
	for _, e := range r.Events {
		if e.Limit != "" {
			return fmt.Errorf("osv: %s: a range with a limit", p.Name)
		}
		if !advisory.ValidVersion(p.Ecosystem, e.version()) {
			return fmt.Errorf("osv: %s: a range with the version %.200q", p.Name, e.version())
		}
	}
	return nil
}

// Contains tells whether a version has the problem; an error says why that cannot be told: no
// answer is not "no". No ranges and no versions stand for all versions. It follows the evaluation
// algorithm of https://ossf.github.io/osv-schema/#evaluation.
func (a *Affected) Contains(version string) (bool, error) {
	ecosystem := a.Package.Ecosystem
	if !slices.Contains(advisory.Ecosystems, ecosystem) {
		return false, fmt.Errorf("osv: %s: versions of %s cannot be put in order", a.Package.Name,
			ecosystem)
	}
	if !advisory.ValidVersion(ecosystem, version) {
		return false, fmt.Errorf("osv: %s: version %.200q cannot be put in order", a.Package.Name,
			version)
	}
	if len(a.Ranges) == 0 && len(a.Versions) == 0 {
		return true, nil
	}
	for _, v := range a.Versions {
		if v == version || advisory.CompareVersions(ecosystem, v, version) == 0 {
			return true, nil
		}
	}
	var unclear error
	for i := range a.Ranges {
		r := &a.Ranges[i]
		if err := r.judge(a.Package); err != nil {
			unclear = err
		} else if r.contains(ecosystem, version) {
			return true, nil
		}
	}
	return false, unclear
}

func (r *Range) contains(ecosystem, version string) bool {
	in := false
	for _, e := range r.sorted(ecosystem) {
		c := advisory.CompareVersions(ecosystem, version, e.version())
		switch {
		case e.Introduced != "" && c >= 0:
			in = true
		case e.Fixed != "" && c >= 0, e.LastAffected != "" && c > 0:
			in = false
		}
	}
	return in
}

// LastFixed returns the earliest version of a Go module after which no later version is affected;
// false if there is none, or if that cannot be told.
func (a *Affected) LastFixed() (string, bool) {
	if len(a.Ranges) == 0 || len(a.Versions) > 0 || a.Package.Ecosystem != advisory.Go {
		return "", false
	}
	last := ""
	for i := range a.Ranges {
		r := &a.Ranges[i]
		events := r.sorted(advisory.Go)
		if len(events) == 0 || r.judge(a.Package) != nil || events[len(events)-1].Fixed == "" {
			return "", false
		}
		v := events[len(events)-1].Fixed
		if last == "" || advisory.CompareVersions(advisory.Go, last, v) < 0 {
			last = v
		}
	}
	return last, true
}
