package csaf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Reasons why a record has no document.
const (
	SkippedImported = "imported records are history of others, which is not ours to publish"
	SkippedNothing  = "names no module and no image"
	SkippedID       = "its id cannot be the name of a file"
)

// skip says why a record has no document, "" if it has one.
func skip(r *advisory.Record) string {
	named := func(a advisory.Affected) bool { return a.Module != "" }
	image := func(i advisory.Image) bool { return i.Name != "" }
	switch {
	case r.Imported != nil:
		return SkippedImported
	case !advisory.ValidID(r.ID):
		return SkippedID
	case !slices.ContainsFunc(r.Affected, named) && !slices.ContainsFunc(r.Images, image):
		return SkippedNothing
	}
	return ""
}

// stamp writes an instant as every file of the tree does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// builder makes the document of one record.
type builder struct {
	project  *advisory.Project
	record   *advisory.Record
	products *products
}

// encode returns the document's file.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("csaf: BUG: " + err.Error())
	}
	return b.Bytes()
}

// build makes the document of a record that skip has no reason against. One that is withdrawn is
// of the category csaf_base, as CSAF 2.1 has it for its csaf_withdrawn, without products and
// vulnerabilities: version 2.0 has no word for "this does not hold", and a list of affected or of
// unaffected products would say more than is known.
func build(p *advisory.Project, r *advisory.Record) *document {
	b := &builder{p, r, collect(p, r)}
	d := &document{Document: b.head()}
	if w := r.Withdrawn; w != nil {
		d.Document.Category = "csaf_base"
		d.Document.Title = "Withdrawn: " + d.Document.Title
		d.Document.Notes = []note{{"description",
			fmt.Sprintf("Withdrawn on %s: %s", w.Date.UTC().Format(time.DateOnly), w.Reason),
			"Reasoning for Withdrawal"}}
		return d
	}
	d.Document.Severity = severity(r)
	d.ProductTree = b.products.tree()
	cves := filter(r.Aliases, cve.MatchString)
	if len(cves) == 0 {
		cves = []string{""}
	}
	for _, cve := range cves {
		v := b.vulnerability()
		v.CVE = cve
		d.Vulnerabilities = append(d.Vulnerabilities, v)
	}
	return d
}

var cve = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)

// filter keeps what is wanted, each once.
func filter(list []string, want func(string) bool) []string {
	var out []string
	for _, s := range list {
		if want(s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// title is what the document is about; it must not be empty.
func (b *builder) title() string {
	if t := strings.TrimSpace(b.record.Title); t != "" {
		return t
	}
	return b.record.ID
}

func (b *builder) head() head {
	r := b.record
	h := head{
		Category:     "csaf_security_advisory",
		Version:      "2.0",
		Distribution: distribution{tlp{"WHITE", "https://www.first.org/tlp/v1/"}},
		Publisher:    publisherOf(b.project),
		Title:        b.title(),
		Tracking: tracking{
			Aliases: filter(r.Aliases, func(s string) bool { return s != "" }),
			Current: stamp(r.Changed()), ID: r.ID, Initial: stamp(r.Issued), Status: "final"},
		References: append([]reference{
			{"self", "This document", b.project.BaseURL + "/" + Path(r)},
			{"self", "The advisory to read", b.project.Permalink(r)},
		}, references(r)...),
	}
	for i, v := range r.Revisions() {
		n := strconv.Itoa(i + 1)
		h.Tracking.Revision = append(h.Tracking.Revision, revision{stamp(v.Date), n, v.Summary})
		h.Tracking.Version = n
	}
	for _, c := range r.Credits {
		if c.Name != "" {
			h.Acknowledgments = append(h.Acknowledgments, acknowledgment{[]string{c.Name},
				strings.ToLower(strings.ReplaceAll(c.Type, "_", " ")), filter(c.Contact, isURL)})
		}
	}
	return h
}

// publisherOf is also in the provider's metadata.
func publisherOf(p *advisory.Project) publisher {
	return publisher{p.Category, strings.Join(p.Contact, ", "), p.Name, p.BaseURL}
}

// isURL tells whether a text can be a URL of the document; lint refuses others in a record.
func isURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, " <>\"{}|\\^`") {
		return false
	}
	return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") || u.Scheme == "mailto"
}

func references(r *advisory.Record) []reference {
	var list []reference
	for _, ref := range r.References {
		if !isURL(ref.URL) {
			continue
		}
		kind := ref.Type
		if kind == "" {
			kind = "WEB"
		}
		summary := kind[:1] + strings.ToLower(kind[1:])
		list = append(list, reference{"external", summary, ref.URL})
	}
	return list
}

// best returns the first vector that begins so and can be read, with its score and rating.
func best(r *advisory.Record, prefix string) (vector string, score float64, rating string) {
	for _, s := range r.Severity {
		if score, rating, err := s.Score(); err == nil && strings.HasPrefix(s.Vector, prefix) {
			return s.Vector, score, rating
		}
	}
	return "", 0, ""
}

// severity is that of CVSS 4.0, if the record has it.
func severity(r *advisory.Record) *aggregateSeverity {
	if _, _, rating := best(r, advisory.CVSS40); rating != "" {
		return &aggregateSeverity{"https://www.first.org/cvss/v4-0/specification-document", rating}
	}
	if _, _, rating := best(r, advisory.CVSS31); rating != "" {
		return &aggregateSeverity{"https://www.first.org/cvss/v3-1/specification-document", rating}
	}
	return nil
}
