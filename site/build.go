package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/atoll-os/atoll/advisory"
)

// dateLayout is how pages write a date. All are UTC.
const dateLayout = "2006-01-02"

// What pages load.
const (
	styleFile  = "site.css"
	scriptFile = "site.js"
	iconFile   = "icon.svg"
)

//go:embed template/*.html site.css site.js
var assets embed.FS

// Input is what a website is made of.
type Input struct {
	Public    *advisory.Public
	Documents fs.FS           // Markdown; the package comment says what each is for. nil: none
	Files     []advisory.File // exported from the same Public; pages link those that are there

	// Source is the URL of the project's other files, such as https://git.example/tree/main: links
	// of documents that lead out of them go there. Empty: such a link becomes its text.
	Source string

	// Served: the website is for Handler, whose search needs no script. Otherwise it is for a
	// static server, and what needs a script is hidden without one.
	Served bool
	// Machine: there is a page on what the website runs, which Handler fills in (Options.Facts).
	Machine bool
}

// builder makes one website.
type builder struct {
	Input
	project   *advisory.Project
	markdown  *markdown
	library   *library
	index     *index
	exported  map[string]bool
	templates map[string]*template.Template
	style     string // address of the style sheet, with its sum: a new one is fetched at once
	script    string
	taken     map[string]string // path in lower case → path
	files     []advisory.File
}

// Build makes the pages of a website, with style sheet, script and index, sorted by path: what a
// tree of exports has besides (export.Options.More). The same input gives the same bytes.
func Build(in Input) ([]advisory.File, error) {
	b := &builder{Input: in, project: &in.Public.Project, markdown: newMarkdown(),
		exported: map[string]bool{}, taken: map[string]string{}}
	for _, f := range in.Files {
		b.exported[f.Path] = true
		b.taken[lower(f.Path)] = f.Path
	}
	for _, step := range []func() error{b.addAssets, b.readDocuments, b.addIndex,
		b.addHome, b.addDocuments, b.addAdvisories, b.addModules, b.addSecurity, b.addMachine,
		b.addMissing} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(b.files, func(x, y advisory.File) int { return strings.Compare(x.Path, y.Path) })
	return b.files, nil
}

// add adds a file. Two that differ only in case are one on some machines: that is an error.
func (b *builder) add(path string, data []byte) error {
	key := lower(path)
	if other, taken := b.taken[key]; taken {
		return fmt.Errorf("site: two files for %s: %s", path, other)
	}
	b.taken[key] = path
	b.files = append(b.files, advisory.File{Path: path, Data: data})
	return nil
}

// addAssets adds style sheet and script, and reads the templates.
func (b *builder) addAssets() error {
	b.templates = readTemplates()
	for _, name := range []string{styleFile, scriptFile} {
		if err := b.add(name, asset(name)); err != nil {
			return err
		}
	}
	if err := b.add(iconFile, b.icon()); err != nil {
		return err
	}
	b.style = styleFile + "?v=" + sum(asset(styleFile))
	b.script = scriptFile + "?v=" + sum(asset(scriptFile))
	return nil
}

// icon is the website's sign in a browser's tab: the first letter of the project's name.
func (b *builder) icon() []byte {
	letter := ""
	for _, c := range b.project.Name {
		letter = string(unicode.ToUpper(c))
		break
	}
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">` +
		`<rect width="32" height="32" rx="7" fill="#0b5d76"/>` +
		`<text x="16" y="23" text-anchor="middle" font-family="sans-serif" font-weight="700" ` +
		`font-size="20" fill="#fff">` + template.HTMLEscapeString(letter) + "</text></svg>\n")
}

// asset returns a file that is part of the program.
func asset(name string) []byte {
	data, err := assets.ReadFile(name)
	if err != nil {
		panic("site: BUG: " + err.Error())
	}
	return data
}

// sum is the beginning of a file's SHA-256 sum, long enough to tell one edition from another.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:8])
}

func (b *builder) readDocuments() (err error) {
	b.library, err = readLibrary(b.Documents, b.sourceURL())
	if err != nil {
		return err
	}
	return b.library.render(b.markdown)
}

// sourceURL is where the project's files can be read.
func (b *builder) sourceURL() string {
	if b.Source == "" && len(b.project.Modules) > 0 {
		elements := strings.Split(b.project.Modules[0], "/")
		if elements[0] == "github.com" && len(elements) >= 3 {
			return "https://" + strings.Join(elements[:3], "/") + "/blob/HEAD"
		}
	}
	return b.Source
}

func (b *builder) addIndex() (err error) {
	if b.index, err = newIndex(b.Public.Records()); err != nil {
		return err
	}
	text, err := json.Marshal(b.index)
	if err != nil {
		return fmt.Errorf("site: write %s: %w", IndexPath, err)
	}
	return b.add(IndexPath, append(text, '\n'))
}

// addPage renders a page into its folder.
func (b *builder) addPage(name, folder string, data any) error {
	return b.addRendered(name, folder+"index.html", data)
}

func (b *builder) addRendered(name, path string, data any) error {
	var out bytes.Buffer
	if err := b.templates[name].ExecuteTemplate(&out, "page", data); err != nil {
		return fmt.Errorf("site: make %s: %w", path, err)
	}
	return b.add(path, out.Bytes())
}
