package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// Limits of a search. The script has the same.
const (
	QueryBytesMax  = 200 // of each field
	ResultsMax     = 200
	SuggestionsMax = 10
)

// query is what is searched for. The empty query is everything.
type query struct{ Words, Module, Version, Severity string }

// ratings are the ratings of CVSS that a search asks for, the lowest first: "low" means low or
// higher.
var ratings = []string{"low", "medium", "high", "critical"}

// readQuery reads a form. The problem is for the person who filled it in, "" if there is none.
func readQuery(v url.Values) (q query, problem string) {
	q = query{clean(v.Get("q")), clean(v.Get("module")), clean(v.Get("version")),
		clean(v.Get("severity"))}
	for _, field := range []string{q.Words, q.Module, q.Version, q.Severity} {
		if len(field) > QueryBytesMax {
			return query{}, fmt.Sprintf("A field may have at most %d bytes.", QueryBytesMax)
		}
	}
	switch {
	case q.Severity != "" && !slices.Contains(ratings, q.Severity):
		return query{}, "The severity is one of " + strings.Join(ratings, ", ") + "."
	case q.Version != "" && q.Module == "":
		return q, "A version says nothing without a module: give both."
	}
	return q, ""
}

// clean is a field without the blanks round it, and in UTF-8 as browsers read an address.
func clean(s string) string { return strings.Trim(strings.ToValidUTF8(s, "\ufffd"), blanks) }

// blanks are what separates words; just these, so that the script does the same.
const blanks = " \t\r\n"

// verdict is what a search says of one advisory and the version that was asked for.
type verdict string

// Verdicts. A withdrawn advisory has none of the others.
const (
	isAffected  verdict = "affected"
	notAffected verdict = "not affected"
	isUnknown   verdict = "unknown"
	isWithdrawn verdict = "withdrawn"
)

// result is one advisory that a search has found.
type result struct {
	*entry
	Verdict verdict // empty: no version was asked for
}

// answer is what a search has found.
type answer struct {
	Query       query
	Asked       bool // something was searched for
	Problem     string
	Results     []result // at most ResultsMax of Total, unless nothing was searched for
	Total       int
	Suggestions []string // modules with such a name, if no advisory names just this one

	known     bool // some advisory names the module
	affecting int  // how many affect the version, whatever else is searched for
	unclear   bool // the version is none that can be compared
}

// order is how results are sorted that have a verdict.
var order = []verdict{isAffected, isUnknown, notAffected, isWithdrawn}

// search finds advisories. Those that affect the version come first, then those of which nothing
// can be said; otherwise the newest are first.
func (x *index) search(q query) *answer {
	a := &answer{Query: q, Asked: q != query{}}
	words := fields(q.Words)
	byVerdict := make([][]result, len(order))
	for i := range x.Records {
		e := &x.Records[i]
		r := result{entry: e}
		if q.Module != "" {
			named := e.named(q.Module)
			if len(named) == 0 {
				continue
			}
			a.known = true
			if q.Version != "" {
				r.Verdict = e.judge(named, q.Version)
				a.count(r.Verdict)
			}
		}
		if e.atLeast(q.Severity) && e.has(words) {
			place := max(slices.Index(order, r.Verdict), 0)
			byVerdict[place] = append(byVerdict[place], r)
		}
	}
	a.Results = slices.Concat(byVerdict...)
	a.Total = len(a.Results)
	if a.Asked {
		a.Results = a.Results[:min(a.Total, ResultsMax)]
	}
	if q.Module != "" && !a.known {
		a.Suggestions = x.suggest(q.Module)
	}
	return a
}

func (a *answer) count(v verdict) {
	switch v {
	case isAffected:
		a.affecting++
	case isUnknown:
		a.unclear = true
	}
}

// Kind is how the answer to the question about a version is shown; empty if there is none.
func (a *answer) Kind() string {
	switch {
	case a.Problem != "":
		return "problem"
	case a.Query.Module == "":
		return ""
	case !a.known:
		return "unknown"
	case a.Query.Version == "":
		return ""
	case a.unclear:
		return "unknown"
	case a.affecting > 0:
		return "affected"
	}
	return "clear"
}

// Says is the answer to the question about a version, in words. The script says the same.
func (a *answer) Says() string {
	q := a.Query
	switch a.Kind() {
	case "problem":
		return a.Problem
	case "unknown":
		if !a.known {
			return "Unknown: no advisory here names the module " + q.Module +
				". That says nothing about advisories elsewhere."
		}
		return "Unknown: " + q.Version + " is no version of " + q.Module + " that can be compared."
	case "affected":
		return "Affected: " + plural(a.affecting, "advisory covers", "advisories cover") +
			" version " + q.Version + " of " + q.Module + "."
	case "clear":
		return "Not affected by what is published here: no advisory that names " + q.Module +
			" covers version " + q.Version + "."
	}
	return ""
}

// Counts says how many advisories were found. The script says the same.
func (a *answer) Counts() string {
	if !a.Asked {
		return plural(a.Total, "advisory", "advisories") + ", the newest first."
	}
	text := plural(a.Total, "advisory", "advisories") + " found"
	if a.Total > len(a.Results) {
		return fmt.Sprintf("%s, the first %d are shown.", text, len(a.Results))
	}
	return text + "."
}

// plural is a number of things, in words.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// named returns what an advisory says of a module.
func (e *entry) named(module string) (list []affected) {
	for _, a := range e.Affected {
		if a.Module == module {
			list = append(list, a)
		}
	}
	return list
}

// judge says whether a version has the problem.
func (e *entry) judge(named []affected, version string) verdict {
	if e.Withdrawn {
		return isWithdrawn
	}
	said := notAffected
	for _, a := range named {
		if !advisory.ValidVersion(a.Ecosystem, version) {
			return isUnknown
		}
		had := advisory.Affected{Ecosystem: a.Ecosystem, Module: a.Module}
		for _, v := range a.Ranges {
			had.Ranges = append(had.Ranges, advisory.Range{Introduced: v[0], Fixed: v[1]})
		}
		if had.Contains(version) {
			said = isAffected
		}
	}
	return said
}

// atLeast tells whether an advisory has that severity or a higher one.
func (e *entry) atLeast(severity string) bool {
	if severity == "" {
		return true
	}
	return slices.Index(ratings, lower(e.Rating)) >= slices.Index(ratings, severity)
}

// has tells whether every word stands in what an advisory is found by.
func (e *entry) has(words []string) bool {
	for _, word := range words {
		if !strings.Contains(e.text, word) {
			return false
		}
	}
	return true
}

// suggest returns modules whose names are like one that no advisory names.
func (x *index) suggest(module string) (list []string) {
	for _, m := range x.modules() {
		if strings.Contains(lower(m), lower(module)) || strings.HasPrefix(module, m+"/") {
			if list = append(list, m); len(list) == SuggestionsMax {
				break
			}
		}
	}
	return list
}

// fields cuts a text into its words, in lower case.
func fields(s string) []string {
	return strings.FieldsFunc(lower(s), func(c rune) bool { return strings.ContainsRune(blanks, c) })
}

// lower is ASCII's lower case: all that a browser and a server are sure to agree on.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
