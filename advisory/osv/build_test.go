package osv

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// What a record says wrongly stops the export, with the record's file.
func TestExportRefuses(t *testing.T) {
	for want, change := range map[string]func(*advisory.Record){
		`"../up" is no id`: func(r *advisory.Record) { r.ID = "../up" },
		"a module without a path": func(r *advisory.Record) {
			r.Affected[1].Module = ""
		},
		"a package without a path": func(r *advisory.Record) {
			r.Affected[0].Packages[1].Path = ""
		},
		"an image without a name": func(r *advisory.Record) {
			r.Images = []advisory.Image{{}}
		},
		"two entries have the id": func(r *advisory.Record) {
			r.ID = "SAMPLE-2026-0002"
		},
		"module example.org/Sample/stack": func(r *advisory.Record) {
			r.Affected[0].Ranges[0].Fixed = "1.0.0"
		},
		"image web": func(r *advisory.Record) {
			r.Images = []advisory.Image{{Name: "web", Ranges: []advisory.Range{{Fixed: "one"}}}}
		},
		"read CVSS vector": func(r *advisory.Record) { r.Severity[0].Vector = "high" },
		"no time of modification": func(r *advisory.Record) {
			r.Issued = time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC)
			r.Modified = time.Time{}
		},
	} {
		records := sample.Cases()
		change(records[0])
		p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
		out, err := Export(p)
		if err == nil || !strings.Contains(err.Error(), want) || len(out.Files) > 0 {
			t.Errorf("error %v and %d files, want %q", err, len(out.Files), want)
		}
	}
}

// A section without text has no heading, and the first has none.
func TestDetails(t *testing.T) {
	r := &advisory.Record{
		Withdrawn: &advisory.Withdrawal{Reason: "It is none."},
		Sections: []advisory.Section{{Name: "Description", Text: "One.\n"},
			{Name: "Impact", Text: "\n"}, {Name: "Resolution", Text: "Two."}}}
	const want = "Withdrawn: It is none.\n\nOne.\n\n## Resolution\n\nTwo."
	if got := details(r); got != want {
		t.Errorf("details are %q, want %q", got, want)
	}
}

// The record's page comes first, and no link twice.
func TestReferences(t *testing.T) {
	p := sample.Project()
	r := &advisory.Record{ID: "SAMPLE-2026-0001", References: []advisory.Reference{
		{URL: "https://example.org/1"}, {Type: "WEB", URL: "https://example.org/1"}}}
	got := references(&p, r)
	want := []Reference{{"ADVISORY", "https://sample.example/advisories/SAMPLE-2026-0001/"},
		{"WEB", "https://example.org/1"}}
	if !slices.Equal(got, want) {
		t.Errorf("references are %v, want %v", got, want)
	}
}

// Aliases are sorted and have the id that people use, once.
func TestAliases(t *testing.T) {
	r := &advisory.Record{ID: "A-2026-0001", Aliases: []string{"CVE-2", "CVE-1", "A-2026-0001"}}
	if got := strings.Join(aliases("x_A-2026-0001", r), " "); got != "A-2026-0001 CVE-1 CVE-2" {
		t.Errorf("aliases are %s", got)
	}
}

// The rating is that of the worst vector.
func TestRating(t *testing.T) {
	r := &advisory.Record{Severity: []advisory.Severity{
		{Vector: "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"},
		{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
	}}
	if got, err := rating(r); got != "CRITICAL" || err != nil {
		t.Errorf("the rating is %s (%v)", got, err)
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"x_ATOLL-2026-0001", "GO-2021-0001", "RHSA-2024:1234", "x_1"} {
		if !ValidID(id) {
			t.Errorf("%s cannot name a file", id)
		}
	}
	for _, id := range []string{"", "all", "..", "../x-1", "-x", "_x", ".x-1", "x-1/y", `x-1\y`,
		"x-\x00", "x-ä", "x-1 ", strings.Repeat("x-", IDBytesMax)} {
		if ValidID(id) {
			t.Errorf("%q can name a file", id)
		}
	}
}
