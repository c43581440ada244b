// Package tidy holds the project's rules of style that a machine can check; its test runs them
// over the whole tree. CONTRIBUTING.md says what they are for.
//
// A rule is broken openly by a marker with a reason on the line above, where the rule allows it:
//
//	//tidy:long <why>   a function over [FunctionLinesMax] lines: a state switch
//	//tidy:map <why>    a core ranges over a map, and the order decides nothing
package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of style. A column is a character; a tab is one.
const (
	LineColumnsMax   = 100
	FunctionLinesMax = 70
	FileLinesMax     = 700
)

// Finding is one place that breaks a rule.
type Finding struct {
	Path string // slashes, from the root of the tree
	Line int    // from 1; 0 for the whole file
	What string
}

// String returns path:line: what.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.What) }

// checker collects what is wrong with one file.
type checker struct {
	path     string
	findings []Finding
}

func (c *checker) find(line int, format string, args ...any) {
	c.findings = append(c.findings, Finding{c.path, line, fmt.Sprintf(format, args...)})
}

// promises are words for work that is not done; spelled in halves, since this file is checked too.
var promises = regexp.MustCompile(`\b(` + "TO" + "DO|FIX" + "ME|XX" + `X)\b`)

// places are folders of somebody's machine. Documents of Unix name some, such as /tmp in a
// command, which is why only these are looked for.
var places = regexp.MustCompile(`(^|[\s"'=(])(/(home|root|Users|work|mnt)/|[A-Z]:\\)`)

// Text checks what holds for every text file: Go, documents, scripts.
func Text(name string, text []byte) []Finding {
	c := &checker{path: name}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if m := promises.Find(line); m != nil {
			c.find(number, "%s: do it, or write an issue", m)
		}
		if m := places.Find(line); m != nil {
			c.find(number, "path of one machine: %s", bytes.TrimSpace(m))
		}
		line = bytes.TrimRight(line, "\n")
		if bytes.HasSuffix(line, []byte("\r")) {
			c.find(number, "ends with a carriage return")
		}
		if columns := utf8.RuneCount(line); path.Ext(name) == ".go" && columns > LineColumnsMax {
			c.find(number, "%d columns, at most %d", columns, LineColumnsMax)
		}
	}
	if path.Ext(name) == ".go" && number > FileLinesMax {
		c.find(0, "%d lines, at most %d: split it by concept or verb", number, FileLinesMax)
	}
	return c.findings
}

// drawers are file names that say nothing about what is in them.
var drawers = []string{"util", "utils", "helper", "helpers", "common", "misc", "stuff", "types"}

// Go checks a Go file as gofmt and the project want it. A core is checked for what cores must not
// do besides.
func Go(name string, text []byte, core bool) []Finding {
	c := &checker{path: name}
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".go"), "_test")
	for _, word := range strings.Split(base, "_") {
		if slices.Contains(drawers, word) {
			c.find(0, "file name %q says nothing: name it for its concept", base)
		}
	}
	if strings.ToLower(base) != base {
		c.find(0, "file name has capitals")
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		c.find(0, "%v", err)
		return c.findings
	}
	if formatted, err := format.Source(text); err == nil && !bytes.Equal(formatted, text) {
		c.find(0, "gofmt would change it")
	}
	c.functions(fset, file)
	if test := strings.HasSuffix(name, "_test.go"); !test {
		if file.Name.Name != "main" {
			c.documented(fset, file)
		}
		if core {
			c.core(fset, file)
		}
	}
	return c.findings
}

// functions checks how long functions are.
func (c *checker) functions(fset *token.FileSet, file *ast.File) {
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := fset.Position(fn.Pos()).Line, fset.Position(fn.End()).Line
		if lines := last - first + 1; lines > FunctionLinesMax && !marked(fn.Doc, "long") {
			c.find(first, "%s has %d lines, at most %d, or //tidy:long and why", fn.Name.Name, lines,
				FunctionLinesMax)
		}
	}
}

// marked tells whether a comment has the marker with a reason.
func marked(doc *ast.CommentGroup, marker string) bool {
	if doc == nil {
		return false
	}
	for _, line := range doc.List {
		if why, ok := strings.CutPrefix(line.Text, "//tidy:"+marker+" "); ok && len(why) > 3 {
			return true
		}
	}
	return false
}
