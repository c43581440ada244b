package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/nearest"
)

// Required are the sections of a record of ours, in this order; Updates comes after them once
// there was one.
var Required = []string{"Description", "Impact", "Vulnerable systems", "Mitigation", "Resolution"}

// sections checks that the text is whole, in order, and fit for a page.
func (k *checker) sections() {
	if k.ours() {
		k.required()
	} else if len(k.r.Sections) == 0 {
		k.add("section[0]", "write ## Description and what it says", "the record has no text")
	}
	anchors := map[string]bool{}
	for _, s := range k.r.Sections {
		anchors[slug(s.Name)] = true
	}
	seen := map[string]bool{}
	for i, s := range k.r.Sections {
		at := item("section", i)
		if seen[slug(s.Name)] {
			k.add(at, "put them together", "the section %s stands there twice", short(s.Name))
		}
		seen[slug(s.Name)] = true
		k.plain(at, s.Name)
		if strings.TrimSpace(s.Text) == "" {
			k.add(at, `say "None." if there is nothing`, "the section %s is empty", short(s.Name))
			continue
		}
		k.text(s.Text, k.r.Line(at+".text"), anchors)
	}
}

// required finds sections that are missing, unknown or in the wrong place.
func (k *checker) required() {
	names := append(slices.Clone(Required), advisory.Updates)
	last := -1
	for i, s := range k.r.Sections {
		at := slices.Index(names, s.Name)
		switch {
		case at < 0:
			f := k.add(item("section", i), "there is "+strings.Join(names, ", "),
				"%q is no section of a record", short(s.Name))
			f.Fix = nearest.Name(short(s.Name), names)
			if f.Fix != "" {
				f.Fix = "## " + f.Fix
			}
		case at < last:
			k.add(item("section", i), "the order is "+strings.Join(names, ", "),
				"the section %s comes after %s", s.Name, names[last])
		default:
			last = at
		}
	}
	for _, name := range Required {
		if !slices.ContainsFunc(k.r.Sections, func(s advisory.Section) bool { return s.Name == name }) {
			k.add("", `write it; say "None." if there is nothing`, "the section %s is missing", name).
				Fix = "## " + name
		}
	}
}

// leftover is what a template leaves behind if nobody fills it in.
var leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|TBD|TBA|X{3,})\b|YYYY|NNNN|` +
	`(?i:lorem ipsum)|\{\{|\[(?i:describe|insert|your|the title|name of)[^\]]*\]`)

func (k *checker) leftovers(line int, text string) {
	if found := leftover.FindString(text); found != "" {
		k.at(line, "fill it in, or leave it out", "%q is left over from a template", short(found))
	}
}
