package site

import (
	"fmt"
	"html/template"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

// titleRunesMax is what search engines and browsers show of a page's title.
const titleRunesMax = 70

// leadRunesMax is how long a description is in a list and in a page's head.
const leadRunesMax = 160

// frame is what every page has: head, menu and foot.
type frame struct {
	Project   *advisory.Project
	Path      string // of the page's folder, "" for the first page
	Title     string // of the window
	Lead      string // what the page is, in a sentence; empty: nothing
	Menu      []menuItem
	Feeds     []feed
	Style     string
	Script    string // empty: the page has none
	RunsOn    string // path of the page on what the website runs; empty: none
	Date      string // of the website
	Canonical string // empty: none
	root      string // links begin here instead of at the page's folder, if it is not empty
}

// menuItem is a way through the website.
type menuItem struct {
	Name, Path string
	Here       bool // the page is in this part
}

// feed is a way to be told of what is new.
type feed struct{ Title, Path string }

// frame returns the frame of the page in a folder. Its part is the first element of the path.
func (b *builder) frame(folder, title, lead string) frame {
	f := frame{
		Project: b.project, Path: folder, Title: shorten(title, titleRunesMax), Style: b.style,
		Lead: shorten(lead, leadRunesMax), Date: b.Public.Date.Format(dateLayout),
		Canonical: b.project.BaseURL + "/" + folder,
	}
	part, _, _ := strings.Cut(folder, "/")
	item := func(name, path string) {
		f.Menu = append(f.Menu, menuItem{name, path, part+"/" == path})
	}
	if len(b.library.folders()) > 0 {
		item("Documents", "docs/")
	}
	item("Advisories", "advisories/")
	item("Security", "security/")
	if b.Machine {
		f.RunsOn = machineFolder
	}
	if b.exported[feedPath] {
		f.Feeds = append(f.Feeds, feed{b.project.Name + " security advisories", feedPath})
	}
	return f
}

// feedPath is the feed of all advisories.
const feedPath = "advisories/feed.atom"

// To returns the address of a path of the website, as seen from the page.
func (f frame) To(path string) string {
	if f.root != "" {
		return f.root + path
	}
	return relative(f.Path, path)
}

// Web tells whether an address may be a link: what a record holds can be anything.
func (f frame) Web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" ||
		err == nil && u.Scheme == "mailto"
}

// relative returns the address of a path of the website from a page's folder. Links are relative,
// so that the website can lie at any place of a server.
func relative(folder, to string) string {
	if up := strings.Repeat("../", strings.Count(folder, "/")) + to; up != "" {
		return up
	}
	return "./"
}

// shorten cuts a text at a word, with an ellipsis.
func shorten(s string, runes int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	cut := string([]rune(s)[:runes-1])
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return cut + "…"
}

// readTemplates reads the templates of all kinds of page.
func readTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"class": func(s any) string { return strings.ReplaceAll(lower(fmt.Sprint(s)), " ", "-") },
	}).ParseFS(assets, "template/page.html", "template/part_*.html"))
	names, err := assets.ReadDir("template")
	if err != nil {
		panic("site: BUG: " + err.Error())
	}
	all := map[string]*template.Template{}
	for _, n := range names {
		kind := strings.TrimSuffix(n.Name(), ".html")
		if kind == "page" || strings.HasPrefix(kind, "part_") {
			continue
		}
		t := template.Must(base.Clone())
		all[kind] = template.Must(t.ParseFS(assets, path.Join("template", n.Name())))
	}
	return all
}
