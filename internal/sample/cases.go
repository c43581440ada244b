package sample

import (
	"time"

	"github.com/atoll-os/atoll/advisory"
)

func day(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

// Cases is a record for each thing that a record can have, among them one that is not issued.
func Cases() []*advisory.Record {
	return []*advisory.Record{full(), standard(), toolchain(), withdrawn(), image(), imported(),
		unissued()}
}

// full has every field of a record of ours.
func full() *advisory.Record {
	return &advisory.Record{
		File:     "2026/SAMPLE-2026-0001.md",
		ID:       "SAMPLE-2026-0001",
		Aliases:  []string{"CVE-2026-0001"},
		Related:  []string{"CVE-2025-0001"},
		Title:    "Made up: a long option is read past its end",
		Reported: day(1, 5),
		Issued:   time.Date(2026, 2, 3, 14, 0, 0, 0, time.UTC),
		Modified: time.Date(2026, 2, 10, 9, 30, 0, 0, time.UTC),
		Affected: []advisory.Affected{{
			Ecosystem: advisory.Go,
			Module:    "example.org/Sample/stack",
			Ranges:    []advisory.Range{{Introduced: "1.4.0"}, {Introduced: "0", Fixed: "1.2.3"}},
			Packages: []advisory.Package{
				{Path: "example.org/Sample/stack/option", Symbols: []string{"Parse", "Reader.Next"}},
				{Path: "example.org/Sample/stack/tap", GOOS: []string{"linux"},
					GOARCH: []string{"amd64", "arm64"}},
			},
		}, {
			Ecosystem: advisory.Go,
			Module:    "example.org/sample",
			Ranges:    []advisory.Range{{Introduced: "0.9.0-rc.1", Fixed: "2.0.0+incompatible"}},
		}},
		Severity: []advisory.Severity{
			{Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"},
			{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
		},
		CWE: []string{"CWE-125"},
		Credits: []advisory.Credit{
			{Name: "A Made-up Finder", Type: "FINDER", Contact: []string{"https://finder.example"}},
			{Name: "A Made-up Developer", Type: "REMEDIATION_DEVELOPER"},
		},
		References: []advisory.Reference{{Type: "FIX", URL: "https://example.org/change/1"}},
		Sections: []advisory.Section{
			{Name: "Description", Text: "The length of an option is not checked <before> it is read."},
			{Name: "Impact", Text: "A peer reads *up to 255 bytes* of memory."},
			{Name: "Vulnerable systems", Text: "Programs that call `option.Parse`."},
			{Name: "Mitigation", Text: "None."},
			{Name: "Resolution", Text: "Update to 1.2.3. Version 1.4.0 has the problem again."},
		},
	}
}

// standard is about Go's standard library, with a release candidate.
func standard() *advisory.Record {
	return &advisory.Record{
		File:   "2026/SAMPLE-2026-0002.md",
		ID:     "SAMPLE-2026-0002",
		Title:  "Made up: the standard library waits for ever",
		Issued: day(3, 1),
		Affected: []advisory.Affected{{
			Ecosystem: advisory.Go,
			Module:    "stdlib",
			Ranges: []advisory.Range{{Introduced: "0", Fixed: "1.25.9"},
				{Introduced: "1.26rc1", Fixed: "1.26.2"}},
			Packages: []advisory.Package{{Path: "net/http", Symbols: []string{"Serve"}}},
		}},
		Sections: []advisory.Section{{Name: "Description", Text: "It waits."}},
	}
}

// toolchain is about the go command; no version has the fix.
func toolchain() *advisory.Record {
	return &advisory.Record{
		File:   "2026/SAMPLE-2026-0003.md",
		ID:     "SAMPLE-2026-0003",
		Title:  "Made up: the go command runs what it downloads",
		Issued: day(3, 2),
		Affected: []advisory.Affected{{
			Ecosystem: advisory.Go,
			Module:    "toolchain",
			Ranges:    []advisory.Range{{Introduced: "1.24.0"}},
			Packages:  []advisory.Package{{Path: "cmd/go"}},
		}},
		Sections: []advisory.Section{{Name: "Description", Text: "It runs."}},
	}
}

// withdrawn is about the same module as full.
func withdrawn() *advisory.Record {
	return &advisory.Record{
		File:      "2026/SAMPLE-2026-0004.md",
		ID:        "SAMPLE-2026-0004",
		Title:     "Made up: what turned out to be no problem",
		Issued:    day(3, 3),
		Withdrawn: &advisory.Withdrawal{Date: day(3, 9), Reason: "The buffer cannot be reached."},
		Affected: []advisory.Affected{{Ecosystem: advisory.Go, Module: "example.org/Sample/stack",
			Ranges: []advisory.Range{{Introduced: "0", Fixed: "1.2.4"}}}},
		Sections: []advisory.Section{{Name: "Description", Text: "It overflows."}},
	}
}

// image names a bootable image and no module.
func image() *advisory.Record {
	return &advisory.Record{
		File:   "2026/SAMPLE-2026-0006.md",
		ID:     "SAMPLE-2026-0006",
		Title:  "Made up: an image has a key in it",
		Issued: day(4, 1),
		Images: []advisory.Image{{Name: "sample-web",
			Ranges: []advisory.Range{{Introduced: "1.0.0", Fixed: "1.1.0"}}}},
		Sections: []advisory.Section{{Name: "Description", Text: "The key is the same for all."}},
	}
}

// imported is another project's history, about a package of opam.
func imported() *advisory.Record {
	return &advisory.Record{
		File:    "history/x_MADE-01.md",
		ID:      "x_MADE-01",
		Aliases: []string{"OSEC-2019-99"},
		Title:   "Made up: an opam package fails to check a result",
		Issued:  time.Date(2019, 4, 25, 0, 0, 0, 0, time.UTC),
		Affected: []advisory.Affected{{Ecosystem: advisory.Opam, Module: "made-up",
			Ranges: []advisory.Range{{Introduced: "0", Fixed: "3.4"}}}},
		Imported: &advisory.Origin{From: "Elsewhere", URL: "https://elsewhere.example/01",
			Licence: "CC0-1.0"},
		Sections: []advisory.Section{{Name: "Description", Text: "It is not checked."}},
	}
}

// Canary is a text in the record that is not issued: nothing that the public sees may have it.
const Canary = "canary-not-issued"

func unissued() *advisory.Record {
	return &advisory.Record{
		File:     "2026/SAMPLE-2026-0007.md",
		ID:       "SAMPLE-2026-0007",
		Title:    "Made up: " + Canary,
		Reported: day(5, 1),
		Affected: []advisory.Affected{{Ecosystem: advisory.Go, Module: "example.org/" + Canary,
			Ranges: []advisory.Range{{Introduced: "0"}}}},
		Sections: []advisory.Section{{Name: "Description", Text: Canary}},
	}
}

// Few is the public of Cases.
func Few() *advisory.Public {
	return advisory.NewCollection(Project(), Cases()).Public(Date)
}
