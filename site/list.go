package site

import (
	"bytes"
	"fmt"
	"html/template"

	"github.com/atoll-os/atoll/advisory"
)

// Limits of the list of advisories.
const (
	// ListedMax is how many advisories stand on one page; if there are more, each year has a page.
	ListedMax = 500
	// ModulesOfferedMax is up to how many modules a form offers as one types.
	ModulesOfferedMax = 300
)

const (
	listFolder   = "advisories/"
	moduleFolder = "advisories/module/"
	yearFolder   = "advisories/year/"
)

// finder is what the handler and the script make anew for a search: the form and the answer.
type finder struct {
	Folder   string // of the page that it stands on
	Served   bool
	Answer   *answer
	Results  []result // of the answer
	Modules  []string // offered
	Ratings  []rating
	Years    []year // pages with all advisories, if there are too many for one
	QueryMax int
}

// rating is a severity that can be asked for.
type rating struct {
	Value, Name string
	Chosen      bool
}

// year is the advisories of one year.
type year struct {
	Name    string
	Path    string
	Total   int
	entries []result
}

// To returns the address of a path of the website.
func (f *finder) To(path string) string { return relative(f.Folder, path) }

// newFinder returns what is shown for an answer.
func newFinder(x *index, a *answer, served bool) *finder {
	f := &finder{Folder: listFolder, Served: served, Answer: a, QueryMax: QueryBytesMax}
	if modules := x.modules(); len(modules) <= ModulesOfferedMax {
		f.Modules = modules
	}
	names := []string{"Low or higher", "Medium or higher", "High or higher", "Critical"}
	for i, value := range ratings {
		f.Ratings = append(f.Ratings, rating{value, names[i], a.Query.Severity == value})
	}
	if !a.Asked && a.Total > ListedMax {
		f.Years = x.years()
		a.Results = a.Results[:ListedMax]
	}
	f.Results = a.Results
	return f
}

// years returns the years of the advisories, the latest first.
func (x *index) years() (list []year) {
	for i := range x.Records {
		e := &x.Records[i]
		name := e.Issued[:4]
		if n := len(list); n == 0 || list[n-1].Name != name {
			list = append(list, year{Name: name, Path: yearFolder + name + "/"})
		}
		last := &list[len(list)-1]
		last.Total++
		last.entries = append(last.entries, result{entry: e})
	}
	return list
}

type listPage struct {
	frame
	Finder template.HTML
	Unused []advisory.Unused
}

// Marks round the finder, by which the handler finds it in the page.
const (
	finderBegin = "<!--finder-->"
	finderEnd   = "<!--/finder-->"
)

// addAdvisories makes the list of all advisories and their pages.
func (b *builder) addAdvisories() error {
	a := b.index.search(query{})
	f := newFinder(b.index, a, b.Served)
	html, err := renderFinder(b.templates["list"], f)
	if err != nil {
		return err
	}
	p := listPage{frame: b.frame(listFolder, "Security advisories of "+b.project.Name,
		"All security advisories of "+b.project.Name+", and whether a version is affected."),
		Finder: template.HTML(html)}
	p.Script, p.Unused = b.script, b.project.Unused
	if err := b.addPage("list", listFolder, p); err != nil {
		return err
	}
	for _, y := range f.Years {
		if err := b.addYear(y); err != nil {
			return err
		}
	}
	for _, r := range b.Public.Records() {
		if err := b.addRecord(r); err != nil {
			return err
		}
	}
	for _, u := range b.project.Unused {
		if err := b.addUnused(u); err != nil {
			return err
		}
	}
	return nil
}

type unusedPage struct {
	frame
	Unused advisory.Unused
}

// addUnused makes the page of a number that stands for no advisory: somebody may have read it.
func (b *builder) addUnused(u advisory.Unused) error {
	if !canBeAddress(u.ID) {
		return fmt.Errorf("site: %q under unused cannot be the id of a page", u.ID)
	}
	f := b.frame(listFolder+u.ID+"/", u.ID+" stands for no advisory", u.Reason)
	return b.addPage("unused", f.Path, unusedPage{f, u})
}

type yearPage struct {
	frame
	Year    year
	Results []result
}

func (b *builder) addYear(y year) error {
	title := "Advisories of " + y.Name
	f := b.frame(y.Path, title, "All security advisories of "+b.project.Name+" of "+y.Name+".")
	return b.addPage("year", y.Path, yearPage{f, y, y.entries})
}

// renderFinder makes the HTML of form and answer, with its marks.
func renderFinder(t *template.Template, f *finder) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(finderBegin)
	if err := t.ExecuteTemplate(&out, "finder", f); err != nil {
		return nil, err
	}
	out.WriteString(finderEnd)
	return out.Bytes(), nil
}
