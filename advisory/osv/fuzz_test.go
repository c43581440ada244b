package osv

import (
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// Whatever a record says, it is refused, or exported so that it can be read back.
func FuzzExport(f *testing.F) {
	for _, r := range sample.Cases() {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, _ := advisory.Parse("record.md", text)
		if r == nil {
			return
		}
		records := []*advisory.Record{r}
		out, err := Export(advisory.NewCollection(sample.Project(), records).Public(sample.Date))
		if err != nil {
			return
		}
		for _, file := range out.Files {
			if file.Path == AllPath || strings.HasSuffix(file.Path, ".zip") {
				continue
			}
			if _, err := Parse(file.Data); err != nil {
				t.Errorf("%s is exported as %q: %v", text, file.Data, err)
			}
		}
	})
}
