package csaf

import (
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// feed is the ROLIE feed (§7.1.15, RFC 8322 §6), which names the whole tree's documents.
type feed struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Link     []link     `json:"link"`
	Category []category `json:"category"`
	Updated  string     `json:"updated"`
	Entry    []entry    `json:"entry"`
}

type link struct {
	Rel  string `json:"rel"`
	HRef string `json:"href"`
}

type entry struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Link      []link     `json:"link"`
	Published string     `json:"published"`
	Updated   string     `json:"updated"`
	Category  []category `json:"category,omitempty"`
	Content   content    `json:"content"`
	Format    format     `json:"format"`
}

type content struct {
	Type string `json:"type"`
	Src  string `json:"src"`
}

type format struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
}

func compareCategories(a, b category) int { return strings.Compare(a.Term, b.Term) }

// feed lists the documents, which are signed, the last changed first. Without any, it is as new as
// the export.
func (t *tree) feed() any {
	f := feed{
		ID:       "csaf-feed-tlp-white",
		Title:    t.feedTitle(),
		Link:     []link{{"self", t.url(feedPath)}, {"service", t.url(servicePath)}},
		Category: []category{ofCSAF},
		Updated:  stamp(t.public.Date),
		Entry:    []entry{},
	}
	if len(t.documents) > 0 {
		f.Updated = stamp(t.documents[0].Changed())
	}
	for _, r := range t.documents {
		f.Entry = append(f.Entry, t.entry(r))
	}
	return struct {
		Feed feed `json:"feed"`
	}{f}
}

func (t *tree) entry(r *advisory.Record) entry {
	b := builder{record: r}
	address := t.url(Path(r))
	e := entry{
		ID:        r.ID,
		Title:     b.title(),
		Published: stamp(r.Issued),
		Updated:   stamp(r.Changed()),
		Category:  t.about(r),
		Content:   content{"application/json", address},
		Format:    format{"https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", "2.0"},
		Link: []link{{"self", address}, {"hash", address + ".sha256"},
			{"hash", address + ".sha512"}, {"signature", address + ".asc"}},
	}
	if r.Withdrawn != nil {
		e.Title = "Withdrawn: " + e.Title
	}
	return e
}
