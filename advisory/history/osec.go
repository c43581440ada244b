package history

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// osecEntry is an entry of https://github.com/ocaml/security-advisories, branch generated-osv.
type osecEntry struct {
	ID         string          `json:"id"`
	Published  time.Time       `json:"published"`
	Modified   time.Time       `json:"modified"`
	Withdrawn  time.Time       `json:"withdrawn"`
	Aliases    []string        `json:"aliases"`
	Related    []string        `json:"related"`
	Summary    string          `json:"summary"`
	Details    string          `json:"details"`
	Severity   []osv.Severity  `json:"severity"`
	Affected   []osecAffected  `json:"affected"`
	References []osv.Reference `json:"references"`
	Credits    []osv.Credit    `json:"credits"`
	Specific   struct {
		Page string   `json:"human_link"`
		CWE  []string `json:"cwe"`
	} `json:"database_specific"`
}

type osecAffected struct {
	Package  osv.Package `json:"package"`
	Ranges   []osv.Range `json:"ranges"`
	Specific struct {
		Bindings []string `json:"affected_bindings"`
	} `json:"ecosystem_specific"`
}

// OSEC reads an entry of the OCaml security team's database. File is for findings.
func OSEC(file string, data []byte) (*advisory.Record, []advisory.Finding, error) {
	if len(data) > SourceBytesMax {
		return nil, nil, fmt.Errorf("history: read OSEC entry: longer than %d bytes", SourceBytesMax)
	}
	var e osecEntry
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, nil, fmt.Errorf("history: read OSEC entry: %w", err)
	}
	if !strings.HasPrefix(e.ID, "OSEC-") || !advisory.ValidID(e.ID) {
		return nil, nil, fmt.Errorf("history: read OSEC entry: the id %q is not OSEC-YEAR-NUMBER", e.ID)
	}
	n := &notes{file: file, id: e.ID}
	r := &advisory.Record{File: file, ID: e.ID, Title: oneLine(e.Summary), Aliases: e.Aliases,
		Related: e.Related, Issued: e.Published.UTC(), Modified: e.Modified.UTC(), CWE: e.Specific.CWE,
		Imported: &advisory.Origin{From: "OCaml security team", URL: e.Specific.Page,
			Licence: "CC0-1.0"}}
	n.dates(r)
	if !e.Withdrawn.IsZero() {
		r.Withdrawn = &advisory.Withdrawal{Date: e.Withdrawn.UTC(), Reason: "withdrawn at its source"}
		n.add("write the reason that "+r.Imported.URL+" gives", "withdrawn, and OSV has no field for why")
	}
	for _, s := range e.Severity {
		n.severity(r, s.Score)
	}
	for _, ref := range e.References {
		r.References = append(r.References, advisory.Reference{Type: ref.Type, URL: ref.URL})
	}
	for _, c := range e.Credits {
		r.Credits = append(r.Credits, advisory.Credit{Name: c.Name, Type: c.Type, Contact: c.Contact})
	}
	details(r, e.Details)
	for _, a := range e.Affected {
		n.affected(r, a)
	}
	if err := writable(r); err != nil {
		return nil, nil, fmt.Errorf("history: read OSEC entry: %w", err)
	}
	return r, n.list, nil
}

// dates completes what a source left out: a record without a date of issue is exported nowhere.
func (n *notes) dates(r *advisory.Record) {
	if r.Issued.IsZero() {
		n.add("", "no published date: modified, %s, stands for it",
			r.Modified.Format(advisory.TimeLayout))
		r.Issued = r.Modified
	}
	if r.Modified.Before(r.Issued) {
		n.add("", "modified %s, before it was published: left out",
			r.Modified.Format(advisory.TimeLayout))
		r.Modified = time.Time{}
	}
}

// severity adds a vector. Base metrics of CVSS 3.0 are those of 3.1, whose specification changed
// only how environmental scores are computed (CVSS 3.1, user guide §2.6, §2.7).
func (n *notes) severity(r *advisory.Record, vector string) {
	if base, old := strings.CutPrefix(vector, "CVSS:3.0/"); old {
		n.add("", "%s is written as a vector of CVSS 3.1: its base metrics are the same", vector)
		vector = advisory.CVSS31 + base
	}
	s := advisory.Severity{Vector: vector}
	if _, _, err := s.Score(); err != nil {
		n.add("look at the source", "severity %q left out: %v", vector, err)
		return
	}
	r.Severity = append(r.Severity, s)
}

// affected adds a package. OSV's GIT ranges become links to the commits.
func (n *notes) affected(r *advisory.Record, from osecAffected) {
	if from.Package.Ecosystem != advisory.Opam {
		n.add("", "%s of ecosystem %q left out", from.Package.Name, from.Package.Ecosystem)
		return
	}
	a := advisory.Affected{Ecosystem: advisory.Opam, Module: from.Package.Name}
	for _, v := range from.Ranges {
		switch v.Type {
		case osv.Ecosystem:
			n.events(&a, v.Events)
		case "GIT":
			commits(r, v)
		}
	}
	if len(a.Ranges) == 0 {
		n.add("", "no versions given for %s: all of them count", a.Module)
	}
	r.Affected = append(r.Affected, a)
	if len(from.Specific.Bindings) > 0 {
		addSection(r, "Vulnerable systems", "In "+a.Module+": `"+
			strings.Join(from.Specific.Bindings, "`, `")+"`.")
	}
}

// events turns a list of events into ranges: the next fixed ends what an introduced began.
func (n *notes) events(a *advisory.Affected, events []osv.Event) {
	open := false
	for _, e := range events {
		switch {
		case e.Introduced != "" && !open:
			a.Ranges = append(a.Ranges, advisory.Range{Introduced: e.Introduced})
			open = true
		case e.Fixed != "" && open:
			a.Ranges[len(a.Ranges)-1].Fixed = e.Fixed
			open = false
		default:
			n.add("look at the source", "%s: event %+v does not fit, and is left out", a.Module, e)
		}
	}
}

// commits adds links to the commits of a range.
func commits(r *advisory.Record, v osv.Range) {
	repo := strings.TrimSuffix(strings.TrimSuffix(v.Repo, "/"), ".git")
	add := func(kind, commit string) {
		ref := advisory.Reference{Type: kind, URL: repo + "/commit/" + commit}
		if commit != "" && commit != advisory.First && !slices.Contains(r.References, ref) {
			r.References = append(r.References, ref)
		}
	}
	for _, e := range v.Events {
		add("INTRODUCED", e.Introduced)
		add("FIX", e.Fixed)
	}
}

// details divides a text in Markdown at its headings of the second level.
func details(r *advisory.Record, text string) {
	name := "Description"
	var part []string
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok && strings.TrimSpace(heading) != "" {
			addSection(r, name, strings.Join(part, "\n"))
			name, part = strings.TrimSpace(heading), nil
			continue
		}
		part = append(part, line)
	}
	addSection(r, name, strings.Join(part, "\n"))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
