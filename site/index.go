package site

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// IndexPath is where the index of the search lies: the script reads it in the browser, and the
// handler on the server.
const IndexPath = "advisories/search.json"

// index is what is searched: all advisories, the newest first.
type index struct {
	Records []entry `json:"records"`

	byName map[string]string // ids and aliases in lower case → id
}

// entry is one advisory in the index.
type entry struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Issued    string     `json:"issued"`           // 2026-01-31
	Rating    string     `json:"rating,omitempty"` // of CVSS; empty: not given
	Score     string     `json:"score,omitempty"`  // "7.5"
	Withdrawn bool       `json:"withdrawn,omitempty"`
	From      string     `json:"from,omitempty"` // the project that it was imported from
	Aliases   []string   `json:"aliases,omitempty"`
	CWE       []string   `json:"cwe,omitempty"`
	Affected  []affected `json:"affected"`
	Images    []string   `json:"images,omitempty"`

	text string // what words are looked for in
}

// affected is a module that an advisory names.
type affected struct {
	Ecosystem string      `json:"ecosystem"`
	Module    string      `json:"module"`
	Page      string      `json:"page"`   // advisories/module/…/
	Ranges    [][2]string `json:"ranges"` // introduced, fixed; none: all versions
}

// newIndex returns the index of records.
func newIndex(records []*advisory.Record) (*index, error) {
	x := &index{Records: make([]entry, 0, len(records))}
	for _, r := range records {
		e := entry{ID: r.ID, Title: r.Title, Issued: r.Issued.Format(dateLayout),
			Withdrawn: r.Withdrawn != nil, Aliases: r.Aliases, CWE: r.CWE, Affected: []affected{}}
		if r.Imported != nil {
			e.From = r.Imported.From
		}
		e.Rating, e.Score = ratingOf(r)
		for _, a := range r.Affected {
			at, err := modulePath(a)
			if err != nil {
				return nil, fmt.Errorf("site: %s: %w", r.ID, err)
			}
			ranges := make([][2]string, 0, len(a.Ranges))
			for _, v := range a.Ranges {
				ranges = append(ranges, [2]string{v.Introduced, v.Fixed})
			}
			e.Affected = append(e.Affected, affected{a.Ecosystem, a.Module, at, ranges})
		}
		for _, i := range r.Images {
			e.Images = append(e.Images, i.Name)
		}
		e.text = e.searched()
		x.Records = append(x.Records, e)
	}
	slices.SortStableFunc(x.Records, func(a, b entry) int {
		if c := strings.Compare(b.Issued, a.Issued); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return x, nil
}

// ratingOf returns the highest rating that a record's vectors give, with its score.
func ratingOf(r *advisory.Record) (rating, score string) {
	highest := -1.0
	for _, s := range r.Severity {
		number, name, err := s.Score()
		if err == nil && number > highest {
			highest, rating, score = number, name, fmt.Sprintf("%.1f", number)
		}
	}
	return rating, score
}

// readIndex reads an index that Build made.
func readIndex(text []byte) (*index, error) {
	x := &index{}
	if err := json.Unmarshal(text, x); err != nil {
		return nil, fmt.Errorf("site: read %s: %w", IndexPath, err)
	}
	x.byName = map[string]string{}
	for i := range x.Records {
		e := &x.Records[i]
		e.text = e.searched()
		for _, alias := range e.Aliases {
			if key := lower(alias); x.byName[key] == "" {
				x.byName[key] = e.ID
			}
		}
	}
	for i := range x.Records { // an id is stronger than an alias
		x.byName[strings.TrimPrefix(lower(x.Records[i].ID), "x_")] = x.Records[i].ID
	}
	return x, nil
}

// searched is what an advisory is found by, in lower case: its ids, title, weaknesses,
// images and modules.
func (e *entry) searched() string {
	all := append([]string{e.ID, e.Title}, e.Aliases...)
	all = append(append(all, e.CWE...), e.Images...)
	for _, a := range e.Affected {
		all = append(all, a.Module)
	}
	return lower(strings.Join(all, "\n"))
}

// modules returns the modules that advisories name, each once, by name.
func (x *index) modules() []string {
	var list []string
	for i := range x.Records {
		for _, a := range x.Records[i].Affected {
			list = append(list, a.Module)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
