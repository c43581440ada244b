package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Status is what a verdict says.
type Status string

// Statuses, in the order of their weight.
const (
	Affected    Status = "affected"
	Unknown     Status = "unknown"
	NotAffected Status = "not affected"
)

// statuses in the order of their weight: what has to be looked at first comes first.
var statuses = []Status{Affected, Unknown, NotAffected}

// Level is how deep a verdict looked.
type Level string

// Levels.
const (
	LevelModule Level = "module" // versions of modules
	LevelSymbol Level = "symbol" // and which functions can be reached
)

// Verdict is what one advisory means for one module of a target.
type Verdict struct {
	Record     *Record
	Module     Module
	Status     Status
	Reason     string
	Level      Level
	Fixed      string      // the first version after Module's that is not affected; empty if unknown
	Trace      []string    // how an affected symbol is reached, from the entry down
	Suppressed *Suppressed // why an affected or unknown verdict does not count; nil if it does

	about []osv.Affected
}

// Suppressed says why a verdict does not count.
type Suppressed struct {
	By     string    // file and line, or the author of a VEX document
	Reason string    // what it says
	Until  time.Time // the zero time: for good
}

// judge holds every module of an inventory against the records that name it.
func judge(inv *Inventory, records []*Record, now time.Time) []Verdict {
	byName := map[string][]*Record{}
	add := func(key string, r *Record) {
		if list := byName[key]; len(list) == 0 || list[len(list)-1] != r {
			byName[key] = append(list, r)
		}
	}
	for _, r := range records {
		for _, a := range r.Affected {
			add(nameKey(a.Package.Ecosystem, a.Package.Name), r)
		}
		if r.DatabaseSpecific != nil {
			for _, i := range r.DatabaseSpecific.Images {
				add(nameKey(imageKey, i.Name), r)
			}
		}
	}
	var verdicts []Verdict
	for _, m := range inv.Modules {
		for _, r := range byName[nameKey(m.Ecosystem, m.Path)] {
			if about := r.about(&m, false); len(about) > 0 {
				verdicts = append(verdicts, judgeModule(m, r, about, now))
			}
		}
	}
	if inv.Kind == KindImage {
		for _, r := range byName[nameKey(imageKey, inv.Image.Path)] {
			if about := r.about(&inv.Image, true); len(about) > 0 {
				verdicts = append(verdicts, judgeModule(inv.Image, r, about, now))
			}
		}
	}
	slices.SortStableFunc(verdicts, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(a.Record.ID, b.Record.ID), cmp.Compare(a.Module.Path, b.Module.Path),
			cmp.Compare(a.Module.Version, b.Module.Version))
	})
	return verdicts
}

// imageKey stands for the ecosystem in the key of an image.
const imageKey = "image"

// nameKey finds the records of a module, whatever the case of its letters: about looks closer.
func nameKey(ecosystem, path string) string { return ecosystem + " " + strings.ToLower(path) }

// judgeModule is the truth table: what a record means for a module that it names.
func judgeModule(m Module, r *Record, about []osv.Affected, now time.Time) Verdict {
	v := Verdict{Record: r, Module: m, Level: LevelModule, about: about}
	if reason, ok := r.withdrawn(now); ok {
		v.Status, v.Reason = NotAffected, reason
		return v
	}
	v.Fixed = fixedAfter(about, m.Version)
	doubt := m.Doubt
	for i := range about {
		switch {
		case m.Fork:
		case coversAll(&about[i]):
			v.Status, v.Reason = Affected, "every version has it"
			return v
		case m.Version != "":
			yes, err := about[i].Contains(m.Version)
			if yes {
				v.Status, v.Reason = Affected, "its version is in the advisory's ranges"
				return v
			}
			if err != nil && doubt == "" {
				doubt = "the advisory does not tell: " + strings.TrimPrefix(err.Error(), "osv: ")
			}
		}
	}
	switch {
	case doubt != "":
		v.Status, v.Reason = Unknown, doubt
	default:
		v.Status, v.Reason = NotAffected, outside(about, m.Version)
	}
	return v
}

// outside says on which side of the ranges a version lies.
func outside(about []osv.Affected, version string) string {
	before, last := false, ""
	for _, a := range about {
		eco := a.Package.Ecosystem
		for _, r := range a.Ranges {
			for _, e := range r.Events {
				if advisory.ValidVersion(eco, e.Fixed) &&
					advisory.CompareVersions(eco, e.Fixed, version) <= 0 &&
					(last == "" || advisory.CompareVersions(eco, e.Fixed, last) > 0) {
					last = e.Fixed
				}
				before = before || e.Introduced != "" && e.Introduced != advisory.First &&
					advisory.CompareVersions(eco, version, e.Introduced) < 0
			}
		}
	}
	switch {
	case last != "":
		return "fixed in " + last
	case before:
		return "older than the problem"
	}
	return "its version is in none of the advisory's ranges"
}
