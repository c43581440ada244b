package advisory

import (
	"strings"
	"testing"
)

var abc = Project{Name: "Abc", Prefix: "ABC", BaseURL: "https://example.org",
	Modules: []string{"example.org/mod"}}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"ABC-2026-0001": true, "x_MSA-00": true, "OSEC-2026-01": true, "GHSA-2345-cfgh-jmpq": true,
		"": false, "ABC": false, "-1": false, "ABC-": false, "A--1": false, "../A-1": false,
		"A-1/..": false, "A-1.json": false, "A 1-1": false, "Ä-1": false, "A-1\n": false,
		"A-" + strings.Repeat("1", IDBytesMax): false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}

func TestSerial(t *testing.T) {
	if y, n, ok := abc.Serial("ABC-2026-0042"); y != 2026 || n != 42 || !ok {
		t.Error(y, n, ok)
	}
	for _, id := range []string{"", "ABC-2026-0000", "ABC-0000-0001", "ABC-2026-1", "ABC-2026-00001",
		"ABC-26-0001", "ABCD-2026-0001", "XYZ-2026-0001", "ABC-2026-+001", "ABC-+026-0001",
		"ABC-2026_0001", "abc-2026-0001", "x_ABC-2026-0001"} {
		if y, n, ok := abc.Serial(id); ok {
			t.Errorf("%q: %d %d", id, y, n)
		}
	}
}

// TestNextID wants no number twice, also none that was left out or given back.
func TestNextID(t *testing.T) {
	p := abc
	p.Unused = []Unused{{"ABC-2026-0007", "taken twice"}, {"ABC-2025-0001", "a duplicate"}}
	c := NewCollection(p, []*Record{{ID: "ABC-2026-0002"}, {ID: "ABC-2026-0005"},
		{ID: "OSEC-2026-09"}, {ID: "ABC-2024-9999"}})
	for year, want := range map[int]string{2026: "ABC-2026-0008", 2025: "ABC-2025-0002",
		2027: "ABC-2027-0001"} {
		if got, err := c.NextID(year); got != want || err != nil {
			t.Errorf("%d: %s, %v; want %s", year, got, err, want)
		}
	}
	for _, year := range []int{2024, 0, 10000} {
		if got, err := c.NextID(year); err == nil {
			t.Errorf("%d: %s", year, got)
		}
	}
}

func TestProject(t *testing.T) {
	ours, theirs := &Record{ID: "ABC-2026-0001"}, &Record{ID: "OSEC-2026-01", Imported: &Origin{}}
	if got := abc.Permalink(ours); got != "https://example.org/advisories/ABC-2026-0001/" {
		t.Error(got)
	}
	if abc.ID(ours) != "x_ABC-2026-0001" || abc.ID(theirs) != "OSEC-2026-01" {
		t.Error(abc.ID(ours), abc.ID(theirs))
	}
	if !abc.Owns("example.org/mod") || abc.Owns("example.org/mod/v2") || abc.Owns("stdlib") {
		t.Error("who owns what")
	}
}
