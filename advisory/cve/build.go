package cve

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

// Limits of the format, in characters and in items.
const (
	titleMax      = 256
	textMax       = 4096
	referencesMax = 512
)

// The drafts are in English, as records are.
const lang = "en"

// build makes the draft of a record with a CVE id.
func build(p *advisory.Project, r *advisory.Record, id string) (*record, error) {
	d := &record{
		DataType:    "CVE_RECORD",
		DataVersion: DataVersion,
		Metadata:    metadata{id, PlaceholderOrg, "PUBLISHED"},
	}
	c := &d.Containers.CNA
	c.Provider.OrgID = PlaceholderOrg
	c.Draft = "The organization is a placeholder, which the CVE Numbering Authority replaces."
	if id == placeholder(r) {
		c.Draft = "The CVE id and the organization are placeholders, which the CVE Numbering " +
			"Authority replaces."
	}
	if r.Withdrawn != nil {
		d.Metadata.State = "REJECTED"
		c.RejectedReasons = list(r.Withdrawn.Reason)
		c.Draft = "" // a rejected record has no room for it
		return d, nil
	}
	c.Title = cut(r.Title, titleMax)
	public := instant(r.Issued)
	c.DatePublic = &public
	c.Descriptions = list(description(r))
	var err error
	if c.Affected, err = affected(p, r); err != nil {
		return nil, err
	}
	for _, cwe := range unique(r.CWE) {
		c.ProblemTypes = append(c.ProblemTypes, problem{[]weakness{{lang, cwe, cwe, "CWE"}}})
	}
	if c.Metrics, err = metrics(r); err != nil {
		return nil, err
	}
	c.References = references(p, r)
	c.Workarounds = list(r.Section("Mitigation"))
	c.Solutions = list(r.Section("Resolution"))
	c.Credits = credits(r)
	c.Timeline = timeline(r)
	c.Source = &source{r.ID}
	return d, nil
}

func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// list is a text as the format has texts: none if it is empty.
func list(value string) []text {
	value = strings.TrimSpace(value)
	if value == "" {
		return nil
	}
	return []text{{lang, cut(value, textMax)}}
}

// cut shortens a text to so many characters, at a word's end where there is one.
func cut(value string, most int) string {
	if utf8.RuneCountInString(value) <= most {
		return value
	}
	runes := []rune(value)[:most-2]
	short := string(runes)
	if at := strings.LastIndexAny(short, " \n"); at >= len(short)/2 {
		short = short[:at]
	}
	return strings.TrimSpace(short) + " …"
}

// description is what the record says of the problem and of its impact, or else its title.
func description(r *advisory.Record) string {
	var parts []string
	for _, name := range []string{"Description", "Impact"} {
		if text := strings.TrimSpace(r.Section(name)); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return r.Title
	}
	return strings.Join(parts, "\n\n")
}

// unique leaves out what a list has more than once: lists of the format are sets.
func unique[T comparable](values []T) []T {
	var out []T
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func metrics(r *advisory.Record) ([]metric, error) {
	var out []metric
	for _, s := range unique(r.Severity) {
		score, rating, err := s.Score()
		if err != nil {
			return nil, err
		}
		c := &cvss{Vector: s.Vector, Score: score, Severity: strings.ToUpper(rating)}
		m := metric{Format: "CVSS"}
		if strings.HasPrefix(s.Vector, advisory.CVSS40) {
			c.Version, m.V4 = "4.0", c
		} else {
			c.Version, m.V31 = "3.1", c
		}
		out = append(out, m)
	}
	return out, nil
}

// tags are the format's words for OSV's types of references, where it has one.
var tags = map[string]string{"ARTICLE": "technical-description", "EVIDENCE": "exploit",
	"FIX": "patch", "PACKAGE": "product", "REPORT": "issue-tracking"}

// references begins with the record's page.
func references(p *advisory.Project, r *advisory.Record) []reference {
	out := []reference{{p.Permalink(r), []string{"vendor-advisory"}}}
	for _, ref := range r.References {
		known := slices.ContainsFunc(out, func(o reference) bool { return o.URL == ref.URL })
		if known || len(out) == referencesMax {
			continue
		}
		next := reference{URL: ref.URL}
		if tag := tags[ref.Type]; tag != "" {
			next.Tags = []string{tag}
		}
		out = append(out, next)
	}
	return out
}

func credits(r *advisory.Record) []credit {
	var out []credit
	for _, c := range r.Credits {
		kind := strings.ReplaceAll(strings.ToLower(c.Type), "_", " ")
		out = append(out, credit{lang, cut(c.Name, textMax), kind})
	}
	return unique(out)
}

func timeline(r *advisory.Record) []moment {
	var out []moment
	if !r.Reported.IsZero() {
		out = append(out, moment{instant(r.Reported), lang, "Reported."})
	}
	for _, v := range r.Revisions() {
		out = append(out, moment{instant(v.Date), lang, cut(v.Summary, textMax)})
	}
	return unique(out)
}
