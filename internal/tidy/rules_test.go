package tidy

import (
	"fmt"
	"strings"
	"testing"
)

// Each rule is shown to fail: a checker that never complains checks nothing.

func TestText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.go", strings.Repeat("x", LineColumnsMax+1), "a.go:1: 101 columns, at most 100"},
		{"a.go", strings.Repeat("é", LineColumnsMax), ""},
		{"a.md", strings.Repeat("x", LineColumnsMax+1), ""},
		{"a.go", strings.Repeat("\n", FileLinesMax+1), "a.go:0: 701 lines"},
		{"a.md", "one\nTO" + "DO: two", "a.md:2: TO" + "DO: do it"},
		{"a.md", "see FIX" + "ME", "a.md:1: FIX" + "ME"}, {"a.md", "FIXMENOT", ""},
		{"a.md", "cd /ho" + "me/me", "a.md:1: path of one machine"},
		{"a.md", `open "/wo` + `rk/x"`, "path of one machine"}, {"a.md", "docs/work/x", ""},
		{"a.md", "one\r\n", "a.md:1: ends with a carriage return"},
	} {
		expect(t, Text(c.name, []byte(c.text)), c.text, c.want)
	}
}

// expect wants one finding with that text, or none.
func expect(t *testing.T, findings []Finding, input, want string) {
	t.Helper()
	got := fmt.Sprint(findings)
	if want == "" && len(findings) > 0 || !strings.Contains(got, want) {
		t.Errorf("%.60q: found %s, want %q", input, got, want)
	}
}

func TestGo(t *testing.T) {
	long := strings.Repeat("\tf()\n", FunctionLinesMax)
	for _, c := range []struct{ name, text, want string }{
		{"p/a.go", "package p\n", ""}, {"p/a.go", "packag p\n", "expected 'package'"},
		{"p/a.go", "package  p\n", "gofmt would change it"},
		{"p/net_util.go", "package p\n", `file name "net_util" says nothing`},
		{"p/helpers_test.go", "package p\n", "says nothing"},
		{"p/Conn.go", "package p\n", "file name has capitals"},
		{"p/a.go", "package p\n\nfunc f() {\n" + long + "}\n", "f has 72 lines, at most 70"},
		{"p/a.go", "package p\n\n//tidy:long a state switch\nfunc f() {\n" + long + "}\n", ""},
		{"p/a.go", "package p\n\n//tidy:long\nfunc f() {\n" + long + "}\n", "f has 72 lines"},
	} {
		expect(t, Go(c.name, []byte(c.text), false), c.text, c.want)
	}
}

func TestDocumented(t *testing.T) {
	for _, c := range []struct{ decl, want string }{
		{"func F() {}", "F is exported"}, {"// F is.\nfunc F() {}", ""}, {"func f() {}", ""},
		{"func (T) M() {}", "M is exported"}, {"func (t) M() {}", ""},
		{"func (*T) M() {}", "M is exported"}, {"func (T) String() string { return \"\" }", ""},
		{"func (T[A]) M() {}", "M is exported"}, {"func (t[A, B]) M() {}", ""},
		{"type T int", "T is exported"}, {"type T int // is", ""}, {"// T is.\ntype T int", ""},
		{"//tidy:long why not\nfunc F() {}", "F is exported"},
		{"var V = 1", "V is exported"}, {"// All.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
		{"const (\n\tA = 1 // one\n\tB = 2\n)", "B is exported"},
	} {
		text := "package p\n\n" + c.decl + "\n"
		expect(t, Go("p/a.go", []byte(text), false), c.decl, c.want)
		expect(t, Go("p/a_test.go", []byte(text), false), c.decl, "")
	}
	expect(t, Go("p/a.go", []byte("package main\n\nfunc F() {}\n"), false), "package main", "")
}

func TestCore(t *testing.T) {
	for _, c := range []struct{ decl, want string }{
		{"import \"os\"", "a core imports os"}, {"import \"net\"", "a core imports net"},
		{"import \"math/rand/v2\"", "a core imports math/rand/v2"}, {"import \"net/netip\"", ""},
		{"func f() { go f() }", "a core starts a goroutine"},
		{"func f() {\n\tselect {}\n}", "a core selects between channels"},
		{"import \"time\"\n\nvar n = time.Now()", "a core uses time.Now"},
		{"import \"time\"\n\nconst n = time.Second", ""},
		{"import \"sync\"\n\nvar m sync.Mutex", "a core uses sync.Mutex"},
		{"import \"sync\"\n\nvar p sync.Pool", ""},
	} {
		text := "package p\n\n" + c.decl + "\n"
		expect(t, Go("vnet/a.go", []byte(text), IsCore("vnet/a.go")), c.decl, c.want)
		expect(t, Go("host/a.go", []byte(text), IsCore("host/a.go")), c.decl, "")
	}
	text := []byte("package prng\n\nimport \"math/rand/v2\"\n")
	expect(t, Go("prng/a.go", text, true), "prng and math/rand/v2", "")
	if !IsCore("vnet/fault/a.go") || IsCore("vnets/a.go") {
		t.Error("what lies below a core is one, and nothing else")
	}
}

func TestPackageComment(t *testing.T) {
	for text, want := range map[string]bool{
		"// Package p is.\npackage p\n": true, "package p\n": false, "//go:build x\n\npackage p\n": false,
	} {
		if got, err := packageComment("a.go", []byte(text)); got != want || err != nil {
			t.Errorf("packageComment(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := packageComment("a.go", nil); err == nil {
		t.Error("packageComment of an empty file: no error")
	}
}
