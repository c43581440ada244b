package advisory

import (
	"bytes"
	"testing"
)

// inFile wants every finding to say what is wrong, and where: in a line that the file has.
func inFile(t *testing.T, name string, text []byte, found []Finding) {
	t.Helper()
	lines := bytes.Count(text, []byte("\n")) + 1
	for _, f := range found {
		if f.Message == "" || f.File != name || f.Line < 0 || f.Line > lines {
			t.Fatalf("%+v, of %d lines", f, lines)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file("issued: 2026-11-03T12:00:00Z\n"+
		"withdrawn: {date: 2026-11-04T00:00:00Z, reason: \"a: b\"}\n"+
		"severity: [CVSS:4.0/AV:N]\ncredits: [{name: null, type: TOOL}]\n", "\n## Impact\n\nA\n"))
	f.Add(file("affected: [{module: a.b/c, ranges: [{introduced: 0}]}]\n", "## A\n```\n## b\n"))
	f.Add(file("a: &a [*a, *a]\nb: !!int 1\n<<: {}\n? x\n: y\n", "a\n"))
	f.Add(file("title: |\n  a\n  b\nreported: 2026-01-01\n", "~~~\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, found := Parse("a.md", text)
		inFile(t, "a.md", text, found)
		if r == nil {
			if len(found) == 0 {
				t.Fatal("no record, and nothing said why")
			}
			return
		}
		written := r.Append(nil)
		again, more := Parse("a.md", written)
		if len(found) == 0 && (len(more) > 0 || !again.Equal(r)) {
			t.Fatalf("%v\n%q\nwas read as\n%+v\nand written as\n%s\nand read as\n%+v", more, text, r,
				written, again)
		}
	})
}

func FuzzProject(f *testing.F) {
	f.Add([]byte(projectText))
	f.Add([]byte("unused: [{id: ABC-2026-0001, reason: a}]\nname: [a]\n"))
	f.Add([]byte("name: ["))
	f.Add([]byte("name: {\u2028\u2028\r"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, found := ParseProject(ProjectFile, text)
		inFile(t, ProjectFile, text, found)
		if p == nil || len(found) > 0 {
			if len(found) == 0 {
				t.Fatal("no project, and nothing said why")
			}
			return
		}
		written := p.Append(nil)
		again, more := ParseProject(ProjectFile, written)
		if len(more) > 0 || string(again.Append(nil)) != string(written) {
			t.Fatalf("%v\n%q\nwas written as\n%s", more, text, written)
		}
	})
}
