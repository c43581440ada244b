package sample

import (
	"testing"

	"github.com/atoll-os/atoll/advisory"
)

// What is made up is written as a record and read as the same.
func TestRecordsAreRecords(t *testing.T) {
	for _, r := range append(Cases(), Records(100)...) {
		read, findings := advisory.Parse(r.File, r.Append(nil))
		if len(findings) > 0 || read == nil || !read.Equal(r) {
			t.Errorf("%s: %v\n%s", r.ID, findings, r.Append(nil))
		}
	}
	if n, all := len(Few().Records()), len(Cases()); n != all-1 {
		t.Errorf("the public sees %d of %d, want all but one", n, all)
	}
}

// A hostile record is like no other, and has its text in more than the title.
func TestHostile(t *testing.T) {
	records := HostileRecords()
	if len(records) != 2*len(Hostile) || len(HostileTexts()) != len(Hostile) {
		t.Errorf("%d records for %d texts", len(records), len(Hostile))
	}
	for i, r := range records {
		text := Hostile[i/2]
		if r.Title != text || r.Affected[0].Module != text || r.Sections[0].Text != text {
			t.Errorf("record %d has not its text everywhere", i)
		}
		if withdrawn := i%2 == 1; withdrawn != (r.Withdrawn != nil) || withdrawn && r.ID != text {
			t.Errorf("record %d: withdrawn %v, id %.50q", i, r.Withdrawn != nil, r.ID)
		}
	}
}
