package site

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// searched returns the index as the handler has it: written and read again.
func searched(t testing.TB, records ...*advisory.Record) *index {
	t.Helper()
	x, err := newIndex(public(records...).Records())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	if x, err = readIndex(text); err != nil {
		t.Fatal(err)
	}
	return x
}

// transcript says in lines what a search has found.
func transcript(a *answer) string {
	var b strings.Builder
	if a.Says() != "" {
		fmt.Fprintf(&b, "%s: %s\n", a.Kind(), a.Says())
	}
	for _, r := range a.Results {
		fmt.Fprintf(&b, "%s %s\n", r.ID, r.Verdict)
	}
	fmt.Fprintf(&b, "%s %v", a.Counts(), a.Suggestions)
	return b.String()
}

func TestSearch(t *testing.T) {
	x := searched(t, sample.Cases()...)
	const stack = "module=example.org/Sample/stack"
	for _, c := range []struct{ query, want string }{
		{"q=option", "SAMPLE-2026-0001 \n1 advisory found. []"},
		{"q=OPTION+end", "SAMPLE-2026-0001 \n1 advisory found. []"},
		{"q=option+nothing", "0 advisories found. []"},
		{"q=cve-2026-0001", "SAMPLE-2026-0001 \n1 advisory found. []"},
		{"q=cwe-125", "SAMPLE-2026-0001 \n1 advisory found. []"},
		{"severity=high", "SAMPLE-2026-0001 \n1 advisory found. []"},
		{"severity=critical", "0 advisories found. []"},
		{stack, "SAMPLE-2026-0004 \nSAMPLE-2026-0001 \n2 advisories found. []"},
		{stack + "&version=1.0.0", "affected: Affected: 1 advisory covers version 1.0.0 of " +
			"example.org/Sample/stack.\nSAMPLE-2026-0001 affected\nSAMPLE-2026-0004 withdrawn\n" +
			"2 advisories found. []"},
		{stack + "&version=v1.3.0", "clear: Not affected by what is published here: no advisory that " +
			"names example.org/Sample/stack covers version v1.3.0.\nSAMPLE-2026-0001 not affected\n" +
			"SAMPLE-2026-0004 withdrawn\n2 advisories found. []"},
		{stack + "&version=1.4.0-rc.1", "clear: Not affected by what is published here: no advisory " +
			"that names example.org/Sample/stack covers version 1.4.0-rc.1.\n" +
			"SAMPLE-2026-0001 not affected\nSAMPLE-2026-0004 withdrawn\n2 advisories found. []"},
		{stack + "&version=%28devel%29", "unknown: Unknown: (devel) is no version of " +
			"example.org/Sample/stack that can be compared.\nSAMPLE-2026-0001 unknown\n" +
			"SAMPLE-2026-0004 withdrawn\n2 advisories found. []"},
		// Other fields narrow the list, never the answer.
		{stack + "&version=1.0.0&q=nothing", "affected: Affected: 1 advisory covers version 1.0.0 of " +
			"example.org/Sample/stack.\n0 advisories found. []"},
		{"module=stdlib&version=go1.26rc2", "affected: Affected: 1 advisory covers version go1.26rc2 " +
			"of stdlib.\nSAMPLE-2026-0002 affected\n1 advisory found. []"},
		{"module=stdlib&version=1.26.2", "clear: Not affected by what is published here: no advisory " +
			"that names stdlib covers version 1.26.2.\nSAMPLE-2026-0002 not affected\n" +
			"1 advisory found. []"},
		{"module=sample", "unknown: Unknown: no advisory here names the module sample. That says " +
			"nothing about advisories elsewhere.\n0 advisories found. " +
			"[example.org/Sample/stack example.org/sample]"},
		{"module=example.org/sample/inner&version=1.0.0", "unknown: Unknown: no advisory here names " +
			"the module example.org/sample/inner. That says nothing about advisories elsewhere.\n" +
			"0 advisories found. [example.org/sample]"},
		{"version=1.0.0", "problem: A version says nothing without a module: give both."},
		{"severity=worst", "problem: The severity is one of low, medium, high, critical."},
		{"q=" + strings.Repeat("a", QueryBytesMax+1), "problem: A field may have at most 200 bytes."},
	} {
		form, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		q, problem := readQuery(form)
		a := &answer{Query: q, Asked: true, Problem: problem}
		if problem == "" {
			a = x.search(q)
		}
		if got := transcript(a); got != c.want && (problem == "" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s:\n%s\nwant\n%s", c.query, got, c.want)
		}
	}
}

// The handler answers a form without script; what was asked stands in the fields again.
func TestSearchPage(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	r := ask(h, "GET", "/advisories/?module=example.org/sample&version=1.0.0&severity=low&q=")
	text := body(t, r)
	for _, want := range []string{`value="example.org/sample"`, `value="1.0.0"`, "says affected",
		`<option value="low" selected>`, "1 advisory covers version 1.0.0", `<a href="./">All`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "noscript") || strings.Contains(text, "hidden") {
		t.Error("the form hides without a script, which it does not need here")
	}
	if r.Header.Get("X-Robots-Tag") != "noindex" {
		t.Error("every search is to be indexed")
	}
	for target, want := range map[string]int{"/advisories/?version=1": 400,
		"/advisories/?severity=x": 400, "/advisories/?q=%zz": 400, "/advisories/?other=1": 200,
		"/advisories/?q=" + strings.Repeat("a", QueryBytesMax+1): 400} {
		if r := ask(h, "GET", target); r.StatusCode != want {
			t.Errorf("%.40s is %d, want %d", target, r.StatusCode, want)
		}
	}
	packed := ask(h, "GET", "/advisories/?q=a", "Accept-Encoding", "gzip")
	if z, err := gzip.NewReader(packed.Body); err != nil {
		t.Errorf("a search is not packed: %v, %v", err, packed.Header)
	} else if text, err := io.ReadAll(z); err != nil || string(text) != body(t, ask(h, "GET",
		"/advisories/?q=a")) {
		t.Errorf("unpacked, a search is something else: %v", err)
	}
	if r := ask(h, "HEAD", "/advisories/?q=a"); body(t, r) != "" || r.StatusCode != 200 {
		t.Error("HEAD of a search is not empty")
	}
}

// Whatever is asked: no panic, the limits hold, and a version is never said to be clear of an
// advisory that covers it.
func TestAnySearch(t *testing.T) {
	x := searched(t, sample.Cases()...)
	modules := append(x.modules(), "example.org/none", "")
	versions := []string{"", "0", "1.0.0", "v1.4.0", "1.26rc1", "go1.25.8", "(devel)", "2.0.0", "x"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(append(modules, versions...)))
		form := url.Values{"q": {text.Draw(t, "q")}, "module": {text.Draw(t, "module")},
			"version": {text.Draw(t, "version")}, "severity": {text.Draw(t, "severity")}}
		q, problem := readQuery(form)
		if problem != "" {
			return
		}
		a := x.search(q)
		if len(a.Results) > ResultsMax || len(a.Suggestions) > SuggestionsMax {
			t.Fatalf("%d results, %d suggestions", len(a.Results), len(a.Suggestions))
		}
		for _, r := range a.Results {
			if r.Verdict == isAffected && a.Kind() != "affected" && a.Kind() != "unknown" {
				t.Fatalf("%+v: %s is affected, the answer is %q", q, r.ID, a.Kind())
			}
		}
		if a.Kind() == "clear" && (a.unclear || a.affecting > 0 || !a.known) {
			t.Fatalf("%+v is said to be clear", q)
		}
	})
}

func FuzzSearchPage(f *testing.F) {
	for _, s := range []string{"q=a", "module=stdlib&version=1.0", "q=%zz", "q=<script>", "version=1",
		"module=%22%3E%3Cscript%3E", "severity=low&q=\xff", "module=%22A%80", "q=a;b",
		"&&&=", "q=a&q=b"} {
		f.Add(s)
	}
	x := searched(f, sample.Cases()...)
	h := &handler{index: x, finder: readTemplates()["list"]}
	f.Fuzz(func(t *testing.T, s string) {
		form, _ := url.ParseQuery(s)
		q, problem := readQuery(form)
		a := &answer{Query: q, Asked: true, Problem: problem}
		if problem == "" {
			a = x.search(q)
		}
		page := string(h.found(a))
		if strings.Contains(strings.ToLower(page), "<script") {
			t.Errorf("a script in the page for %q", s)
		}
		if !utf8.ValidString(page) {
			t.Errorf("the page for %q is no UTF-8", s)
		}
	})
}
