package pages

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/atoll-os/atoll/advisories"
	"github.com/atoll-os/atoll/advisory"
)

// The same date gives the same files, in order; an earlier one has no later records.
func TestFiles(t *testing.T) {
	date, err := Latest()
	if err != nil {
		t.Fatal(err)
	}
	if date.Year() < 2026 || date.After(endOfTime) {
		t.Errorf("a record was last changed on %v", date)
	}
	first, err := Files(date)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Files(date)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b advisory.File) bool {
		return a.Path == b.Path && bytes.Equal(a.Data, b.Data)
	}
	if !slices.EqualFunc(first, again, same) {
		t.Error("the same date gives other files")
	}
	sorted := slices.IsSortedFunc(first, func(a, b advisory.File) int {
		return strings.Compare(a.Path, b.Path)
	})
	if !sorted {
		t.Error("the files are not sorted by path")
	}
	for _, path := range []string{"index.html", "machine/index.html", "docs/unikernel/index.html",
		"advisories/index.html", ".well-known/security.txt"} {
		if !slices.ContainsFunc(first, func(f advisory.File) bool { return f.Path == path }) {
			t.Errorf("there is no %s", path)
		}
	}
	early, err := Files(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if len(early) >= len(first) {
		t.Errorf("before all records there are %d files, with them %d", len(early), len(first))
	}
}

// A record that is wrong is an error with its file.
func TestWrongRecords(t *testing.T) {
	project, err := advisories.FS.ReadFile("project.yaml")
	if err != nil {
		t.Fatal(err)
	}
	from := fstest.MapFS{"project.yaml": {Data: project},
		"ATOLL-2026-0001.md": {Data: []byte("no record")}}
	if _, err := read(from); err == nil ||
		!strings.Contains(err.Error(), "advisories/ATOLL-2026-0001.md:1") {
		t.Errorf("it is read with %v", err)
	}
	if _, err := read(fstest.MapFS{}); err == nil {
		t.Error("no records are read")
	}
}
