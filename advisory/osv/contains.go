package osv

import (
	"fmt"
	"slices"

	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/advisory"
)

// CompareSemver orders versions of events in ranges of type Semver; First is before all others.
func CompareSemver(a, b string) int {
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

// version is the one field of an event that is set.
func (e Event) version() string {
	switch {
	case e.Introduced != "":
		return e.Introduced
	case e.Fixed != "":
		return e.Fixed
	case e.LastAffected != "":
		return e.LastAffected
	}
	return e.Limit
}

// sorted returns the events of a range in order of version; others' are not always. Where a version
// is fixed and introduced it is introduced last, so it is affected.
func (r *Range) sorted(order func(a, b string) int) []Event {
	events := slices.Clone(r.Events)
	slices.SortStableFunc(events, func(a, b Event) int {
		if c := order(a.version(), b.version()); c != 0 {
			return c
		}
		return boolean(a.Introduced != "") - boolean(b.Introduced != "")
	})
	return events
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// judgeable tells why the ranges do not say by themselves which versions are affected.
func (a *Affected) judgeable() error {
	if len(a.Versions) > 0 {
		return fmt.Errorf("osv: %s: versions are listed one by one", a.Package.Name)
	}
	kind := Semver
	if a.Package.Ecosystem != advisory.Go {
		kind = Ecosystem
	}
	for i := range a.Ranges {
		if a.Ranges[i].Type != kind {
			return fmt.Errorf("osv: %s: a range of type %s", a.Package.Name, a.Ranges[i].Type)
		}
		for _, e := range a.Ranges[i].Events {
			if e.Limit != "" {
				return fmt.Errorf("osv: %s: a range with a limit", a.Package.Name)
			}
		}
	}
	return nil
}

// LastFixed returns the earliest version of a Go module after which no later version is affected;
// false if there is none or if that cannot be told.
func (a *Affected) LastFixed() (string, bool) {
	if len(a.Ranges) == 0 || a.Package.Ecosystem != advisory.Go || a.judgeable() != nil {
		return "", false
	}
	last := ""
	for i := range a.Ranges {
		events := a.Ranges[i].sorted(CompareSemver)
		if len(events) == 0 || events[len(events)-1].Fixed == "" {
			return "", false
		}
		v := events[len(events)-1].Fixed
		if last == "" || CompareSemver(last, v) < 0 {
			last = v
		}
	}
	return last, true
}
