package cve

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// Whatever a record says, it is refused, or drafted so that it can be read back.
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
			var d record
			if err := json.Unmarshal(file.Data, &d); err != nil || !bytes.Equal(d.encode(), file.Data) {
				t.Errorf("%s is drafted as %q (%v)", text, file.Data, err)
			}
		}
	})
}
