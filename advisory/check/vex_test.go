package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/advisory/vex"
)

// statement is a VEX document with one statement about EX-1.
func statement(status, product, more string) string {
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "Somebody",
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
		{"a justification", statement("not_affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`,
			`, "justification": "vulnerable_code_not_present"`), NotAffected},
		{"no product", statement("not_affected", "", impact), Affected},
		{"affected", statement("affected", `{"@id": "pkg:golang/example.org/a@v1.1.0"}`,
			`, "action_statement": "update"`), Affected},
	} {
		r := someReport(Affected)
		r.apply([]*vex.Document{document(t, c.text)}, someDay)
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

// The last document holds, whatever the order of the files; a withdrawn record stays so.
func TestTheLastDocumentHolds(t *testing.T) {
	early := document(t, statement("affected", `{"@id": "pkg:golang/example.org/a"}`, ""))
	late := document(t, strings.Replace(statement("fixed", `{"@id": "pkg:golang/example.org/a"}`, ""),
		"2026-06", "2026-07", 1))
	for _, all := range [][]*vex.Document{{early, late}, {late, early}} {
		r := someReport(Unknown)
		r.apply(all, someDay)
		if r.Verdicts[0].Status != NotAffected {
			t.Errorf("the verdict is %s", r.Verdicts[0].Status)
		}
	}
	r := someReport(NotAffected)
	r.Verdicts[0].Record.Withdrawn = &someDay
	r.apply([]*vex.Document{early}, someDay)
	if r.Verdicts[0].Status != NotAffected {
		t.Error("a statement brings a withdrawn advisory back")
	}
}

// What is written can be read again, and says the same.
func TestOwnVEX(t *testing.T) {
	for _, s := range []Status{Affected, Unknown, NotAffected} {
		written := (&Result{Date: someDay, Reports: []Report{*someReport(s)}}).VEX().Append(nil)
		r := someReport("")
		r.apply([]*vex.Document{document(t, string(written))}, someDay)
		if r.Verdicts[0].Status != s {
			t.Errorf("%s: it says %s\n%s", s, r.Verdicts[0].Status, written)
		}
	}
}

// document writes a file and reads it.
func document(t *testing.T, text string) *vex.Document {
	t.Helper()
	name := filepath.Join(t.TempDir(), "vex.json")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := ReadVEX(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNoVEX(t *testing.T) {
	for _, name := range []string{"testdata/gone.json", "testdata/output.json", "."} {
		if _, err := ReadVEX(name); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
