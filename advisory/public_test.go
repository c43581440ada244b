package advisory

import (
	"fmt"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

// TestPublic is the canary: what is not issued on the date is not there, and what happened after
// the date has not happened.
func TestPublic(t *testing.T) {
	c := NewCollection(abc, []*Record{
		{ID: "ABC-2026-0003", Issued: day(3), Modified: day(5)},
		{ID: "ABC-2026-0002", Issued: day(2), Withdrawn: &Withdrawal{day(4), "none"}},
		{ID: "ABC-2026-0001"}, // a draft
		{ID: "ABC-2026-0004", Issued: day(9)},
		{ID: "ABC-2026-0005", Modified: day(1), Withdrawn: &Withdrawal{day(1), "never issued"}},
	})
	if len(c.Records()) != 5 || c.Records()[0].ID != "ABC-2026-0001" {
		t.Fatal(c.Records())
	}
	for _, want := range []struct {
		date            time.Time
		public          string
		changed, absent string
	}{
		{day(1), "[]", "0001-01-01", "[]"},
		{day(2).Add(-time.Second), "[]", "0001-01-01", "[]"},
		{day(2), "[ABC-2026-0002]", "2026-01-02", "[]"},
		{day(3), "[ABC-2026-0002]", "2026-01-02", "[ABC-2026-0003]"},
		{day(4), "[ABC-2026-0002 withdrawn]", "2026-01-04", "[ABC-2026-0003]"},
		{day(5), "[ABC-2026-0002 withdrawn ABC-2026-0003]", "2026-01-05", "[]"},
		{day(9).In(time.FixedZone("", 3600)), "[ABC-2026-0002 withdrawn ABC-2026-0003 ABC-2026-0004]",
			"2026-01-09", "[]"},
	} {
		p := c.Public(want.date)
		ids := []string{}
		for _, r := range p.Records() {
			ids = append(ids, r.ID)
			if r.Withdrawn != nil {
				ids = append(ids, "withdrawn")
			}
		}
		if got := fmt.Sprint(ids); got != want.public {
			t.Errorf("%s: %s, want %s", want.date, got, want.public)
		}
		if got := p.Modified().Format(time.DateOnly); got != want.changed {
			t.Errorf("%s: modified %s, want %s", want.date, got, want.changed)
		}
		if got := fmt.Sprint(p.Later()); got != want.absent {
			t.Errorf("%s: later %s, want %s", want.date, got, want.absent)
		}
		if p.Date.Location() != time.UTC || !p.Date.Equal(want.date) || p.Project.Name != "Abc" {
			t.Errorf("%+v", p)
		}
	}
	if c.Records()[1].Withdrawn == nil {
		t.Error("Public changed the record")
	}
}
