package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// ManifestPath is where the manifest lies. Its signature lies beside it, as .asc.
const ManifestPath = "advisories/manifest.json"

// ManifestDays is how long a manifest is good for. A mirror that shows an older one is frozen.
const ManifestDays = 14

// ManifestBytesMax is the size of the longest manifest that is read.
const ManifestBytesMax = 256 << 20

// Manifest lists every file of a tree but itself and its signature.
type Manifest struct {
	Sequence int       // 1 for the first, one more for each that follows
	Issued   time.Time // the date of the export
	Expires  time.Time // ManifestDays later
	Previous string    // Hash of the manifest before, "" for the first
	Files    map[string]string
	hash     string
}

// manifestJSON is a manifest's file: times in RFC 3339, hashes SHA-256 in hexadecimal.
type manifestJSON struct {
	Sequence int               `json:"sequence"`
	Issued   time.Time         `json:"issued"`
	Expires  time.Time         `json:"expires"`
	Previous string            `json:"previous"`
	Files    map[string]string `json:"files"`
}

// Hash is the SHA-256 of the manifest's file, in hexadecimal.
func (m *Manifest) Hash() string { return m.hash }

// ReadManifest reads a manifest's file. Members that it does not know are left for later versions.
func ReadManifest(data []byte) (*Manifest, error) {
	if len(data) > ManifestBytesMax {
		return nil, fmt.Errorf("export: read manifest: longer than %d bytes", ManifestBytesMax)
	}
	var j manifestJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, fmt.Errorf("export: read manifest: %w", err)
	}
	switch {
	case j.Sequence < 1:
		return nil, fmt.Errorf("export: read manifest: sequence %d", j.Sequence)
	case j.Issued.IsZero() || !j.Expires.After(j.Issued):
		return nil, errors.New("export: read manifest: it does not expire after it is issued")
	case len(j.Files) == 0:
		return nil, errors.New("export: read manifest: no files")
	}
	return &Manifest{j.Sequence, j.Issued.UTC(), j.Expires.UTC(), j.Previous, j.Files, hash(data)}, nil
}

// encode returns the manifest's file, with one line for each file.
func (m *Manifest) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(manifestJSON{m.Sequence, m.Issued, m.Expires, m.Previous, m.Files})
	if err != nil {
		panic("export: BUG: " + err.Error())
	}
	return b.Bytes()
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// seal adds the manifest of the files, and its signature.
func (t *Tree) seal(date time.Time, o Options) error {
	issued := date.UTC().Truncate(time.Second)
	m := &Manifest{Sequence: 1, Issued: issued, Expires: issued.AddDate(0, 0, ManifestDays),
		Files: make(map[string]string, len(t.Files))}
	if p := o.Previous; p != nil {
		if issued.Before(p.Issued) {
			return fmt.Errorf("export: the date %s is before that of the previous manifest, %s",
				issued.Format(time.RFC3339), p.Issued.Format(time.RFC3339))
		}
		m.Sequence, m.Previous = p.Sequence+1, p.Hash()
	}
	for _, f := range t.Files {
		m.Files[f.Path] = hash(f.Data)
	}
	data := m.encode()
	m.hash = hash(data)
	t.Manifest = m
	t.add(advisory.File{Path: ManifestPath, Data: data})
	if o.Key == nil {
		return nil
	}
	signature, err := o.Key.Detached(data, issued)
	if err != nil {
		return fmt.Errorf("export: sign the manifest: %w", err)
	}
	t.add(advisory.File{Path: ManifestPath + ".asc", Data: signature})
	return nil
}

// add puts a file in its place.
func (t *Tree) add(f advisory.File) {
	i, _ := slices.BinarySearchFunc(t.Files, f.Path, func(f advisory.File, path string) int {
		return strings.Compare(f.Path, path)
	})
	t.Files = slices.Insert(t.Files, i, f)
}
