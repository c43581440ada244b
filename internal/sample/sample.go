// Package sample makes up advisories, for tests and benchmarks of what exports, shows and checks
// them. None of them is about anything that exists: modules are below example.org.
package sample

import (
	"fmt"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/prng"
)

// Date is when Public is: after everything that was issued.
var Date = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// Project is whose advisories they are.
func Project() advisory.Project {
	return advisory.Project{
		Name:      "Sample",
		Prefix:    "SAMPLE",
		BaseURL:   "https://sample.example",
		Contact:   []string{"mailto:security@sample.example"},
		Policy:    "https://sample.example/security/",
		Languages: []string{"en"},
		Modules:   []string{"example.org/sample"},
		Category:  "vendor",
	}
}

// Public is n records and what the public may see of them, which is all.
func Public(n int) *advisory.Public {
	return advisory.NewCollection(Project(), Records(n)).Public(Date)
}

// The shape of the records follows the Go vulnerability database: about seven modules to ten
// records, a few symbols in one or two packages, a withdrawn record now and then.
const (
	yearFirst      = 2020
	recordsPerYear = 1000
	withdrawnOneIn = 40
	imagesOneIn    = 25
	symbolsMax     = 8
	sentencesMax   = 12
)

// Records makes n records. The first m of n are the same for every n.
func Records(n int) []*advisory.Record {
	stream := prng.New(1)
	records := make([]*advisory.Record, n)
	for i := range records {
		records[i] = record(stream.Split(fmt.Sprint(i)), i)
	}
	return records
}

func record(s *prng.Stream, i int) *advisory.Record {
	year, serial := yearFirst+i/recordsPerYear, i%recordsPerYear+1
	issued := time.Date(year, 1, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(serial) * 6 * time.Hour)
	id := fmt.Sprintf("SAMPLE-%d-%04d", year, serial)
	r := &advisory.Record{
		File:     fmt.Sprintf("%d/%s.md", year, id),
		ID:       id,
		Title:    "Made up: " + sentence(s),
		Reported: issued.Add(-30 * 24 * time.Hour),
		Issued:   issued,
		Affected: affected(s, i),
		Severity: []advisory.Severity{{Vector: vectors[s.IntN(len(vectors))]}},
		CWE:      []string{weaknesses[s.IntN(len(weaknesses))]},
		Credits:  []advisory.Credit{{Name: "A Made-up Finder", Type: "FINDER"}},
		References: []advisory.Reference{
			{Type: "FIX", URL: fmt.Sprintf("https://example.org/change/%d", i)},
			{Type: "REPORT", URL: fmt.Sprintf("https://example.org/issue/%d", i)},
		},
	}
	if s.IntN(2) == 0 {
		r.Aliases = []string{fmt.Sprintf("CVE-%d-%d", year, 10000+serial)}
	}
	if s.IntN(3) == 0 {
		r.Modified = issued.Add(time.Duration(1+s.IntN(400)) * time.Hour)
	}
	if s.IntN(withdrawnOneIn) == 0 {
		date := r.Changed().Add(24 * time.Hour)
		r.Withdrawn = &advisory.Withdrawal{Date: date, Reason: "It was made up."}
	}
	if s.IntN(imagesOneIn) == 0 {
		r.Images = []advisory.Image{{Name: fmt.Sprintf("image%d", s.IntN(20)), Ranges: ranges(s)}}
	}
	for _, name := range sections {
		r.Sections = append(r.Sections, advisory.Section{Name: name, Text: paragraph(s)})
	}
	return r
}

var sections = []string{"Description", "Impact", "Vulnerable systems", "Mitigation", "Resolution"}

var vectors = []string{
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
	"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N",
	"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	"CVSS:4.0/AV:A/AC:H/AT:P/PR:L/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
}

var weaknesses = []string{"CWE-20", "CWE-125", "CWE-400", "CWE-416", "CWE-835"}

// affected is one module, sometimes two, most with packages and symbols.
func affected(s *prng.Stream, i int) []advisory.Affected {
	var list []advisory.Affected
	for k := range 1 + s.IntN(8)/7 {
		module := fmt.Sprintf("example.org/m%d", (i*7/10*2+k)%(1+i*7/5))
		a := advisory.Affected{Ecosystem: advisory.Go, Module: module, Ranges: ranges(s)}
		for p := range s.IntN(3) {
			a.Packages = append(a.Packages, advisory.Package{
				Path: fmt.Sprintf("%s/p%d", module, p), Symbols: symbols(s)})
		}
		list = append(list, a)
	}
	return list
}

func symbols(s *prng.Stream) []string {
	var list []string
	for k := range s.IntN(symbolsMax) {
		list = append(list, []string{"Decode", "Reader.Read", "Parse"}[k%3]+fmt.Sprint(k))
	}
	return list
}

// ranges is one to three ranges in order; the last may have no fix.
func ranges(s *prng.Stream) []advisory.Range {
	var list []advisory.Range
	n := 1 + s.IntN(6)/3
	for k := range n {
		fixed := fmt.Sprintf("%d.%d.%d", k, 1+s.IntN(9), s.IntN(9))
		r := advisory.Range{Introduced: "0", Fixed: fixed}
		if k > 0 {
			r.Introduced = fmt.Sprintf("%d.0.0", k)
		}
		if k == n-1 && s.IntN(10) == 0 {
			r.Fixed = ""
		}
		list = append(list, r)
	}
	return list
}

var words = strings.Fields("a packet with a long option makes the reader count past the end of " +
	"its buffer so that memory of another connection can be sent back and the stack waits for ever")

func sentence(s *prng.Stream) string {
	var b strings.Builder
	for k := range 6 + s.IntN(9) {
		if k > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[s.IntN(len(words))])
	}
	return b.String()
}

func paragraph(s *prng.Stream) string {
	var list []string
	for range 1 + s.IntN(sentencesMax) {
		text := sentence(s)
		list = append(list, strings.ToUpper(text[:1])+text[1:]+".")
	}
	return strings.Join(list, "\n")
}
