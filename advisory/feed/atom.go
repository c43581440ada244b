package feed

import (
	"encoding/xml"
	"html"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/advisory/text"
)

// atom is a feed, RFC 4287 §4.1.1.
type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  person   `xml:"author"`
	Links   []link   `xml:"link"`
	Entries []entry  `xml:"entry"`
}

type person struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	HRef string `xml:"href,attr"`
}

// entry is an advisory, §4.1.2.
type entry struct {
	ID         string     `xml:"id"`
	Title      string     `xml:"title"`
	Published  string     `xml:"published"`
	Updated    string     `xml:"updated"`
	Author     *person    `xml:"author"`
	Links      []link     `xml:"link"`
	Categories []category `xml:"category"`
	Rights     string     `xml:"rights,omitempty"`
	Content    content    `xml:"content"`
}

type category struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
}

// content is HTML, escaped once more as text of XML (§4.1.3.3).
type content struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// ratings is the scheme of the categories None to Critical.
const ratings = "https://www.first.org/cvss/"

// writer writes the feeds of an export.
type writer struct{ public *advisory.Public }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// oneLine is a text that a title or a name can have.
func oneLine(s string) string { return strings.Join(strings.Fields(advisory.Printable(s)), " ") }

// feed writes a feed of records, the last changed first. Module is "" for that of all.
func (w *writer) feed(path, module string, records []*advisory.Record) advisory.File {
	p := &w.public.Project
	a := atom{
		ID:      p.BaseURL + "/" + path,
		Title:   "Security advisories of " + oneLine(p.Name),
		Updated: stamp(w.public.Date), // of a feed without entries
		Author:  person{oneLine(p.Name), p.BaseURL + "/"},
		Links:   []link{{"self", "application/atom+xml", p.BaseURL + "/" + path}},
	}
	page := "/advisories/"
	if module != "" {
		a.Title += ": " + oneLine(module)
		page = "/" + strings.TrimSuffix(path, "feed.atom")
	}
	a.Links = append(a.Links, link{"alternate", "text/html", p.BaseURL + page})
	if len(records) > 0 {
		a.Updated = stamp(records[0].Changed())
	}
	for _, r := range newest(records) {
		a.Entries = append(a.Entries, w.entry(r))
	}
	data, err := xml.MarshalIndent(a, "", " ")
	if err != nil {
		panic("feed: BUG: " + err.Error())
	}
	return advisory.File{Path: path, Data: append([]byte(xml.Header), append(data, '\n')...)}
}

func (w *writer) entry(r *advisory.Record) entry {
	p := &w.public.Project
	e := entry{
		ID:        p.Permalink(r),
		Title:     r.ID + ": " + oneLine(r.Title),
		Published: stamp(r.Issued),
		Updated:   stamp(r.Changed()),
		Links: []link{
			{"alternate", "text/html", p.Permalink(r)},
			{"alternate", "text/plain", p.BaseURL + "/" + text.Path(r)},
			{"alternate", "application/json", p.BaseURL + "/" + osv.Dir + p.ID(r) + ".json"}},
		Content: content{"html", w.html(r)},
	}
	if r.Withdrawn != nil {
		e.Title = "Withdrawn: " + e.Title
	}
	if o := r.Imported; o != nil {
		e.Author = &person{Name: oneLine(o.From)}
		if u, err := url.Parse(o.URL); err == nil && u.Scheme == "https" {
			e.Author.URI = u.String()
		}
		e.Rights = oneLine(o.Licence)
		e.Categories = append(e.Categories, category{Term: "imported"})
	}
	for _, a := range r.Affected {
		if name := oneLine(a.Module); name != "" {
			e.Categories = append(e.Categories, category{Term: name})
		}
	}
	for _, s := range r.Severity {
		if _, rating, err := s.Score(); err == nil {
			e.Categories = append(e.Categories, category{rating, ratings})
			break
		}
	}
	return e
}

// html is the text of the record as it is; one that is too long ends with its address.
func (w *writer) html(r *advisory.Record) string {
	full := string(text.Append(nil, &w.public.Project, r))
	if len(full) > ContentBytesMax {
		n := ContentBytesMax
		for !utf8.RuneStart(full[n]) {
			n--
		}
		full = full[:n] + "\n[...]\n" + w.public.Project.Permalink(r) + "\n"
	}
	return "<pre>" + html.EscapeString(full) + "</pre>"
}
