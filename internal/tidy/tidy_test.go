package tidy

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// texts are the kinds of file that are checked as text.
var texts = []string{".go", ".md", ".sh", ".yaml", ".yml", ".json", ".mod"}

// TestTree runs every rule over the tree.
func TestTree(t *testing.T) {
	tree, files := os.DirFS("../.."), 0
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") && name != "." && name != ".ci"
			if hidden || d.Name() == "testdata" || slices.Contains(outputs, name) {
				return fs.SkipDir
			}
			return nil
		}
		script := path.Dir(name) == ".ci"
		if !script && !slices.Contains(texts, path.Ext(name)) {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files++
		for _, f := range Text(name, text) {
			t.Error(f)
		}
		if path.Ext(name) == ".go" {
			for _, f := range Go(name, text, IsCore(name)) {
				t.Error(f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("checked %d files; want the whole tree", files)
	}
}

// outputs are folders that commands write, see .gitignore.
var outputs = []string{"coverage", "atoll-demo", "_artifacts"}

// TestEveryPackageSaysWhatItIs wants a package comment in one file of each package.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	tree := os.DirFS("../..")
	says := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			text, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			comments, err := packageComment(name, text)
			if err != nil {
				return err
			}
			says[path.Dir(name)] = says[path.Dir(name)] || comments
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range says {
		if !ok {
			t.Errorf("%s: the package has no comment that says what it is", dir)
		}
	}
}
