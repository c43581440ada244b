package advisory

import "testing"

func FuzzParse(f *testing.F) {
	f.Add(file("issued: 2026-11-03T12:00:00Z\n"+
		"withdrawn: {date: 2026-11-04T00:00:00Z, reason: \"a: b\"}\n"+
		"severity: [CVSS:4.0/AV:N]\ncredits: [{name: null, type: TOOL}]\n", "\n## Impact\n\nA\n"))
	f.Add(file("affected: [{module: a.b/c, ranges: [{introduced: 0}]}]\n", "## A\n```\n## b\n"))
	f.Add(file("a: &a [*a, *a]\nb: !!int 1\n<<: {}\n? x\n: y\n", "a\n"))
	f.Add(file("title: |\n  a\n  b\nreported: 2026-01-01\n", "~~~\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, found := Parse("a.md", text)
		for _, finding := range found {
			if finding.Message == "" || finding.File != "a.md" || finding.Line < 0 {
				t.Fatalf("%+v", finding)
			}
		}
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
	f.Fuzz(func(t *testing.T, text []byte) {
		p, found := ParseProject(ProjectFile, text)
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
