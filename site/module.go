package site

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// modulePath returns the folder of a module's page.
func modulePath(a advisory.Affected) (string, error) {
	folder, ok := a.Folder()
	if !ok {
		return "", fmt.Errorf("the %s has the name %q, which none can have", kindOf(a.Ecosystem),
			a.Module)
	}
	return moduleFolder + folder + "/", nil
}

type modulePage struct {
	frame
	Kind     string
	Module   string
	Rows     []moduleRow
	QueryMax int
}

// moduleRow is what one advisory says of the module.
type moduleRow struct {
	result
	Ranges []string
}

// moduleEntry is a module of the list of all.
type moduleEntry struct {
	Module, Kind, Path string
	Total              int
	rows               []moduleRow
}

type modulesPage struct {
	frame
	Modules []*moduleEntry
}

// addModules makes a page for each module that an advisory names, and the list of them.
func (b *builder) addModules() error {
	if len(b.index.Records) == 0 {
		return nil
	}
	list := b.index.byModule()
	title := "Modules with advisories"
	p := modulesPage{b.frame(moduleFolder, title, "All modules that an advisory names."), list}
	if err := b.addPage("modules", moduleFolder, p); err != nil {
		return err
	}
	for _, m := range list {
		f := b.frame(m.Path, "Advisories of "+m.Module, "Security advisories that name "+m.Module+
			", with the versions that have the problem.")
		if at := m.Path + "feed.atom"; b.exported[at] {
			f.Feeds = append(f.Feeds, feed{"Advisories of " + m.Module, at})
		}
		page := modulePage{f, m.Kind, m.Module, m.rows, QueryBytesMax}
		if err := b.addPage("module", m.Path, page); err != nil {
			return err
		}
	}
	return nil
}

// byModule returns all modules by kind and name, each with what advisories say of it.
func (x *index) byModule() (list []*moduleEntry) {
	byPath := map[string]*moduleEntry{}
	for i := range x.Records {
		e := &x.Records[i]
		for _, a := range e.Affected {
			m := byPath[a.Page]
			if m == nil {
				m = &moduleEntry{Module: a.Module, Kind: kindOf(a.Ecosystem), Path: a.Page}
				byPath[a.Page] = m
				list = append(list, m)
			}
			var ranges []advisory.Range
			for _, v := range a.Ranges {
				ranges = append(ranges, advisory.Range{Introduced: v[0], Fixed: v[1]})
			}
			words := rangesInWords(ranges)
			if last := len(m.rows) - 1; last >= 0 && m.rows[last].entry == e { // named twice
				m.rows[last].Ranges = append(m.rows[last].Ranges, words...)
				continue
			}
			m.rows = append(m.rows, moduleRow{result{entry: e}, words})
			m.Total++
		}
	}
	slices.SortFunc(list, func(a, b *moduleEntry) int { return strings.Compare(a.Path, b.Path) })
	return list
}
