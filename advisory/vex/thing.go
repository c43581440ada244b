package vex

import (
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// thing is a module or an image with the events of its versions.
type thing struct {
	name      string
	ecosystem string // that orders its versions
	base      string // its package URL
	scheme    string // of its versions in vers
	v         string // that its versions begin with in package URLs
	events    []osv.Event
}

// things returns what a record names, each module once: what one list of ranges says may not
// contradict another.
func things(r *advisory.Record) ([]thing, error) {
	var list []thing
	var ranges [][]advisory.Range
	at := map[string]int{} // where a package URL is in both
	add := func(t thing, own []advisory.Range) {
		if len(own) == 0 {
			own = []advisory.Range{{Introduced: advisory.First}}
		}
		i, known := at[t.base]
		if !known {
			i = len(list)
			at[t.base] = i
			list, ranges = append(list, t), append(ranges, nil)
		}
		ranges[i] = append(ranges[i], own...)
	}
	for _, a := range r.Affected {
		add(module(a.Ecosystem, a.Module), a.Ranges)
	}
	for _, i := range r.Images {
		base := "pkg:generic/" + osv.Escape(i.Name)
		add(thing{"image " + i.Name, advisory.Go, base, "semver", "", nil}, i.Ranges)
	}
	for i := range list {
		merged, err := osv.Ranges(list[i].ecosystem, ranges[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].name, err)
		}
		list[i].events = merged[0].Events
	}
	return list, nil
}

func module(ecosystem, path string) thing {
	t := thing{path, ecosystem, osv.PURL(ecosystem, path, ""), "golang", "", nil}
	switch {
	case ecosystem != advisory.Go:
		t.scheme = strings.ToLower(ecosystem)
	case path != "stdlib" && path != "toolchain":
		t.v = "v"
	}
	return t
}

// purl is the package URL of one version, of a range of them or, without either, of all. For
// ranges it has the qualifier vers (https://github.com/package-url/vers-spec).
func (t *thing) purl(version, constraints string) string {
	switch {
	case version != "":
		return t.base + "@" + osv.Escape(t.spell(version))
	case constraints != "":
		return t.base + "?vers=" + osv.Escape("vers:"+t.scheme+"/"+constraints)
	}
	return t.base
}

func (t *thing) spell(version string) string { return t.v + version }

// affected is the constraints of the versions that have the problem; "" if all have it.
func (t *thing) affected() string {
	var list []string
	for _, e := range t.events {
		switch {
		case e.Fixed != "":
			list = append(list, "<"+osv.Escape(t.spell(e.Fixed)))
		case e.Introduced != advisory.First:
			list = append(list, ">="+osv.Escape(t.spell(e.Introduced)))
		}
	}
	return strings.Join(list, "|")
}

// fixes is the versions with which it was fixed.
func (t *thing) fixes() []string {
	var list []string
	for _, e := range t.events {
		if e.Fixed != "" {
			list = append(list, e.Fixed)
		}
	}
	return list
}

// action says what to do, as a statement with status Affected must.
func (t *thing) action(permalink string) string {
	fixes := t.fixes()
	last := t.events[len(t.events)-1]
	what := "There is no fix for " + t.name + " yet."
	switch {
	case last.Fixed != "":
		what = fmt.Sprintf("Update %s to %s or later.", t.name, t.spell(last.Fixed))
	case len(fixes) > 0:
		what = fmt.Sprintf("Use %s %s: versions from %s on have no fix yet.", t.name,
			t.spell(fixes[len(fixes)-1]), t.spell(last.Introduced))
	}
	return what + " See " + permalink + "."
}
