package export

import (
	"fmt"
	"path"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/advisory/text"
)

// sealing is how a file is signed.
type sealing int

const (
	notSigned sealing = iota
	inside            // clear-signed in its place: security.txt, RFC 9116 §2.3
	clear             // clear-signed beside it, as .asc
	detached          // a detached signature beside it, as .asc
)

// signed are the files with a signature of their own; the manifest's covers the rest.
var signed = []struct {
	pattern string
	how     sealing
}{
	{csaf.SecurityTxtPath, inside}, // nobody looks for a signature beside it
	{text.Dir + "*.txt", clear},
	{csaf.Dir + "*/*.json", detached}, // CSAF 2.0 §7.1.19
	{ManifestPath, detached},
}

// sealingOf says how the file of a path is signed.
func sealingOf(name string) sealing {
	for _, s := range signed {
		if ok, _ := path.Match(s.pattern, name); ok {
			return s.how
		}
	}
	return notSigned
}

// beside tells whether the signature of a file lies beside it, as .asc.
func beside(name string) bool {
	how := sealingOf(name)
	return how == clear || how == detached
}

// sign signs the files of the exporters.
func (t *Tree) sign(key *sign.Key, at time.Time) error {
	for i, f := range t.Files {
		var signature []byte
		var err error
		switch sealingOf(f.Path) {
		case inside:
			t.Files[i].Data, err = key.Clear(f.Data, at)
		case clear:
			signature, err = key.Clear(f.Data, at)
		case detached:
			signature, err = key.Detached(f.Data, at)
		}
		if err != nil {
			return fmt.Errorf("export: sign %s: %w", f.Path, err)
		}
		if signature != nil {
			t.Files = append(t.Files, advisory.File{Path: f.Path + ".asc", Data: signature})
		}
	}
	return nil
}
