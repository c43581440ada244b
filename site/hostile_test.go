package site

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// attacks are texts that do something to a reader, if they come through.
var attacks = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'"><img src=x onerror=alert(1)>`,
	`</title><script>alert(1)</script>`, `<!--finder--><script>alert(1)</script><!--/finder-->`,
	`[link](javascript:alert(1))`, `[link](JaVaScRiPt:alert(1))`, `[l](  javascript:alert(1))`,
	`[link](data:text/html;base64,PHNjcmlwdD4=)`, `<javascript:alert(1)>`, `[a](vbscript:x)`,
	`![image](https://evil.example/pixel.png)`, `![i](x "onload=alert(1)")`,
	`<iframe src="https://evil.example"></iframe>`, `<svg onload=alert(1)>`,
	`<a href="https://evil.example" onclick="alert(1)">x</a>`, `<style>*{display:none}</style>`,
	`<base href="https://evil.example/">`, `<meta http-equiv="refresh" content="0;url=//evil">`,
	`<form action="https://evil.example"><input name=q></form>`, `{{.Project}}`, "a\x00b\x1b[31m",
	"\u202egnp.exe", `[x]: javascript:alert(1)` + "\n\n[x]", "```\" onload=alert(1)\ncode\n```",
	"| a | b |\n|---|---|\n| <script>x</script> | [l](javascript:x) |", "# Heading <script>x</script>",
	"[![x](javascript:a)](javascript:b)", "&lt;script&gt;alert(1)&lt;/script&gt;", `\<script>x`,
	"https://evil.example/<script>", "[relative](../../etc)", "[host](//evil.example)", "# \n## \n",
	"######## x", strings.Repeat("> ", 200) + "deep", strings.Repeat("- ", 200) + "deep",
	strings.Repeat("[", 500), strings.Repeat("*a ", 500), strings.Repeat("long", 5000),
	strings.Repeat("| a ", 300) + "|\n" + strings.Repeat("|---", 300) + "|\n",
}

// hostile returns a record whose every text is an attack.
func hostile(id int, attack func() string) *advisory.Record {
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &advisory.Record{
		ID: fmt.Sprintf("SAMPLE-2026-%04d", id), File: attack(), Title: attack(), Issued: when,
		Aliases: []string{attack()}, Related: []string{attack()}, CWE: []string{attack()},
		Withdrawn: &advisory.Withdrawal{Date: when, Reason: attack()},
		Affected: []advisory.Affected{{Ecosystem: advisory.Go, Module: "example.org/mod",
			Ranges: []advisory.Range{{Introduced: attack(), Fixed: attack()}},
			Packages: []advisory.Package{{Path: attack(), Symbols: []string{attack()},
				GOOS: []string{attack()}}}}},
		Images:     []advisory.Image{{Name: attack(), Ranges: []advisory.Range{{Introduced: attack()}}}},
		Severity:   []advisory.Severity{{Vector: attack()}},
		Credits:    []advisory.Credit{{Name: attack(), Type: attack(), Contact: []string{attack()}}},
		References: []advisory.Reference{{Type: attack(), URL: attack()}},
		Imported:   &advisory.Origin{From: attack(), URL: attack(), Licence: attack()},
		Sections:   []advisory.Section{{Name: attack(), Text: attack()}, {Name: "b", Text: attack()}},
	}
}

// elements are all that our pages are made of, and with which attributes.
var elements = map[string]string{
	"html": "lang", "head": "", "body": "", "title": "", "meta": "charset http-equiv content name",
	"link": "rel href type title", "script": "src defer", "a": "href class rel", "header": "class",
	"div": "class id role tabindex aria-label", "nav": "aria-label class", "ul": "class",
	"ol": "start",
	"li": "class", "main": "id class", "footer": "class", "p": "class id", "h1": "", "h2": "id",
	"h3": "id", "h4": "id", "h5": "id", "h6": "id", "span": "class aria-hidden", "time": "datetime",
	"article": "class", "section": "class id aria-labelledby aria-label", "dl": "class", "dt": "",
	"dd": "", "code": "class", "pre": "tabindex",
	"form":  "class id role aria-labelledby method action hidden",
	"label": "for", "select": "id name", "option": "value selected", "button": "type",
	"input":    "id name maxlength value autocomplete spellcheck list type required",
	"datalist": "id", "noscript": "", "strong": "", "em": "", "del": "", "br": "", "hr": "",
	"blockquote": "", "table": "", "thead": "", "tbody": "", "tr": "", "th": "scope class",
	"td": "class",
}

// harmless parses a page as a browser does and finds everything on it that ours do not have.
func harmless(page string) (problems []string) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		allowed, known := elements[n.Data]
		if !known {
			problems = append(problems, "element "+n.Data)
		}
		for _, a := range n.Attr {
			if !strings.Contains(" "+allowed+" ", " "+a.Key+" ") {
				problems = append(problems, fmt.Sprintf("<%s %s=%q>", n.Data, a.Key, a.Val))
			}
			if problem := harmlessAddress(n.Data, a); problem != "" {
				problems = append(problems, problem)
			}
		}
		if n.Data == "script" && n.FirstChild != nil {
			problems = append(problems, "a script inline")
		}
	}
	return problems
}

// harmlessAddress finds addresses that do not lead where they may.
func harmlessAddress(element string, a html.Attribute) string {
	if a.Key != "href" && a.Key != "src" && a.Key != "action" {
		return ""
	}
	u, err := url.Parse(a.Val)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto")
	own := err == nil && u.Scheme == "" && u.Host == ""
	if own || web && (element == "a" || u.Scheme == "https" && u.Host == "sample.example") {
		return ""
	}
	return fmt.Sprintf("<%s %s=%q>", element, a.Key, a.Val)
}

// Thousands of texts of attack in every field, alone and put together: the pages have nothing on
// them but what ours are made of.
func TestHostileRecords(t *testing.T) {
	rand := rand.New(rand.NewPCG(5, 5))
	var records []*advisory.Record
	for i := range 250 {
		records = append(records, hostile(i+100, func() string {
			text := attacks[rand.IntN(len(attacks))]
			for rand.IntN(2) == 0 {
				text += []string{"", " ", "\n", "\n\n"}[rand.IntN(4)] + attacks[rand.IntN(len(attacks))]
			}
			return text
		}))
	}
	harmlessPages(t, build(t, Input{Public: public(records...)}))
}

func harmlessPages(t *testing.T, pages map[string]string) {
	t.Helper()
	for path, page := range pages {
		if !strings.HasSuffix(path, ".html") {
			continue
		}
		if problems := harmless(page); len(problems) > 0 {
			t.Errorf("%s: %q", path, problems[:min(3, len(problems))])
		}
	}
}

// What other formats are tried with, also in ids and names of modules: an error, or harmless pages.
func TestHostileSamples(t *testing.T) {
	harmlessPages(t, build(t, Input{Public: public(sample.HostileTexts()...)}))
	refused := 0
	for _, r := range sample.HostileRecords() {
		files, err := Build(Input{Public: public(r)})
		if err != nil {
			refused++
			continue
		}
		pages := map[string]string{}
		for _, f := range files {
			pages[f.Path] = string(f.Data)
		}
		harmlessPages(t, pages)
	}
	if refused == 0 {
		t.Error("no hostile id or module was refused")
	}
}

// The check above can fail.
func TestHarmlessComplains(t *testing.T) {
	for _, page := range []string{`<script>x</script>`, `<p onclick=x>`, `<a href="javascript:x">`,
		`<iframe>`, `<img src=x>`, `<a href="//evil.example">`, `<script src="https://evil.example">`} {
		if len(harmless(page)) == 0 {
			t.Errorf("%s is said to be harmless", page)
		}
	}
	problems := harmless(`<a href="https://else.example/">x</a><a href="../y/">y</a>`)
	if problems != nil {
		t.Error(problems)
	}
}

// Links in a record's text lead into the web or are none.
func TestLinksOfRecords(t *testing.T) {
	m, tables := newMarkdown(), 0
	for text, want := range map[string]string{
		"[a](https://x.example/?a=1&b=2)": `<p><a href="https://x.example/?a=1&amp;b=2">a</a></p>`,
		"[a](javascript:x)":               `<p>a</p>`,
		"[a](../up)":                      `<p>a</p>`,
		"[a](#part)":                      `<p>a</p>`,
		"<mailto:a@x.example>":            `<p><a href="mailto:a@x.example">mailto:a@x.example</a></p>`,
		"https://x.example":               `<p><a href="https://x.example">https://x.example</a></p>`,
		"[](https://x.example)":           `<p><a href="https://x.example">https://x.example</a></p>`,
		"![pic](https://x.example/p.png)": `<p><a href="https://x.example/p.png">pic</a></p>`,
		"<b>bold</b>":                     `<p>&lt;b&gt;bold&lt;/b&gt;</p>`,
		"<div>\nblock\n</div>":            "<p>&lt;div&gt;\nblock\n&lt;/div&gt;</p>",
		"# One\n\n### Two":                "<h3>One</h3>\n<h3>Two</h3>",
		"# One\n\n##### Two":              "<h3>One</h3>\n<h4>Two</h4>",
		"#\n\ntext":                       "<p>text</p>",
		"~~gone~~":                        "<p><del>gone</del></p>",
	} {
		got, _, err := m.html([]byte(text), style{level: 3, link: onlyWeb, tables: &tables})
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, a := range attacks {
		f.Add(a)
	}
	m := newMarkdown()
	f.Fuzz(func(t *testing.T, text string) {
		tables := 0
		got, _, err := m.html([]byte(text), style{level: 3, link: onlyWeb, tables: &tables})
		if err != nil {
			return
		}
		if problems := harmless("<!DOCTYPE html>" + string(got)); len(problems) > 0 {
			t.Errorf("%q gives %s: %q", text, got, problems)
		}
	})
}

// A record that is not issued is on no page, in no index and in no count: the canary's word is
// nowhere, and the website is the same as without it.
func TestCanary(t *testing.T) {
	canary := hostile(99, func() string { return "canary" })
	canary.Issued = date.Add(time.Second)
	draft := hostile(98, func() string { return "canary" })
	draft.Issued = time.Time{}
	in := Input{Public: public(sample.Cases()...), Documents: documents()}
	without := build(t, in)
	in.Public = public(append(sample.Cases(), canary, draft)...)
	with := build(t, in)
	for path, page := range with {
		if strings.Contains(path+page, "canary") || without[path] != page {
			t.Errorf("the canary is heard in %s", path)
		}
	}
	if len(with) != len(without) {
		t.Errorf("%d files with the canary, %d without", len(with), len(without))
	}
	// It can be heard: a second later it is issued.
	in.Public = advisory.NewCollection(project(), append(sample.Cases(), canary)).
		Public(date.Add(time.Second))
	has(t, build(t, in), "advisories/SAMPLE-2026-0099/index.html", "canary")
}

// What cannot be a page's address is an error that names it, and no half of a website.
func TestWrongInput(t *testing.T) {
	record := func(change func(*advisory.Record)) *advisory.Public {
		r := hostile(1, func() string { return "x" })
		r.File = "2026/x.md"
		change(r)
		return public(r)
	}
	docs := documents()
	docs["bad name.md"] = docs["use.md"]
	long := documents()
	long["use.md"].Data = []byte(strings.Repeat("a", TextBytesMax+1))
	for _, c := range []struct {
		in   Input
		want string
	}{
		{Input{Public: record(func(r *advisory.Record) { r.ID = "../../etc/passwd" })},
			`2026/x.md: "../../etc/passwd" cannot be the id of a page`},
		{Input{Public: record(func(r *advisory.Record) { r.ID = "module" })}, `"module" cannot be`},
		{Input{Public: record(func(r *advisory.Record) { r.Affected[0].Module = "../x" })},
			`the Go module has the name "../x", which`},
		{Input{Public: record(func(r *advisory.Record) {
			r.Affected[0].Ecosystem, r.Affected[0].Module = advisory.Opam, "a/b"
		})}, `the opam package has the name "a/b", which`},
		{Input{Public: public(), Documents: docs}, "bad name.md: a document's name has letters"},
		{Input{Public: public(), Documents: long}, "use.md: a text of 1048577 bytes, at most"},
		{Input{Public: public(), Files: []advisory.File{{Path: "Site.css"}}}, "two files for site.css"},
	} {
		files, err := Build(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) || files != nil {
			t.Errorf("%d files, error %v; want %q", len(files), err, c.want)
		}
	}
	p := project()
	p.Unused = []advisory.Unused{{ID: "../x", Reason: "<script>"}}
	if _, err := Build(Input{Public: advisory.NewCollection(p, nil).Public(date)}); err == nil {
		t.Error("an unused number that leads out of the website is no error")
	}
	two := public(hostile(1, func() string { return "x" }), hostile(1, func() string { return "y" }))
	if _, err := Build(Input{Public: two}); err == nil {
		t.Error("two records with one id are no error")
	}
}

// Links of documents that lead nowhere are all found, with their lines.
func TestDeadLinks(t *testing.T) {
	docs := documents()
	docs["use.md"].Data = []byte("# Use\n\n[gone](gone.md)\n\n[script](javascript:x)\n\n[h](//x)\n")
	_, err := Build(Input{Public: public(), Documents: docs})
	for _, want := range []string{
		`use.md:3: the link to "gone.md" leads nowhere (there is no such document)`,
		`use.md:5: the link to "javascript:x"`, `use.md:7: the link to "//x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v; want %s", err, want)
		}
	}
}
