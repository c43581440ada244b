package advisory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestParse shows for each text what is found, and how the record is written.
func TestParse(t *testing.T) {
	datadriven.RunTest(t, "testdata/parse.txt", func(t *testing.T, d *datadriven.TestData) string {
		r, found := Parse("a.md", []byte(d.Input))
		var b strings.Builder
		for _, f := range found {
			fmt.Fprintln(&b, f)
			if f.Fix != "" && f.Hint != "" {
				fmt.Fprintf(&b, "    %s\n", f.Hint)
			}
		}
		switch {
		case r == nil:
			b.WriteString("no record\n")
		case d.HasArg("lines"):
			for i, a := range r.Aliases {
				fmt.Fprintln(&b, a, r.Line(fmt.Sprintf("aliases[%d]", i)))
			}
		default:
			b.Write(r.Append(nil))
			again, found := Parse("b.md", r.Append(nil))
			if len(found) == 0 && !again.Equal(r) {
				t.Errorf("%s:\n%+v was read as\n%+v", d.Pos, r, again)
			}
		}
		return b.String()
	})
}

// file returns one with a header and a text; id and title are there.
func file(header, text string) []byte {
	return []byte("---\nid: ABC-2026-0001\ntitle: A\n" + header + "---\n" + text)
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("a", 100) + "\n"
	for _, c := range []struct {
		text []byte
		want string
	}{
		{file("", strings.Repeat(long, RecordBytesMax/len(long)+1)), "a.md: the file is"},
		{file("", "## A\n"+strings.Repeat("a", LineBytesMax+1)), "a.md:6: the line is 8193 bytes"},
		{file("cwe:\n"+strings.Repeat("  - a234567\n", HeaderBytesMax/12), ""), "a.md:1: the YAML is"},
		{file("", "## A\n\n"+strings.Repeat(long, ParagraphBytesMax/len(long)+1)), "a.md:169: the para"},
		{file("aliases: "+strings.Repeat("[", HeaderDepthMax+1)+"\n", ""), "exceeded max depth"},
		{file(strings.Repeat("a: 1\n", FindingsMax+50), ""), "there are more findings"},
		{file("\xff: 1\n", ""), "a.md:4: the line is not UTF-8"},
		{file("", "## A\n\x1b[2J"), "a.md:6: the line has the control character U+001B"},
		{file("", "## A\nif \u202eevil"), "a.md:6: the line has the control character U+202E"},
		{append([]byte("\ufeff"), file("", "")...), "a.md:1: the line has the control character U+FEFF"},
		{file("", "a\rb\n"), "a.md:5: the line has the control character U+000D"},
	} {
		_, found := Parse("a.md", c.text)
		if len(found) == 0 || len(found) > FindingsMax {
			t.Errorf("%.40q: %d findings", c.want, len(found))
			continue
		}
		if last := found[len(found)-1].String(); !strings.Contains(last, c.want) {
			t.Errorf("found %s, want %s", last, c.want)
		}
	}
	code := "## A\n```\n" + strings.Repeat(long, ParagraphBytesMax/len(long)+1) + "```\n"
	if _, found := Parse("a.md", file("", code)); len(found) > 0 {
		t.Errorf("a long block of code: %v", found)
	}
}

// TestLineEnds wants files of Windows read as others.
func TestLineEnds(t *testing.T) {
	text := file("cwe: [CWE-1]\n", "\n## A\n\none\ntwo\n")
	a, found := Parse("a.md", text)
	b, more := Parse("a.md", []byte(strings.ReplaceAll(string(text), "\n", "\r\n")))
	if len(found)+len(more) > 0 || !a.Equal(b) {
		t.Errorf("%v %v\n%+v\n%+v", found, more, a, b)
	}
}

func TestLine(t *testing.T) {
	r, found := Parse("a.md", file("affected:\n  - module: a.b/c\n    ranges:\n      - fixed: 1.0.0\n",
		"\n## A\n\n\nText\n"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	for path, want := range map[string]int{"id": 2, "title": 3, "affected": 4,
		"affected[0].module": 5, "affected[0].ranges[0].fixed": 7,
		"affected[0].ranges[0].introduced": 7, "affected[0].packages[3].path": 5, "cwe[2]": 1,
		"": 1, "section[0]": 10, "section[0].text": 13, "section[4]": 1} {
		if got := r.Line(path); got != want {
			t.Errorf("%q is in line %d, want %d", path, got, want)
		}
	}
	if (&Record{}).Line("id") != 0 {
		t.Error("a record that was not read has lines")
	}
}

func TestRecord(t *testing.T) {
	r, _ := Parse("a.md", file("issued: 2026-01-02T00:00:00Z\nmodified: 2026-01-03T00:00:00Z\n"+
		"withdrawn: {date: 2026-01-04T00:00:00Z, reason: a}\n", "## Impact\nB\n"))
	if r.Section("Impact") != "B" || r.Section("impact") != "" {
		t.Errorf("%+v", r.Sections)
	}
	if got := r.Changed().Format(TimeLayout); got != "2026-01-04T00:00:00Z" {
		t.Errorf("changed at %s", got)
	}
	r.Withdrawn = nil
	if got := r.Changed().Format(TimeLayout); got != "2026-01-03T00:00:00Z" {
		t.Errorf("changed at %s", got)
	}
	r.Modified = r.Reported
	if r.Changed() != r.Issued {
		t.Errorf("changed at %s", r.Changed())
	}
}

func TestFindingForeignText(t *testing.T) {
	f := Finding{File: "a\x1b[2J", Line: 1, Message: "b\n", Hint: "\u202ec"}
	if got, want := f.String(), "a?[2J:1: b? (?c)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSortFindings(t *testing.T) {
	a := []Finding{{File: "b"}, {File: "a", Line: 2}, {File: "a", Line: 1, Message: "b"},
		{File: "a", Line: 1, Message: "a", Hint: "do", Fix: "x"}}
	SortFindings(a)
	got := fmt.Sprint(a)
	if want := "[a:1: a (write x) a:1: b a:2:  b: ]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
