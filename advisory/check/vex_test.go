package check

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// statement is a VEX document with one statement about EX-1.
func statement(status, product, more string) string {
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Somebody",
		"timestamp": "2026-06-01T00:00:00Z", "version": 1,
		"statements": [{"vulnerability": {"name": "EX-1"},
		"products": [` + product + `], "status": "` + status + `"` + more + `}]}`
}

// TestVEX has statements about example.org/app at 1.0.0, in which is example.org/a at 1.1.0.
func TestVEX(t *testing.T) {
	const impact = `, "impact_statement": "not called"`
	for _, c := range []struct {
		name, text string
		want       Status
	}{
		{"the module", statement("not_affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`, impact),
			NotAffected},
		{"the module in every version", statement("fixed", `{"@id": "pkg:golang/example.org/a"}`, ""),
			NotAffected},
		{"another version", statement("not_affected", `{"@id": "pkg:golang/example.org/a@v1.2.0"}`,
			impact), Affected},
		{"another module", statement("not_affected", `{"@id": "pkg:golang/example.org/b@v1.1.0"}`,
			impact), Affected},
		{"the target", statement("not_affected", `{"@id": "pkg:golang/example.org/app@v1.0.0"}`, impact),
			NotAffected},
		{"the target and the module", statement("not_affected", `{"@id": "pkg:golang/example.org/app",
			"subcomponents": [{"@id": "pkg:golang/example.org/b"}, {"@id": "pkg:golang/example.org/a"}]}`,
			impact), NotAffected},
		{"the target and another module", statement("not_affected", `{"@id": "pkg:golang/example.org/app",
			"subcomponents": [{"@id": "pkg:golang/example.org/b"}]}`, impact), Affected},
		{"by an identifier", statement("under_investigation",
			`{"@id": "x", "identifiers": {"purl": "pkg:golang/example.org/a@v1.1.0"}}`, ""), Unknown},
		{"a product that is none", statement("not_affected", `{"@id": "x"}`, impact), Affected},
		{"no reason", statement("not_affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`, ""),
			Affected},
		{"a justification", statement("not_affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`,
			`, "justification": "vulnerable_code_not_present"`), NotAffected},
		{"no product", statement("not_affected", "", impact), Affected},
		{"affected", statement("affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`,
			`, "action_statement": "update"`), Affected},
	} {
		list, findings, err := parseVEX("vex.json", []byte(c.text))
		if err != nil || (len(findings) > 0) != (c.name == "no reason") {
			t.Errorf("%s: %v %v", c.name, findings, err)
		}
		r := someReport(Affected)
		r.apply(list)
		if v := r.Verdicts[0]; v.Status != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, v.Status, v.Reason, c.want)
		}
	}
}

func someReport(s Status) *Report {
	m := Module{Ecosystem: advisory.Go, Path: "example.org/a", Version: "1.1.0"}
	app := Module{Ecosystem: advisory.Go, Path: "example.org/app", Version: "1.0.0", Main: true}
	return &Report{Target: &Inventory{Kind: KindBinary, Modules: []Module{app, m}},
		Verdicts: []Verdict{{Record: &Record{Entry: osv.Entry{ID: "EX-1"}}, Module: m, Status: s,
			Reason: "a reason"}}}
}

// The last statement holds, whatever the order of the files; a withdrawn record stays so.
func TestTheLastStatementHolds(t *testing.T) {
	early, _, err := parseVEX("a", []byte(statement("affected",
		`{"@id": "pkg:golang/example.org/a"}`, `, "action_statement": "update"`)))
	if err != nil {
		t.Fatal(err)
	}
	late, _, err := parseVEX("b", []byte(statement("fixed", `{"@id": "pkg:golang/example.org/a"}`,
		`, "last_updated": "2026-07-01T00:00:00Z"`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range [][]Statement{{early[0], late[0]}, {late[0], early[0]}} {
		r := someReport(Unknown)
		r.apply(all)
		if r.Verdicts[0].Status != NotAffected {
			t.Errorf("the verdict is %s", r.Verdicts[0].Status)
		}
	}
	r := someReport(NotAffected)
	r.Verdicts[0].Record.Withdrawn = &someDay
	r.apply(early)
	if r.Verdicts[0].Status != NotAffected {
		t.Error("a statement brings a withdrawn advisory back")
	}
}

// What is written can be read again, and says the same.
func TestOwnVEX(t *testing.T) {
	for _, s := range []Status{Affected, Unknown, NotAffected} {
		written, err := json.Marshal((&Result{Date: someDay, Reports: []Report{*someReport(s)}}).VEX())
		if err != nil {
			t.Fatal(err)
		}
		list, findings, err := parseVEX("own", written)
		if err != nil || len(findings) > 0 {
			t.Fatalf("%s: %v %v", written, findings, err)
		}
		r := someReport("")
		r.apply(list)
		if r.Verdicts[0].Status != s {
			t.Errorf("%s: it says %s\n%s", s, r.Verdicts[0].Status, written)
		}
	}
}

func TestNoVEX(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "no OpenVEX",
		"{}":                                  "no OpenVEX",
		`{"@context": "https://example.org"}`: "no OpenVEX",
		statement("fine", "", ""):             `the status "fine"`,
		"{\n\"@context\": 1}":                 "line 2",
	} {
		_, _, err := parseVEX("vex.json", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, _, err := ReadVEX("testdata/gone.json"); err == nil {
		t.Error("a file that is not there is read")
	}
	if _, findings, err := ReadVEX("testdata/output.openvex.json"); err != nil || len(findings) > 0 {
		t.Errorf("our own: %v %v", findings, err)
	}
}
