package site

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// DocumentsMax is how many documents a website has at most.
const DocumentsMax = 2000

// document is a Markdown file that is a page, or part of one.
type document struct {
	file     string // in the documents: "rfc/0001-security-process.md"
	Path     string // of its page: "docs/rfc/0001-security-process/"
	source   []byte
	Body     template.HTML
	Title    string
	Lead     string
	Contents []heading // of level 2

	linked map[string]bool // pages of other documents that it links
}

// library is all documents of a website.
type library struct {
	list   []*document // by file
	byFile map[string]*document
	source string // URL of the files of the project that are not on the website, "" for none
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// readLibrary reads the documents. With nil there are none.
func readLibrary(fsys fs.FS, source string) (*library, error) {
	l := &library{byFile: map[string]*document{}, source: source}
	if fsys == nil {
		return l, nil
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular() || path.Ext(name) != ".md":
			return nil
		case len(l.list) == DocumentsMax:
			return fmt.Errorf("more than %d documents", DocumentsMax)
		}
		for _, element := range strings.Split(name, "/") {
			if !fileName.MatchString(element) {
				return fmt.Errorf("%s: a document's name has letters, digits, '.', '_' and '-'", name)
			}
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		doc := &document{file: name, Path: pageOf(name), source: text, linked: map[string]bool{}}
		l.list = append(l.list, doc)
		l.byFile[name] = doc
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("site: read documents: %w", err)
	}
	return l, nil
}

// pageOf returns the path of a document's page, "" for the first page.
func pageOf(file string) string {
	switch {
	case file == "home.md":
		return ""
	case file == "security.md":
		return "security/"
	case path.Base(file) == "index.md":
		return path.Join("docs", path.Dir(file)) + "/"
	}
	return "docs/" + strings.TrimSuffix(file, ".md") + "/"
}

// render makes the HTML of all documents. The error has every link that leads nowhere.
func (l *library) render(m *markdown) error {
	var all []error
	for _, d := range l.list {
		tables := 0
		s := style{level: 2, anchor: true, tables: &tables, link: func(to string) (target, bool) {
			at, ok, err := l.resolve(d, to)
			if err != nil {
				all = append(all, err)
			}
			return at, ok
		}}
		body, o, err := m.html(d.source, s)
		if err != nil {
			all = append(all, fmt.Errorf("site: %s: %w", d.file, err))
		}
		d.Body, d.Title, d.Lead = body, o.Title, o.Lead
		if d.Title == "" {
			d.Title = strings.TrimSuffix(path.Base(d.file), ".md")
		}
		for _, h := range o.Headings {
			if h.Level == 2 {
				d.Contents = append(d.Contents, h)
			}
		}
	}
	return errors.Join(all...)
}

// resolve says where a document's link leads on the website: to another document, to an anchor, out
// into the world, or to a file of the project beside the documents.
func (l *library) resolve(d *document, to string) (target, bool, error) {
	u, err := url.Parse(to)
	if err != nil {
		return target{}, false, l.dead(d, to, "write it as a URL")
	}
	switch {
	case u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "mailto":
		return target{url: to}, true, nil
	case u.Scheme != "" || u.Host != "" || u.Path == "" && u.Fragment == "":
		return target{}, false, l.dead(d, to, "link by https, or to a file beside")
	case u.Path == "":
		return target{url: "#" + u.EscapedFragment()}, true, nil
	case strings.HasPrefix(u.Path, "/"):
		return target{url: relative(d.Path, strings.TrimPrefix(to, "/"))}, true, nil
	}
	file := path.Join(path.Dir(d.file), u.Path)
	if other := l.byFile[file]; other != nil {
		d.linked[other.Path] = true
		at := target{url: relative(d.Path, other.Path), title: titleOf(other.source)}
		if u.Fragment != "" {
			at = target{url: at.url + "#" + u.EscapedFragment()}
		}
		return at, true, nil
	}
	outside, ok := strings.CutPrefix(file, "../")
	if !ok || strings.HasPrefix(outside, "../") {
		return target{}, false, l.dead(d, to, "there is no such document")
	}
	if l.source == "" {
		return target{}, false, nil // the text stays, without a link
	}
	return target{url: strings.TrimSuffix(l.source, "/") + "/" + outside}, true, nil
}

// titleOf is the title of a document that begins with one, as it is written.
func titleOf(source []byte) string {
	line, _, _ := strings.Cut(string(source), "\n")
	title, ok := strings.CutPrefix(line, "# ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(title, "`", ""))
}

// dead is the error for a link that leads nowhere.
func (l *library) dead(d *document, to, hint string) error {
	line := 1
	if at := bytes.Index(d.source, []byte("]("+to)); at >= 0 {
		line += bytes.Count(d.source[:at], []byte("\n"))
	}
	return fmt.Errorf("site: %s:%d: the link to %q leads nowhere (%s)", d.file, line, to, hint)
}

// folder is the documents of one folder.
type folder struct {
	Path      string // of its page: "docs/rfc/"
	Title     string
	Index     *document // its index.md, nil for none
	Documents []*document
}

// titles are what well-known folders are called.
var titles = map[string]string{".": "Documents", "rfc": "RFCs", "notes": "Meeting notes"}

// folders returns all folders that have documents, by path.
func (l *library) folders() (list []*folder) {
	byName := map[string]*folder{}
	for _, d := range l.list {
		if d.file == "home.md" || d.file == "security.md" {
			continue
		}
		name := path.Dir(d.file)
		f := byName[name]
		if f == nil {
			f = &folder{Path: path.Join("docs", name) + "/", Title: titles[name]}
			if f.Title == "" {
				f.Title = path.Base(name)
			}
			byName[name] = f
			list = append(list, f)
		}
		if path.Base(d.file) == "index.md" {
			f.Index = d
			continue
		}
		f.Documents = append(f.Documents, d)
	}
	return list
}

// Count says how many documents are in it.
func (f *folder) Count() string { return plural(len(f.Documents), "document", "documents") }
