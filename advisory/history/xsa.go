package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// XSAMax is how many advisories an index can have; at the end of 2026 there are some 500.
const (
	XSAMax      = 10_000
	XSABytesMax = 8 << 20
)

// xsaIndex is xsa.json.
type xsaIndex []struct {
	XSAs []struct {
		Number json.RawMessage `json:"xsa"` // a number, or a text that is one
		Title  string          `json:"title"`
		Public string          `json:"public_time"`
		CVE    []string        `json:"cve"`
	} `json:"xsas"`
}

// xsaTimes are the forms of public_time, which is in UTC.
var xsaTimes = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02"}

// XSA reads the Xen Project's index of advisories. It has facts only, so the records have no
// versions, and their text points to the source. What is not public, or a number that was never
// used, is a finding.
func XSA(file string, data []byte) ([]*advisory.Record, []advisory.Finding, error) {
	if len(data) > XSABytesMax {
		return nil, nil, fmt.Errorf("history: read XSA index: longer than %d bytes", XSABytesMax)
	}
	var index xsaIndex
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, nil, fmt.Errorf("history: read XSA index: %w", err)
	}
	n := &notes{file: file}
	var records []*advisory.Record
	for _, part := range index {
		for _, x := range part.XSAs {
			var number int
			if err := json.Unmarshal(bytes.Trim(x.Number, `"`), &number); err != nil || number < 1 {
				n.id = ""
				n.add("", "%.40q is no number of an XSA: left out", string(x.Number))
				continue
			}
			n.id = fmt.Sprintf("x_XSA-%d", number)
			at, ok := xsaTime(x.Public)
			switch {
			case x.Title == "" && x.Public == "":
				n.add("", "nothing is public: the number is unused, or not disclosed yet")
				continue
			case !ok:
				n.add("look at the source", "public_time %.40q is no time: left out", x.Public)
				continue
			case len(records) == XSAMax:
				return nil, nil, fmt.Errorf("history: read XSA index: more than %d advisories", XSAMax)
			}
			r := xsaRecord(n.id, number, oneLine(x.Title), at, x.CVE)
			if err := writable(r); err != nil {
				n.add("look at the source", "left out: %v", err)
				continue
			}
			records = append(records, r)
		}
	}
	return records, n.list, nil
}

func xsaTime(text string) (time.Time, bool) {
	for _, layout := range xsaTimes {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

func xsaRecord(id string, number int, title string, at time.Time, cve []string) *advisory.Record {
	page := fmt.Sprintf("https://xenbits.xen.org/xsa/advisory-%d.html", number)
	if title == "" {
		title = fmt.Sprintf("Xen Security Advisory %d", number)
	}
	r := &advisory.Record{ID: id, Title: title, Issued: at, Aliases: cve,
		References: []advisory.Reference{{Type: "ADVISORY", URL: page}},
		Imported:   &advisory.Origin{From: "Xen Project", URL: page, Licence: NoLicence}}
	addSection(r, "Description", fmt.Sprintf("Xen Security Advisory %d, of which this is only the "+
		"title, the time and the CVE names. The advisory: <%s>.", number, page))
	return r
}
