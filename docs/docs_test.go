package docs

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// link is an inline link of Markdown with its target, an anchor left out.
var link = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)

// TestLinks wants every relative link to lead to a file of the project, and every document to be
// reached from the index by links.
func TestLinks(t *testing.T) {
	root := os.DirFS("..")
	waiting := []string{"home.md", "index.md"} // the website's first page, and the list
	reached := map[string]bool{"home.md": true, "index.md": true}
	for len(waiting) > 0 {
		name := waiting[0]
		waiting = waiting[1:]
		text, err := fs.ReadFile(FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], ":") {
				continue
			}
			to := path.Join("docs", path.Dir(name), m[1])
			if _, err := fs.Stat(root, to); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
			doc := strings.TrimPrefix(to, "docs/")
			if _, err := fs.Stat(FS, doc); err == nil && path.Ext(doc) == ".md" && !reached[doc] {
				reached[doc] = true
				waiting = append(waiting, doc)
			}
		}
	}
	err := fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !reached[name] {
			t.Errorf("%s is reached by no link", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
