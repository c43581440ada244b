package text

import (
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// affected lists the versions of modules and images.
func (w *writer) affected(r *advisory.Record) {
	for _, a := range r.Affected {
		kind := ""
		if a.Ecosystem != advisory.Go {
			kind = " (" + oneLine(a.Ecosystem) + ")"
		}
		w.wrap("", "  ", oneLine(a.Module)+kind)
		w.ranges(a.Ranges)
		for _, p := range a.Packages {
			w.wrap("    ", "      ", describe(p))
		}
	}
	for _, i := range r.Images {
		w.wrap("", "  ", "image "+oneLine(i.Name))
		w.ranges(i.Ranges)
	}
}

func (w *writer) ranges(list []advisory.Range) {
	if len(list) == 0 {
		w.line("  all versions")
	}
	for _, r := range list {
		w.wrap("  ", "    ", Range(r))
	}
}

// Range says a range in words, on one line.
func Range(r advisory.Range) string {
	from, fixed := oneLine(r.Introduced), oneLine(r.Fixed)
	switch first := from == advisory.First || from == ""; {
	case first && fixed == "":
		return "all versions, no fix"
	case first:
		return "before " + fixed
	case fixed == "":
		return "from " + from + " on, no fix"
	}
	return fmt.Sprintf("from %s, before %s", from, fixed)
}

func describe(p advisory.Package) string {
	s := "package " + oneLine(p.Path)
	if systems := append(append([]string{}, p.GOOS...), p.GOARCH...); len(systems) > 0 {
		s += " on " + oneLine(strings.Join(systems, ", "))
	}
	if len(p.Symbols) > 0 {
		s += ": " + oneLine(strings.Join(p.Symbols, ", "))
	}
	return s
}
