package lint

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	markdown "github.com/yuin/goldmark/text"

	"github.com/atoll-os/atoll/advisory"
)

// attack makes a file of a good one.
type attack struct {
	name string
	make func(r *rand.Rand, good []byte) []byte
}

// values go into any field.
var values = []string{
	`"<script>alert(1)</script>"`, `"\"><img src=x onerror=alert(1)>"`, "javascript:alert(1)",
	"../../../etc/passwd", `..\..\x`, "/etc/passwd", "&a [*a, *a]", "*a",
	"!!python/object:os.system ls", "{}", "[]", "[[[[[[[[[[[[[[[[[[[[",
	strings.Repeat("{a: ", 20) + "1" + strings.Repeat("}", 20),
	"null", "~", "", "|\n  a\n  b", `"\x00"`, `"\u202e"`, "0", "-1", "1e999", ".nan", "0x1F", "yes",
	"99999999999999999999999999999999.0.0", "1.0.0-" + strings.Repeat("a.", 60), "v1", "latest",
	"1.2.3.4", "0.0.0-00010101000000-000000000000", "2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z",
	"9999-12-31T23:59:59Z", "2026-11-03T12:00:00+14:00", "2026-11-03T12:00:00.999999999Z",
	"1969-12-31T23:59:59Z", "2026-11-03 12:00:00Z", "2027-01-01T00:00:00Z", "2020-01-01T00:00:00Z",
	"CVE-2026-12345", "ABC-2026-0002", "abc-2026-0001", strings.Repeat("x", 5000),
	"http://example.org",
	"https://user:pass@example.org", "https://", "mailto:", "{{.}}", "${HOME}", "$(id)", "%s%n",
	"CVSS:4.0/AV:N", "CVSS:9.9/", "CWE-99999999999", "Go", "opam", "FIX", "FINDER", "true", "\x1b[31m",
	"<<: *a", "? a", "- - - -", "'", `"`, "#", "---", "...", "\t", "%", "@", "`",
}

// bodies go below the header.
var bodies = []string{
	"> ", ">", "- ", "1. ", "*a_ ", "[a](", "![[]()", "[", "](", "<a ", "<!--", "`` ` ", "**a",
	"~~~\n", "```\n", "# a\n", "## a\n", "## Impact\n", "a\n", "\n", "|a|\n|-|\n",
	"<b>\n", "&#x0;", "\\",
	"    a\n",
	"[a]: b\n", "[a][b] ", "<http://a> ", "* * *\n", "a*b_c ", "<![CDATA[", "ABC-2026-0009 ", "{{",
	"<script>alert(1)</script>\n\n", "![x](https://example.org/x.png)\n", "[x](javascript:alert(1)) ",
}

var attacks = []attack{
	{"random bytes", func(r *rand.Rand, good []byte) []byte {
		b := make([]byte, r.IntN(4096))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}},
	{"truncated", func(r *rand.Rand, good []byte) []byte { return good[:r.IntN(len(good))] }},
	{"flipped", func(r *rand.Rand, good []byte) []byte {
		for range 1 + r.IntN(8) {
			good[r.IntN(len(good))] ^= 1 << r.IntN(8)
		}
		return good
	}},
	{"value", func(r *rand.Rand, good []byte) []byte {
		return edit(r, good, func(line string) string {
			key, _, ok := strings.Cut(line, ": ")
			if dash := strings.Index(line, "- "); !ok && dash >= 0 {
				return line[:dash+2] + values[r.IntN(len(values))]
			}
			return key + ": " + values[r.IntN(len(values))]
		})
	}},
	{"lines", func(r *rand.Rand, good []byte) []byte {
		lines := strings.Split(string(good), "\n")
		for range 1 + r.IntN(4) {
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			switch r.IntN(4) {
			case 0:
				lines[i], lines[j] = lines[j], lines[i]
			case 1:
				lines[i] = lines[j]
			case 2:
				lines = append(lines[:i:i], lines[i+1:]...)
			case 3:
				lines[i] = strings.Repeat(" ", r.IntN(6)) + strings.TrimSpace(lines[i])
			}
		}
		return []byte(strings.Join(lines, "\n"))
	}},
	{"body", func(r *rand.Rand, good []byte) []byte {
		text := strings.Repeat(bodies[r.IntN(len(bodies))], 1+r.IntN(800)) + "\n"
		if r.IntN(2) == 0 {
			text += strings.Repeat(bodies[r.IntN(len(bodies))], 1+r.IntN(200)) + "\n"
		}
		return bytes.Replace(good, []byte("## Impact\n"), []byte("## Impact\n\n"+text), 1)
	}},
	{"bomb", func(r *rand.Rand, good []byte) []byte {
		var b strings.Builder
		b.WriteString("---\nid: ABC-2026-0001\na0: &a0 [x]\n")
		for i := range r.IntN(40) {
			fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i)
		}
		return []byte(b.String() + "---\n")
	}},
	{"many ranges", func(r *rand.Rand, good []byte) []byte {
		var b strings.Builder
		for i := range r.IntN(150) {
			fmt.Fprintf(&b, "      - introduced: 1.%d.0\n        fixed: 1.%d.1\n", i, i+r.IntN(3)/2)
		}
		return bytes.Replace(good, []byte("      - introduced: 0\n        fixed: 1.10.0\n"),
			[]byte(b.String()), 1)
	}},
	{"huge", func(r *rand.Rand, good []byte) []byte {
		return bytes.Replace(good, []byte("title: "),
			bytes.Repeat([]byte("aliases: [a]\n"), r.IntN(20_000)), 1)
	}},
	{"unchanged", func(_ *rand.Rand, good []byte) []byte { return good }},
}

// edit replaces one line of the header.
func edit(r *rand.Rand, text []byte, change func(string) string) []byte {
	head, body, _ := strings.Cut(string(text[4:]), "---\n")
	lines := strings.Split(head, "\n")
	for range 1 + r.IntN(3) {
		i := r.IntN(len(lines) - 1)
		lines[i] = change(lines[i])
	}
	return []byte("---\n" + strings.Join(lines, "\n") + "---\n" + body)
}

// TestHostile makes records that are malformed, hostile or contradict themselves. Each is refused
// with file, place and hint, or it is accepted and then holds nothing that could harm.
func TestHostile(t *testing.T) {
	var originals [][]byte
	files, _ := filepath.Glob("testdata/lint/*.md")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		golden, err := os.ReadFile(strings.TrimSuffix(name, ".md") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if len(golden) == 0 { // nothing was found in it
			originals = append(originals, text)
		}
	}
	r := rand.New(rand.NewPCG(5, 2026))
	accepted, refused := map[string]int{}, map[string]int{}
	for i := range hostileCount {
		a := attacks[i%len(attacks)]
		text := a.make(r, bytes.Clone(originals[r.IntN(len(originals))]))
		if sound(t, text) {
			accepted[a.name]++
		} else {
			refused[a.name]++
		}
		if t.Failed() {
			t.Fatalf("record %d, %s:\n%.2000q", i, a.name, text)
		}
	}
	for _, a := range attacks {
		t.Logf("%s: %d refused, %d accepted", a.name, refused[a.name], accepted[a.name])
		if refused[a.name] == 0 && a.name != "unchanged" {
			t.Errorf("%s: nothing was refused", a.name)
		}
	}
	if accepted["unchanged"] != hostileCount/len(attacks) || accepted["value"] == 0 {
		t.Error("nothing was accepted: the test shows nothing")
	}
}

func FuzzCheck(f *testing.F) {
	for _, name := range []string{"good", "html", "links", "headings", "imported", "versions"} {
		text, err := os.ReadFile("testdata/lint/" + name + ".md")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { sound(t, text) })
}

// sound lints one file, and tells whether it was accepted.
func sound(t testing.TB, text []byte) bool {
	rec, found := advisory.Parse("2026/ABC-2026-0001.md", text)
	c := advisory.NewCollection(project, nil)
	if rec != nil {
		c = advisory.NewCollection(project, []*advisory.Record{rec})
	}
	found = Check(c, found, Options{Now: now})
	lines := bytes.Count(text, []byte("\n")) + 1
	for _, f := range found {
		if f.File == "" || f.Message == "" || f.Hint == "" || f.Line < 0 || f.Line > lines {
			t.Errorf("finding without a place or a hint, in %d lines: %+v", lines, f)
		}
		if strings.ContainsAny(f.String(), "\x00\x1b\x07\u202e\n") {
			t.Errorf("finding that moves the terminal: %q", f)
		}
	}
	if len(found) > 0 {
		return false
	}
	again, more := advisory.Parse("", rec.Append(nil))
	if len(more) > 0 || !again.Equal(rec) {
		t.Errorf("accepted, and not the same when written: %v", more)
	}
	if n := headings(rec.Append(nil)); n != len(rec.Sections) {
		t.Errorf("accepted with %d sections, but a reader of Markdown sees %d", len(rec.Sections), n)
	}
	if path.Base(rec.ID) != rec.ID || rec.Issued.IsZero() && len(c.Public(now).Records()) > 0 {
		t.Errorf("accepted: %+v", rec)
	}
	if strings.Contains(rec.Title+strings.Join(rec.Aliases, " "), "<script") {
		t.Errorf("accepted: %+v", rec)
	}
	for _, ref := range rec.References {
		if !strings.HasPrefix(ref.URL, "http") {
			t.Errorf("accepted: %s", ref.URL)
		}
	}
	return true
}

// headings counts the sections of a file as others see them.
func headings(file []byte) (n int) {
	_, body, _ := bytes.Cut(file[len("---\n"):], []byte("\n---\n"))
	doc := parser.Parse(markdown.NewReader(body))
	for c := doc.FirstChild(); c != nil; c = c.NextSibling() {
		if h, ok := c.(*ast.Heading); ok && h.Level <= 2 {
			n++
		}
	}
	return n
}
