package advisory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestParseProject shows for each text what is found, and how the project is written.
func TestParseProject(t *testing.T) {
	datadriven.RunTest(t, "testdata/project.txt", func(t *testing.T, d *datadriven.TestData) string {
		p, found := ParseProject(ProjectFile, []byte(d.Input))
		var b strings.Builder
		for _, f := range found {
			fmt.Fprintln(&b, f)
		}
		if p == nil {
			return b.String() + "no project\n"
		}
		b.Write(p.Append(nil))
		return b.String()
	})
	if p, found := ParseProject(ProjectFile, []byte("name: \xff")); p != nil || len(found) != 1 {
		t.Error(p, found)
	}
}
