package publish

import (
	"bytes"
	"slices"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/export"
)

// FuzzGate puts hostile bytes in the place of a file of the published tree or of the new one: there
// are findings, and never a fault. Only what a manifest means counts, not how it is spelled.
func FuzzGate(f *testing.F) {
	old := treeOf(f, records(), firstDay, nil, nil)
	next := treeOf(f, records(), secondDay, nil, old)
	names := []string{export.ManifestPath, csaf.SecurityTxtPath, "advisories/osv/x_EX-2026-0001.json",
		"advisories/go/ID/x_EX-2026-0001.json", ".well-known/csaf/white/2026/ex-2026-0001.json",
		keyFolder + "X.asc", export.ManifestPath + ".asc"}
	for i, name := range names {
		for _, file := range next.Files {
			if file.Path == name {
				f.Add(uint8(i), true, file.Data)
				f.Add(uint8(i), false, file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, inNew bool, data []byte) {
		change := func([]byte) []byte { return append([]byte{}, data...) }
		name := names[int(which)%len(names)]
		from, to := old.Files, next.Files
		if inNew {
			to = with(to, name, change)
		} else {
			from = with(from, name, change)
		}
		found := Gate(t.Context(), from, to, Options{Date: secondDay})
		same := slices.EqualFunc(to, next.Files, func(a, b advisory.File) bool {
			return a.Path == b.Path && bytes.Equal(a.Data, b.Data)
		})
		if inNew && name != export.ManifestPath && same != (len(found) == 0) {
			t.Errorf("%s: as it was: %v, found %v", name, same, found)
		}
	})
}
