package sample

import (
	"reflect"
	"testing"
)

// More records are the same records and more: figures for 100 and 5,000 compare.
func TestRecordsArePrefixes(t *testing.T) {
	few, many := Records(50), Records(2100)
	if !reflect.DeepEqual(few, many[:50]) {
		t.Error("the first 50 of 2100 records differ from 50 records")
	}
	ids := map[string]bool{}
	modules := map[string]bool{}
	withdrawn := 0
	for _, r := range many {
		ids[r.ID] = true
		if r.Withdrawn != nil {
			withdrawn++
		}
		for _, a := range r.Affected {
			modules[a.Module] = true
		}
	}
	if len(ids) != len(many) {
		t.Errorf("%d ids for %d records", len(ids), len(many))
	}
	if len(modules) < 1000 || withdrawn < 20 {
		t.Errorf("%d modules, %d withdrawn records: not the shape that is meant",
			len(modules), withdrawn)
	}
	if n := len(Public(50).Records()); n != 50 {
		t.Errorf("the public sees %d of 50", n)
	}
}
