// Package text exports advisories as plain text to be read, printed and mailed, in the manner of
// Xen's and FreeBSD's, and an index of all in the manner of Xen's xsa.json. Package export adds the
// clear-signed form, <ID>.txt.asc.
package text

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Where the files are, relative to the website's root.
const (
	Dir       = "advisories/text/"
	IndexPath = "advisories/index.json"
)

// SkippedID is why a record has no text.
const SkippedID = "its id cannot be the name of a file"

// Path is where the text of a record is.
func Path(r *advisory.Record) string { return Dir + r.ID + ".txt" }

// Export writes the text of every record, and the index.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	var ours index
	for _, r := range p.Records() {
		if !advisory.ValidID(r.ID) {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: SkippedID})
			continue
		}
		out.Files = append(out.Files, advisory.File{Path: Path(r), Data: Append(nil, &p.Project, r)})
		ours.Advisories = append(ours.Advisories, indexed(p, r))
	}
	for _, u := range p.Project.Unused {
		ours.Unused = append(ours.Unused, unused{u.ID, u.Reason})
	}
	out.Files = append(out.Files, advisory.File{Path: IndexPath, Data: encode([]index{ours})})
	return out, nil
}

// index is the only element of the index's list, as in xsa.json.
type index struct {
	Advisories []line   `json:"advisories"`
	Unused     []unused `json:"unused,omitempty"` // ids that stand for no advisory
}

// line is one advisory. The members of xsa.json keep their names.
type line struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Public    time.Time  `json:"public_time"`
	Modified  time.Time  `json:"modified_time"`
	Withdrawn *time.Time `json:"withdrawn_time,omitempty"`
	CVE       []string   `json:"cve"`
	Imported  string     `json:"imported_from,omitempty"` // whose history it is
	URL       string     `json:"url"`
}

type unused struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

func indexed(p *advisory.Public, r *advisory.Record) line {
	l := line{ID: r.ID, Title: r.Title, Public: r.Issued.UTC(), Modified: r.Changed().UTC(),
		CVE: cves(r), URL: p.Project.Permalink(r)}
	if r.Withdrawn != nil {
		at := r.Withdrawn.Date.UTC()
		l.Withdrawn = &at
	}
	if r.Imported != nil {
		l.Imported = r.Imported.From
	}
	return l
}

func cves(r *advisory.Record) []string {
	list := []string{}
	for _, alias := range r.Aliases {
		if len(alias) > 4 && alias[:4] == "CVE-" {
			list = append(list, alias)
		}
	}
	return list
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		panic("text: BUG: " + err.Error())
	}
	return b.Bytes()
}
