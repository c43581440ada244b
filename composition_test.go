package atoll

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

// The packages of the entropy framework that only the main of a program puts together.
const (
	entropyPath = module + "/entropy"
	sourcePath  = module + "/entropy/source"
	testPath    = module + "/entropy/entropytest"
)

// composers are packages that are no main and compose a system for one, each with its reason.
var composers = map[string]string{
	"entropy/entropytest": "makes deterministic systems, for tests",
	"unikernel":           "its Main is the main of a process, and composes for it",
}

// TestOnlyMainComposesEntropy reads every package of the module: none but a main makes a system or
// knows sources, none keeps a system, a stream or a source in a variable of its own, and none does
// anything when it is merely imported. So no library can feed the system behind a program's back.
func TestOnlyMainComposesEntropy(t *testing.T) {
	tree, files := os.DirFS("."), 0
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			other := name == "bench" || name == "coverage" // bench is a module of its own
			if other || name != "." && (d.Name()[0] == '.' || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files++
		for _, problem := range composition(name, text) {
			t.Error(problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("read %d files; want the whole tree", files)
	}
}

// composition returns what is wrong with one file.
func composition(name string, text []byte) (problems []string) {
	complain := func(format string, args ...any) {
		problems = append(problems, name+": "+fmt.Sprintf(format, args...))
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		complain("%v", err)
		return problems
	}
	folder := path.Dir(name)
	main := file.Name.Name == "main" || composers[folder] != ""
	locals := map[string]string{} // what the file calls the packages of the framework
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		switch imported {
		case entropyPath, sourcePath, testPath:
			locals[local] = imported
		}
		if imported == testPath {
			complain("imports entropytest, which is for tests")
		}
		if imported == sourcePath && !main {
			complain("imports entropy/source: only a main knows sources")
		}
	}
	own := folder == "entropy" || strings.HasPrefix(folder, "entropy/")
	if len(locals) == 0 && !own {
		return problems
	}
	mentions := func(n ast.Node, names ...string) bool { return mentioned(n, locals, names) }
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !main && !own && mentions(call.Fun, "New") {
			complain("makes a system: only a main does")
		}
		return true
	})
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				complain("has an init: importing it must do nothing")
			}
			if d.Recv == nil && strings.HasPrefix(d.Name.Name, "Register") {
				complain("has %s: nothing is registered", d.Name.Name)
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR && keeps(d, mentions, own) {
				complain("keeps a system, stream or source in a variable of the package")
			}
		}
	}
	return problems
}

// mentioned tells whether a piece of source names one of these identifiers of the framework.
func mentioned(n ast.Node, locals map[string]string, names []string) (is bool) {
	if n == nil {
		return false
	}
	ast.Inspect(n, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		p, ok := selector.X.(*ast.Ident)
		if !ok || locals[p.Name] == "" {
			return true
		}
		for _, name := range names {
			is = is || selector.Sel.Name == name
		}
		return true
	})
	return is
}

// keeps tells whether a package's variable holds part of a system. In the framework's own packages
// the types have no package name before them.
func keeps(d *ast.GenDecl, mentions func(ast.Node, ...string) bool, own bool) (is bool) {
	held := []string{"System", "Stream", "Source", "SeedStore", "Generation", "New", "Machine",
		"Generations"}
	for _, spec := range d.Specs {
		value := spec.(*ast.ValueSpec)
		if value.Names[0].Name == "_" {
			continue // var _ Interface = value: nothing is kept
		}
		if value.Type != nil {
			is = is || mentions(value.Type, held...)
			if own {
				is = is || named(value.Type, held)
			}
		}
		for _, v := range value.Values {
			is = is || mentions(v, held...)
		}
	}
	return is
}

// named tells whether a type is one of these of its own package.
func named(n ast.Node, names []string) (is bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if ident, ok := n.(*ast.Ident); ok {
			for _, name := range names {
				is = is || ident.Name == name
			}
		}
		return true
	})
	return is
}

// TestComposition shows that each rule can fail.
func TestComposition(t *testing.T) {
	const imports = "import (\n\t\"" + entropyPath + "\"\n\t\"" + sourcePath + "\"\n)\n"
	for _, c := range []struct{ name, text, want string }{
		{"tlsconf/a.go", "package tlsconf\nimport \"" + entropyPath + "\"\n" +
			"type t struct { s *entropy.System }\nfunc f(s *entropy.System) { s.Stream(\"x\") }", ""},
		{"cmd/x/a.go", "package main\n" + imports +
			"func main() { entropy.New(entropy.Config{Sources: source.Machine()}) }", ""},
		{"tlsconf/a.go", "package tlsconf\n" + imports, "only a main knows sources"},
		{"tlsconf/a.go", "package tlsconf\nimport e \"" + entropyPath + "\"\n" +
			"func f() { e.New(e.Config{}) }", "only a main does"},
		{"host/a.go", "package host\nimport \"" + entropyPath + "\"\nvar s *entropy.System", "keeps"},
		{"host/a.go", "package host\nimport \"" + entropyPath + "\"\nvar s = new(entropy.Stream)",
			"keeps"},
		{"host/a.go", "package host\nimport \"" + entropyPath + "\"\nvar all map[string]entropy.Source",
			"keeps"},
		{"cmd/x/a.go", "package main\n" + imports + "var all = source.Machine()", "keeps"},
		{"host/a.go", "package host\nimport \"" + entropyPath + "\"\nfunc init() {}", "has an init"},
		{"host/a.go", "package host\nimport \"" + testPath + "\"\n", "for tests"},
		{"entropy/a.go", "package entropy\nvar standard *System", "keeps"},
		{"entropy/source/a.go", "package source\nfunc Register() {}", "nothing is registered"},
		{"entropy/source/a.go", "package source\nimport \"" + entropyPath + "\"\n" +
			"var _ entropy.Source = x{}\nvar spec = entropy.Spec{}", ""},
		{"host/a.go", "package host\nfunc init() {}", ""},
		{"host/a.go", "package", "expected"},
	} {
		got := strings.Join(composition(c.name, []byte(c.text)), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s:\n%s\nfound %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
