package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MapRanges finds the places in the packages below root that patterns name where a range goes over
// a map without the marker //tidy:map and why on the line above: the order of a map may decide
// nothing in a core. It asks the go command, and fails if a package does not compile.
func MapRanges(root string, patterns ...string) ([]Finding, error) {
	const format = "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{.DepOnly}}\t" +
		"{{range .GoFiles}}{{.}} {{end}}"
	args := append([]string{"list", "-export", "-deps", "-f", format}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("tidy: list packages: %w: %s", err, &stderr)
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("tidy: find root: %w", err)
	}
	exports := map[string]string{}
	var wanted [][]string
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[f[0]] = f[1]
		if f[3] == "false" {
			wanted = append(wanted, f)
		}
	}
	fset := token.NewFileSet()
	// The compiler's export data holds the types of what a package imports.
	lookup := func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) }
	imports := importer.ForCompiler(fset, "gc", lookup)
	var findings []Finding
	for _, f := range wanted {
		found, err := mapRanges(fset, imports, f[0], f[2], strings.Fields(f[4]))
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			if rel, err := filepath.Rel(root, x.Path); err == nil {
				x.Path = filepath.ToSlash(rel)
			}
			findings = append(findings, x)
		}
	}
	return findings, nil
}

// mapRanges checks one package.
func mapRanges(fset *token.FileSet, imports types.Importer, name, dir string, names []string) (
	findings []Finding, err error) {
	var files []*ast.File
	for _, n := range names {
		mode := parser.ParseComments | parser.SkipObjectResolution
		file, err := parser.ParseFile(fset, filepath.Join(dir, n), nil, mode)
		if err != nil {
			return nil, fmt.Errorf("tidy: parse package: %w", err)
		}
		files = append(files, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: imports}
	if _, err := config.Check(name, fset, files, info); err != nil {
		return nil, fmt.Errorf("tidy: check types: %w", err)
	}
	for _, file := range files {
		excused := map[int]bool{}
		for _, group := range file.Comments {
			excused[fset.Position(group.End()).Line+1] = marked(group, "map")
		}
		ast.Inspect(file, func(n ast.Node) bool {
			r, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			if _, ok := info.TypeOf(r.X).Underlying().(*types.Map); !ok && !mapSequence(r.X) {
				return true
			}
			if at := fset.Position(r.Pos()); !excused[at.Line] {
				findings = append(findings, Finding{at.Filename, at.Line,
					"a core ranges over a map: sort, or //tidy:map and why the order decides nothing"})
			}
			return true
		})
	}
	return findings, nil
}

// mapSequence tells whether x is a call that makes a sequence of a map: maps.Keys(m) and the like.
func mapSequence(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	p, ok := sel.X.(*ast.Ident)
	return ok && p.Name == "maps" &&
		(sel.Sel.Name == "Keys" || sel.Sel.Name == "Values" || sel.Sel.Name == "All")
}
