package vex

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/internal/sample"
)

const head = `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/1",` +
	`"author":"A","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[`

func TestParseRefuses(t *testing.T) {
	statement := func(text string) string { return head + text + "]}" }
	for text, want := range map[string]string{
		"":                   "EOF",
		"{}":                 "@context",
		statement("") + "{}": "more after it",
		statement(`{}`):      "statement 1: no name of a vulnerability",
		statement(`{"vulnerability":"CVE-1","status":"fixed"}`):                 "cannot unmarshal",
		statement(`{"vulnerability":{"name":"CVE-1"}}`):                         "status is",
		statement(`{"vulnerability":{"name":"CVE-1"},"status":"ok"}`):           `"ok", not one of aff`,
		statement(`{"vulnerability":{"name":"CVE-1"},"status":"not_affected"}`): "without justif",
		statement(`{"vulnerability":{"name":"CVE-1"},"status":"not_affected","justification":"x"}`): "" +
			`justification is "x"`,
		strings.Repeat(" ", DocumentBytesMax+1):                "bytes, at most",
		statement(strings.Repeat("{},", StatementsMax) + "{}"): "statements, at",
		strings.Replace(statement(""), "v0.2.0", "v0.1.0", 1):  "0.2.0's",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s: error %v, want %q", text, err, want)
		}
	}
	loose := statement(`{"vulnerability":{"name":"CVE-1"},"status":"affected"}`)
	if _, err := Parse([]byte(loose)); err != nil {
		t.Errorf("affected without an action statement, as govulncheck writes it: %v", err)
	}
}

// The statement that counts is the last one about the vulnerability and the product.
func TestFind(t *testing.T) {
	statement := func(name, status, time, products string) string {
		return fmt.Sprintf(`{"vulnerability":{"name":%q,"aliases":["CVE-1"]},"status":%q,`+
			`"timestamp":%q,"impact_statement":"x","products":[%s]}`, name, status, time, products)
	}
	const (
		early = "2026-01-01T00:00:00Z"
		late  = "2026-02-01T00:00:00Z"
		mod   = `{"@id":"pkg:golang/example.org/mod@v1.0.0"}`
		prog  = `{"@id":"pkg:golang/example.org/prog"}`
		inP   = `{"@id":"pkg:golang/example.org/prog","subcomponents":[` + mod + `]}`
		only  = `{"identifiers":{"purl":"pkg:golang/example.org/mod"}}`
	)
	for _, c := range []struct {
		why        string
		statements string
		want       string
	}{
		{"the component itself", statement("x_1", Fixed, early, mod), Fixed},
		{"by another name", statement("x_9", Fixed, early, mod), Fixed},
		{"the program", statement("x_1", NotAffected, early, prog), NotAffected},
		{"the component in the program", statement("x_1", NotAffected, early, inP), NotAffected},
		{"by identifiers", statement("x_1", Fixed, early, only), Fixed},
		{"the last by time", statement("x_1", Affected, late, mod) + "," +
			statement("x_1", NotAffected, early, prog), Affected},
		{"the last of two at once", statement("x_1", Affected, early, mod) + "," +
			statement("x_1", NotAffected, early, prog), NotAffected},
		{"what was updated last", strings.Replace(statement("x_1", Affected, early, mod),
			`"timestamp"`, `"last_updated":"2026-03-01T00:00:00Z","timestamp"`, 1) + "," +
			statement("x_1", NotAffected, late, prog), Affected},
		{"another component in the program", statement("x_1", NotAffected, early,
			strings.Replace(inP, "/mod@", "/other@", 1)), ""},
		{"another program's component", statement("x_1", NotAffected, early,
			strings.Replace(inP, "/prog", "/other", 1)), ""},
		{"no products", statement("x_1", NotAffected, early, ""), ""},
		{"a name that is empty", statement("x_1", NotAffected, early, "{}"), ""},
	} {
		d, err := Parse([]byte(head + c.statements + "]}"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		s := d.Find([]string{"x_1", "CVE-1"}, "pkg:golang/example.org/prog@v2.0.0",
			"pkg:golang/example.org/mod@v1.0.0")
		if s != nil {
			got = s.Status
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
		if s := d.Find([]string{"x_2"}, "", "pkg:golang/example.org/mod@v1.0.0"); s != nil {
			t.Errorf("%s: a statement about another vulnerability: %+v", c.why, s)
		}
	}
}

func TestMatch(t *testing.T) {
	const m = "pkg:golang/example.org/mod"
	for _, c := range []struct {
		product, purl string
		want          bool
	}{
		{m, m, true},
		{m, m + "@v1.2.3", true},
		{"pkg:golang/example.org/MOD", m + "@v1.2.3", true},
		{m + "@v1.2.3", m + "@1.2.3", true},
		{m + "@v1.2.3%2Bincompatible", m + "@v1.2.3+incompatible", true},
		{m + "@v1.2.3", m + "@v1.2.4", false},
		{m + "@v1.2.3", m, false},
		{m + "/v2", m, false},
		{m + "?arch=arm64", m + "@v1.2.3", false},
		{m + "?arch=arm64", m + "@v1.2.3?arch=arm64", true},
		{m, m + "@v1.2.3?arch=arm64#sub", true},
		{m + "?vers=vers:golang%2F%3Cv1.2.0", m + "@v1.1.9", true},
		{m + "?vers=vers:golang%2F%3Cv1.2.0", m + "@v1.2.0", false},
		{m + "?vers=vers:golang%2F%3Cv1.2.0", m, false},
		{m + "@v1.0.0?vers=vers:golang%2F%3Cv1.2.0", m + "@v1.0.0", false},
		{"https://example.org/prog", "https://example.org/prog", true},
		{"https://example.org/prog", m, false},
		{m + "%zz", m + "@v1.0.0", false},
	} {
		if got := match(c.product, c.purl); got != c.want {
			t.Errorf("%s covers %s: %v, want %v", c.product, c.purl, got, c.want)
		}
	}
}

func TestVers(t *testing.T) {
	for _, c := range []struct{ vers, in, out string }{
		{"vers:golang/*", "0.0.1 9.0.0", "one"},
		{"vers:golang/<v1.2.0", "0.1.0 1.2.0-rc.1", "1.2.0 2.0.0"},
		{"vers:golang/>=v1.2.0", "1.2.0 2.0.0", "1.1.9"},
		{"vers:golang/>=v1.0.0|<v1.2.0|>=v1.4.0|<v1.5.0", "1.0.0 1.1.0 1.4.0", "0.9.0 1.2.0 1.3.0 1.5.0"},
		{"vers:golang/<v1.0.0|>=v2.0.0", "0.5.0 2.0.0 3.0.0", "1.0.0 1.9.0"},
		{"vers:golang/<v2.0.0%2Bincompatible", "1.0.0", "2.0.0+incompatible"},
		{"vers:semver/>=1.0.0|<1.1.0", "1.0.5", "1.1.0"},
		{"vers:opam/<3.4", "3.3~rc1 3.3", "3.4 4"},
		{"vers:npm/<1.0.0", "", "0.1.0"},
		{"vers:golang/!=1.0.0", "", "1.0.0 2.0.0"},
		{"vers:golang/1.0.0", "", "1.0.0"},
		{"vers:golang/<one", "", "0.1.0"},
		{"vers:golang/<%zz", "", "0.1.0"},
		{"vers:golang/", "", "0.1.0"},
		{"", "", "0.1.0"},
	} {
		for _, v := range strings.Fields(c.in) {
			if !inVers(c.vers, v) {
				t.Errorf("%s does not hold %s", c.vers, v)
			}
		}
		for _, v := range strings.Fields(c.out) {
			if inVers(c.vers, v) {
				t.Errorf("%s holds %s", c.vers, v)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range exporter.Export(f, sample.Few()).Files {
		f.Add(file.Data, "pkg:golang/example.org/sample@v1.0.0")
	}
	f.Add([]byte(head+"]}"), "pkg:golang/example.org/mod?vers=vers:golang%2F*")
	f.Fuzz(func(t *testing.T, text []byte, purl string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		d.Find([]string{"SAMPLE-2026-0001"}, purl, "pkg:golang/example.org/mod@v1.0.0")
		d.Find([]string{"SAMPLE-2026-0001"}, "", purl)
		again, err := Parse(d.Append(nil))
		if err != nil {
			t.Fatalf("%q: what is written of it cannot be read: %v", text, err)
		}
		if !bytes.Equal(again.Append(nil), d.Append(nil)) {
			t.Errorf("%q: written as %q, then as %q", text, d.Append(nil), again.Append(nil))
		}
	})
}
