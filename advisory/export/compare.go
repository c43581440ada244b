package export

import (
	"bytes"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// Compare holds a published tree against one that somebody built again of the same records, date
// and pages, with the public key and without the private one (Options.Public). It returns a
// finding for each file that is not the same, bit for bit, in the order of the files. Signatures
// and the manifest are no part of it: publish.Judge checks them by what they say. key is nil for a
// tree that is not signed.
func Compare(published, again []advisory.File, key *sign.Public) []advisory.Finding {
	var found []advisory.Finding
	find := func(file, message string) {
		found = append(found, advisory.Finding{File: file, Message: message,
			Hint: "build it of the same records and documents, with the same release of Atoll"})
	}
	rebuilt := map[string][]byte{}
	for _, f := range again {
		rebuilt[f.Path] = f.Data
	}
	for _, f := range published {
		owner, ok := strings.CutSuffix(f.Path, ".asc")
		if f.Path == ManifestPath || key != nil && ok && beside(owner) {
			continue
		}
		data := f.Data
		if key != nil && sealingOf(f.Path) == inside {
			if text, err := key.VerifyClear(data); err == nil {
				data = text
			}
		}
		built, ok := rebuilt[f.Path]
		delete(rebuilt, f.Path)
		switch {
		case !ok:
			find(f.Path, "the records do not make it")
		case !bytes.Equal(built, data):
			find(f.Path, "the records make another one")
		}
	}
	delete(rebuilt, ManifestPath)
	for name := range rebuilt {
		find(name, "the records make it, and the tree does not have it")
	}
	advisory.SortFindings(found)
	return found
}
