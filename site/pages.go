package site

import (
	"html/template"
	"path"
	"slices"
	"strings"
)

// HomeAdvisoriesMax is how many advisories the first page shows.
const HomeAdvisoriesMax = 5

type homePage struct {
	frame
	Heading string
	Body    template.HTML
	Results []result // the latest of the project's own
	Total   int
	Folders []*folder
}

// addHome makes the first page.
func (b *builder) addHome() error {
	f := b.frame("", b.project.Name, "Documents and security advisories of "+b.project.Name+".")
	p := homePage{frame: f, Heading: b.project.Name, Total: len(b.index.Records),
		Folders: b.library.folders()}
	if d := b.library.byFile["home.md"]; d != nil {
		p.Heading, p.Body = d.Title, d.Body
		p.Title, p.frame.Lead = shorten(d.Title, titleRunesMax), shorten(d.Lead, leadRunesMax)
	}
	for i := range b.index.Records {
		if e := &b.index.Records[i]; e.From == "" && len(p.Results) < HomeAdvisoriesMax {
			p.Results = append(p.Results, result{entry: e})
		}
	}
	return b.addPage("home", "", p)
}

type documentPage struct {
	frame
	Document *document
	Contents []heading // none if there are few
	Up       *folder   // the folder that it is in
	Listed   []listed
	Inside   []*folder // folders in this one
}

// contentsMin is from how many headings on a document has a table of contents.
const contentsMin = 3

// listed is a document in a list.
type listed struct{ Title, Lead, Path string }

// addDocuments makes a page for each document, and one for each folder.
func (b *builder) addDocuments() error {
	folders := b.library.folders()
	if len(folders) > 0 && !slices.ContainsFunc(folders, func(f *folder) bool {
		return f.Path == "docs/"
	}) {
		folders = append([]*folder{{Path: "docs/", Title: titles["."]}}, folders...)
	}
	for _, f := range folders {
		if err := b.addFolder(f, folders); err != nil {
			return err
		}
		for _, d := range f.Documents {
			p := documentPage{frame: b.frame(d.Path, d.Title, d.Lead), Document: d, Up: f}
			if len(d.Contents) >= contentsMin {
				p.Contents = d.Contents
			}
			if err := b.addPage("document", d.Path, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFolder makes the list of a folder's documents: the text of its index.md, and what that does
// not link.
func (b *builder) addFolder(f *folder, all []*folder) error {
	p := documentPage{Document: f.Index}
	title, lead := f.Title, ""
	if f.Index == nil {
		p.Document = &document{Title: title}
	} else {
		title, lead = f.Index.Title, f.Index.Lead
	}
	p.frame = b.frame(f.Path, title, lead)
	for _, other := range all {
		switch {
		case above(other.Path) == f.Path && !p.Document.linked[other.Path]:
			p.Inside = append(p.Inside, other)
		case above(f.Path) == other.Path:
			p.Up = other
		}
	}
	for _, d := range f.Documents {
		if p.Document.linked[d.Path] {
			continue
		}
		p.Listed = append(p.Listed, listed{d.Title, shorten(d.Lead, leadRunesMax), d.Path})
	}
	return b.addPage("folder", f.Path, p)
}

// above is the folder of a folder.
func above(folder string) string { return path.Dir(strings.TrimSuffix(folder, "/")) + "/" }

type missingPage struct{ frame }

// addMissing makes the page that says that there is no such page. It is shown at any address.
func (b *builder) addMissing() error {
	f := b.frame("", "Not found", "")
	f.Canonical = ""
	f.root = b.rootPath()
	return b.addRendered("missing", missingFile, missingPage{f})
}

// missingFile is the page for addresses that have none. Static servers know it by this name.
const missingFile = "404.html"

// rootPath is where the website lies on its server: "/" nearly always.
func (b *builder) rootPath() string {
	_, rest, _ := strings.Cut(b.project.BaseURL, "://")
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		return strings.TrimSuffix(rest[at:], "/") + "/"
	}
	return "/"
}
