package advisory

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRevisions(t *testing.T) {
	issued := instant(t, "2026-03-01T12:00:00Z")
	modified := instant(t, "2026-03-04T09:30:00Z")
	withdrawn := &Withdrawal{Date: instant(t, "2026-03-09T00:00:00Z"), Reason: "no problem"}
	for name, c := range map[string]struct {
		record Record
		want   string
	}{
		"issued": {Record{Issued: issued}, "2026-03-01T12:00:00Z Issued."},
		"modified without a word": {Record{Issued: issued, Modified: modified},
			"2026-03-01T12:00:00Z Issued.|2026-03-04T09:30:00Z Changed."},
		"modified, withdrawn": {Record{Issued: issued, Modified: modified, Withdrawn: withdrawn},
			"2026-03-01T12:00:00Z Issued.|2026-03-04T09:30:00Z Changed." +
				"|2026-03-09T00:00:00Z Withdrawn: no problem"},
		"updates": {Record{Issued: issued, Modified: modified, Sections: []Section{{Updates,
			"Text.\n\n- 2026-03-01: a word\n- 2026-03-02T01:02:03Z. Ranges\n  of `mod`\n" +
				"- 2026-03-04 credit\n- no date\n  more\n* 2026-13-01: no month\n  more\n"}}},
			"2026-03-01T12:00:00Z Issued.|2026-03-01T12:00:00Z a word" +
				"|2026-03-02T01:02:03Z Ranges of `mod`|2026-03-04T09:30:00Z credit"},
		"outside": {Record{Issued: issued, Modified: modified, Sections: []Section{{Updates,
			"- 2020-01-01: before\n- 2030-01-01\n"}}},
			"2026-03-01T12:00:00Z Issued.|2026-03-01T12:00:00Z before|2026-03-04T09:30:00Z Changed."},
	} {
		var got []string
		for _, v := range c.record.Revisions() {
			got = append(got, v.Date.Format(time.RFC3339)+" "+v.Summary)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, s, c.want)
		}
	}
}

// Whatever the section says, consumers rely on the order and on both ends.
func TestRevisionsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Custom(func(t *rapid.T) time.Time {
			return time.Unix(rapid.Int64Range(0, 1e6).Draw(t, "second"), 0).UTC()
		})
		r := &Record{Issued: day.Draw(t, "issued"), Modified: day.Draw(t, "modified"),
			Sections: []Section{{Updates, strings.Join(rapid.SliceOf(rapid.StringMatching(
				`[-*] 1970-01-\d\d(T\d\d:\d\d:\d\dZ)?: [a-z]*`)).Draw(t, "items"), "\n")}}}
		if rapid.Bool().Draw(t, "withdrawn") {
			r.Withdrawn = &Withdrawal{Date: day.Draw(t, "date"), Reason: "reason"}
		}
		list := r.Revisions()
		if first := list[0].Date; !first.Equal(r.Issued) {
			t.Errorf("the first is %s, want %s", first, r.Issued)
		}
		if last := list[len(list)-1].Date; !last.Equal(r.Changed()) {
			t.Errorf("the last is %s, want %s", last, r.Changed())
		}
		for i, v := range list {
			if i > 0 && v.Date.Before(list[i-1].Date) {
				t.Errorf("%s comes after %s", v.Date, list[i-1].Date)
			}
			if v.Summary == "" {
				t.Error("a revision without a word")
			}
		}
	})
}
