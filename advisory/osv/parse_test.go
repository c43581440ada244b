package osv

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/internal/sample"
)

func items(t testing.TB, n int) []Item {
	t.Helper()
	few, err := Items(sample.Few())
	if err != nil {
		t.Fatal(err)
	}
	many, err := Items(sample.Public(n))
	if err != nil {
		t.Fatal(err)
	}
	return append(few, many...)
}

// What is written is read as what it was, by both readers.
func TestParseReadsWhatIsWritten(t *testing.T) {
	for _, item := range items(t, 100) {
		e, err := Parse(item.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e, item.Entry) {
			t.Errorf("%s is read as\n%s", item.JSON, e.Append(nil))
		}
		foreign, err := ParseForeign(item.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(foreign, item.Entry) {
			t.Errorf("%s is read by ParseForeign as\n%s", item.JSON, foreign.Append(nil))
		}
	}
}

const plain = `{"schema_version":"1.8.0","id":"x_A-1","modified":"2026-01-02T03:04:05Z",` +
	`"published":"2026-01-02T03:04:05Z","summary":"a \u003cb\u003e"}` + "\n"

// Parse takes one spelling of an entry only.
func TestParseIsStrict(t *testing.T) {
	if _, err := Parse([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	for why, text := range map[string]string{
		"an unknown field":          strings.Replace(plain, `"id"`, `"x":1,"id"`, 1),
		"a field twice":             strings.Replace(plain, `"id"`, `"id":"x_B-1","id"`, 1),
		"capitals in a field":       strings.Replace(plain, `"id"`, `"ID"`, 1),
		"another order":             strings.Replace(plain, `"schema_version":"1.8.0",`, ``, 1) + " ",
		"white space":               strings.Replace(plain, `,`, `, `, 1),
		"no end of line":            strings.TrimSuffix(plain, "\n"),
		"more after it":             plain + plain,
		"another time zone":         strings.Replace(plain, `05Z`, `05+00:00`, 1),
		"an escape not needed":      strings.Replace(plain, `x_A-1`, `x_\u0041-1`, 1),
		"a bad id":                  strings.Replace(plain, `x_A-1`, `../x_A-1`, 1),
		"an id that is a list":      strings.Replace(plain, `"x_A-1"`, `["x_A-1"]`, 1),
		"no UTF-8":                  strings.Replace(plain, `a \u003c`, "a \xff", 1),
		"a withdrawal that is null": strings.Replace(plain, `"summary"`, `"withdrawn":null,"summary"`, 1),
	} {
		if e, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: read as %s", why, e.Append(nil))
		}
	}
}

// ParseForeign reads records with the fields of vuln.go.dev, GitHub and osv.dev, which are
// written by hand here.
func TestParseForeign(t *testing.T) {
	e, err := ParseForeign([]byte(`{"schema_version":"1.3.1","id":"GO-2021-0001",
		"modified":"2024-05-20T16:03:47+02:00","published":"2021-04-14T20:04:52.5+02:00",
		"withdrawn":"2025-01-01T00:00:00+01:00","unheard_of":{"a":[1]},
		"affected":[{"package":{"name":"example.org/m","ecosystem":"Go","extra":1},
			"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"}]}],
			"database_specific":{"source":"here"},
			"ecosystem_specific":{"imports":[{"path":"example.org/m/p","symbols":["F"]}]}},
			{"package":{"name":"example.org/n","ecosystem":"Go"},
			"ecosystem_specific":{"imports":"some other meaning"}},
			{"package":{"name":"example.org/o","ecosystem":"Go"},
			"ecosystem_specific":{"imports":[{"symbols":["F"]}]}}],
		"credits":[{"name":"somebody","type":"FINDER"}],
		"database_specific":{"severity":["HIGH"],"cwe_ids":["CWE-20"],"url":"https://x.example",
			"github_reviewed":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Modified.String(); got != "2024-05-20 14:03:47 +0000 UTC" {
		t.Errorf("modified is %s, want UTC", got)
	}
	if got := e.Withdrawn.String(); got != "2024-12-31 23:00:00 +0000 UTC" {
		t.Errorf("withdrawn is %s, want UTC", got)
	}
	if a := e.Affected[0]; a.EcosystemSpecific == nil ||
		a.EcosystemSpecific.Imports[0].Symbols[0] != "F" {
		t.Errorf("the packages are lost: %+v", a)
	}
	for _, a := range e.Affected[1:] {
		if a.EcosystemSpecific != nil {
			t.Errorf("%s: what is no list of packages hides the module", a.Package.Name)
		}
	}
	d := e.DatabaseSpecific
	if d.URL != "https://x.example" || d.CWE[0] != "CWE-20" || d.Severity != "" {
		t.Errorf("database_specific is %+v", d)
	}
}

func TestParseForeignRefuses(t *testing.T) {
	entry := func(affected string) string {
		return `{"id":"GO-1","modified":"2026-01-01T00:00:00Z","affected":[` + affected + `]}`
	}
	events := func(list string) string {
		return entry(`{"package":{"name":"m","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[` +
			list + `]}]}`)
	}
	for text, want := range map[string]string{
		"":                                     "EOF",
		"[]":                                   "cannot unmarshal array",
		entry("") + "x":                        "more after it",
		`{"id":"GO-1"}`:                        "no time of modification",
		`{"modified":"2026-01-01T00:00:00Z"}`:  "cannot name a file",
		`{"id":"GO-1","modified":"yesterday"}`: "parsing time",
		`{"id":"GO-1","modified":"9999-12-31T23:59:59-01:00"}`: "a time of the year 10000",
		events(`{"introduced":"0","fixed":"1.0.0"}`):           "an event with 2 versions",
		events(`{"introduced":"0"},{}`):                        "an event with 0 versions",
		events(`{"fixed":"1.0.0"}`):                            "introduced nowhere",
		events(``):                                             "introduced nowhere",
		`{"id":"GO-1","modified":"2026-01-01T00:00:00Z","database_specific":{"images":[{"name":"i",` +
			`"ranges":[{"type":"SEMVER","events":[]}]}]}}`: `image "i": a range that is introduced`,
		strings.Repeat(" ", EntryBytesMax+1): "bytes, at most",
		strings.Repeat("[", 100_000):         "read entry",
	} {
		_, err := ParseForeign([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, item := range items(f, 5) {
		f.Add(item.JSON)
	}
	f.Add([]byte(plain))
	f.Fuzz(func(t *testing.T, text []byte) {
		if e, err := Parse(text); err == nil && !bytes.Equal(e.Append(nil), text) {
			t.Errorf("%q is read, but written as %q", text, e.Append(nil))
		}
		e, err := ParseForeign(text)
		if err != nil {
			return
		}
		again, err := ParseForeign(e.Append(nil))
		if err != nil {
			t.Fatalf("%q: what is written of it cannot be read: %v", text, err)
		}
		if string(again.Append(nil)) != string(e.Append(nil)) {
			t.Errorf("%q: written as %q, then as %q", text, e.Append(nil), again.Append(nil))
		}
		for i := range e.Affected {
			a := &e.Affected[i]
			in, unclear := a.Contains("1.2.3")
			fixed, ok := a.LastFixed()
			if after, err := a.Contains(fixed); ok && (after || err != nil) {
				t.Errorf("%q: %s is the last fix and is affected (%v)", text, fixed, err)
			}
			_, _ = in, unclear
		}
	})
}
