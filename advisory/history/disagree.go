package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Disagreements says where two records of the same problem differ in their facts: packages,
// versions, dates, fixes and CVE names. It is about b, which a knows better or worse: a person
// decides.
func Disagreements(a, b *advisory.Record) []advisory.Finding {
	n := &notes{file: b.File, id: b.ID}
	if day(a.Issued) != day(b.Issued) {
		n.add("", "issued %s, but %s has %s", day(b.Issued), a.ID, day(a.Issued))
	}
	n.packages(a, b)
	n.fixes(a, b)
	n.names(a, b)
	return n.list
}

// Same tells whether two records are of one problem: one names the other or its page as an alias
// or a reference, or they have a CVE name in common.
func Same(a, b *advisory.Record) bool {
	names := func(a, b *advisory.Record) bool {
		if slices.Contains(a.Aliases, b.ID) || slices.Contains(a.Related, b.ID) {
			return true
		}
		for _, ref := range a.References {
			if b.Imported != nil && b.Imported.URL != "" && ref.URL == b.Imported.URL {
				return true
			}
		}
		for _, alias := range a.Aliases {
			if slices.Contains(b.Aliases, alias) {
				return true
			}
		}
		return false
	}
	return a.ID != b.ID && (names(a, b) || names(b, a))
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// packages compares what is affected.
func (n *notes) packages(a, b *advisory.Record) {
	find := func(r *advisory.Record, module string) *advisory.Affected {
		for i := range r.Affected {
			if r.Affected[i].Module == module {
				return &r.Affected[i]
			}
		}
		return nil
	}
	for _, x := range a.Affected {
		y := find(b, x.Module)
		if y == nil {
			n.add("", "lacks %s, which %s names", x.Module, a.ID)
		} else if !slices.Equal(x.Ranges, y.Ranges) {
			n.add("", "%s is affected %s, but %s has %s", x.Module, rangesText(y.Ranges), a.ID,
				rangesText(x.Ranges))
		}
	}
	for _, y := range b.Affected {
		if find(a, y.Module) == nil {
			n.add("", "names %s, which %s lacks", y.Module, a.ID)
		}
	}
}

func rangesText(list []advisory.Range) string {
	if len(list) == 0 {
		return "in all versions"
	}
	var parts []string
	for _, v := range list {
		text := ">=" + v.Introduced
		if v.Fixed != "" {
			text += " <" + v.Fixed
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// fixes compares the commits and requests that are named as fixes, by their last part: the address
// of a repository may have moved.
func (n *notes) fixes(a, b *advisory.Record) {
	inA, inB := fixesOf(a), fixesOf(b)
	if len(inA) == 0 || len(inB) == 0 {
		return
	}
	var lacks, adds []string
	for _, fix := range inA {
		if !slices.Contains(inB, fix) {
			lacks = append(lacks, fix)
		}
	}
	for _, fix := range inB {
		if !slices.Contains(inA, fix) {
			adds = append(adds, fix)
		}
	}
	if len(lacks) > 0 {
		n.add("", "of %d fixes that %s names, lacks %s", len(inA), a.ID, strings.Join(lacks, ", "))
	}
	if len(adds) > 0 {
		n.add("", "names fixes that %s lacks: %s", a.ID, strings.Join(adds, ", "))
	}
}

// fixesOf returns the fixes of a record: "commit/0b1e53c0", "pull/538".
func fixesOf(r *advisory.Record) []string {
	const commitDigits = 8
	var list []string
	for _, ref := range r.References {
		parts := strings.Split(strings.TrimSuffix(ref.URL, "/"), "/")
		if ref.Type != "FIX" || len(parts) < 2 {
			continue
		}
		kind, name := parts[len(parts)-2], parts[len(parts)-1]
		if kind == "commit" || kind == "commits" {
			kind, name = "commit", name[:min(commitDigits, len(name))]
		}
		list = append(list, fmt.Sprintf("%s/%s", kind, name))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// names compares the CVE names.
func (n *notes) names(a, b *advisory.Record) {
	for _, alias := range a.Aliases {
		if strings.HasPrefix(alias, "CVE-") && !slices.Contains(b.Aliases, alias) {
			n.add("", "lacks the name %s, which %s has", alias, a.ID)
		}
	}
}
