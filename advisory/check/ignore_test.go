package check

import (
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory/osv"
)

func TestIgnoreFile(t *testing.T) {
	list, findings, err := parseIgnore("ignore.yaml", []byte(`# what we looked at
ignore:
  - id: EX-2026-0001
    reason: the parser is not reachable
    until: 2026-12-31
  - id: EX-2026-0002
    until: 2026-12-31
  - id: EX-2026-0003
    reason: looked at in May
    until: 2026-06-01
  - reason: of what?
    until: 2026-12-31
  - id: EX-2026-0004
    reason: for ever
  - id: EX-2026-0005
    reason: null
    until: 2026-12-31
`), someDay)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ID != "EX-2026-0001" || list[0].Line != 3 ||
		list[0].Reason != "the parser is not reachable" {
		t.Errorf("it ignores %+v", list)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.String())
	}
	for i, want := range []string{"ignore.yaml:6", "ignore.yaml:8", "ignore.yaml:11", "ignore.yaml:13",
		"ignore.yaml:15"} {
		if i >= len(got) || !strings.HasPrefix(got[i], want+":") {
			t.Fatalf("findings are %q, want one in %s", got, want)
		}
	}
	if len(got) != 5 || !strings.Contains(got[1], "ended on 2026-06-01") {
		t.Errorf("findings are %q", got)
	}
}

func TestNoIgnoreFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "i.yaml:1: it is empty",
		"- id: x":             "1: want one list",
		"ignore: x":           "want one list",
		"ignored: []":         "want one list",
		"ignore:\n- x":        "2: want id",
		"ignore:\n- id: [x]":  `2: "id" is not`,
		"ignore:\n- name: x":  `2: "name" is not`,
		"ignore: [":           "i.yaml:1: not YAML",
		"ignore:\u2028- {":    "i.yaml:1: not YAML: a carriage return or another",
		"ignore: []\nmore: x": "want one list",
		"ignore:\n- {id: x, reason: y, until: tomorrow}": "2: until",
	} {
		_, _, err := parseIgnore("i.yaml", []byte(text), someDay)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, _, err := ReadIgnore("testdata/gone.yaml", someDay); err == nil {
		t.Error("a file that is not there is read")
	}
}

// An exception counts for an id, an alias, and an id with the prefix of a database of one's own;
// the verdict stays what it is.
func TestIgnore(t *testing.T) {
	record := &Record{Entry: osv.Entry{ID: "x_EX-2026-0001", Aliases: []string{"CVE-2026-1"}}}
	for id, want := range map[string]bool{"EX-2026-0001": true, "x_EX-2026-0001": true,
		"CVE-2026-1": true, "CVE-2026-12": false, "EX": false} {
		r := Result{Reports: []Report{{Verdicts: []Verdict{{Record: record, Status: Affected},
			{Record: record, Status: NotAffected}}}}}
		r.ignore([]Exception{{ID: id, Reason: "why", File: "i.yaml", Line: 3}})
		v := r.Reports[0].Verdicts
		if got := v[0].Suppressed != nil; got != want || v[0].Status != Affected ||
			v[1].Suppressed != nil || (len(r.Unused) == 0) != want {
			t.Errorf("%s: %+v, unused %v", id, v[0].Suppressed, r.Unused)
		}
	}
}
