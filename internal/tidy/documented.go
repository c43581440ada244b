package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// documented checks that what a package exports has a comment.
func (c *checker) documented(fset *token.FileSet, file *ast.File) {
	missing := func(n ast.Node, name string) {
		c.find(fset.Position(n.Pos()).Line, "%s is exported and has no comment", name)
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) && !says(d.Doc) {
				missing(d, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() && !says(s.Doc) && !says(d.Doc) && !says(s.Comment) {
						missing(s, s.Name.Name)
					}
				case *ast.ValueSpec:
					// One comment may speak for a group of constants.
					if s.Names[0].IsExported() && !says(s.Doc) && !says(d.Doc) && !says(s.Comment) {
						missing(s, s.Names[0].Name)
					}
				}
			}
		}
	}
}

// says tells whether a comment has words besides directives.
func says(doc *ast.CommentGroup) bool {
	return doc != nil && strings.TrimSpace(doc.Text()) != ""
}

// exportedReceiver tells whether d is a function, or a method of an exported type. Methods that
// every Go programmer knows need no comment.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	switch d.Name.Name {
	case "Error", "String", "Unwrap", "Is", "Len", "Less", "Swap":
		return false
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// packageComment tells whether a file says what its package is.
func packageComment(name string, text []byte) (bool, error) {
	mode := parser.PackageClauseOnly | parser.ParseComments
	file, err := parser.ParseFile(token.NewFileSet(), name, text, mode)
	return err == nil && says(file.Doc), err
}
