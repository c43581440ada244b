package history

import (
	"archive/zip"
	"bytes"
	"fmt"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Bounds of a mirror of the Go vulnerability database (vulndb.zip) as it comes, besides those of
// osv.ReadZip on what is in it. In 2026 the real one has some 4,300 entries in 20 MiB.
const (
	ZipBytesMax    = 256 << 20
	RatioMax       = 200 // unpacked to packed, of a member that is longer than RatioFreeBytes
	RatioFreeBytes = 64 << 10
)

// Vulndb reads the entries of an archive as the Go vulnerability database publishes it: ID/*.json.
// Its indexes are left out, since whoever merges makes new ones. The bytes of the entries are kept.
func Vulndb(archive []byte) ([]osv.Item, error) {
	if len(archive) > ZipBytesMax {
		return nil, fmt.Errorf("history: read vulndb.zip: %d bytes, at most %d", len(archive),
			ZipBytesMax)
	}
	in := bytes.NewReader(archive)
	z, err := zip.NewReader(in, in.Size())
	if err != nil {
		return nil, fmt.Errorf("history: read vulndb.zip: %w", err)
	}
	for _, f := range z.File { // a header that lies runs into the bounds of osv.ReadZip
		big := f.UncompressedSize64 > RatioFreeBytes
		if big && f.UncompressedSize64/RatioMax > f.CompressedSize64 {
			return nil, fmt.Errorf("history: read vulndb.zip: %.200q unpacks to more than %d times "+
				"its size", f.Name, RatioMax)
		}
	}
	items, err := osv.ReadZip(in, in.Size())
	if err != nil {
		return nil, fmt.Errorf("history: read vulndb.zip: %w", err)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("history: read vulndb.zip: no entries: it is no copy of the database")
	}
	return items, nil
}

// MergeVulndb makes one database of our public records and the entries of a mirror, so that one
// -db of govulncheck has both. An id that both have is an error. What of ours is not in it, and
// why, are the skips.
func MergeVulndb(ours *advisory.Public, archive []byte) ([]advisory.File, []advisory.Skip, error) {
	items, skipped, err := govulndb.Items(ours)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := Vulndb(archive)
	if err != nil {
		return nil, nil, err
	}
	files, err := govulndb.Files(append(items, theirs...))
	return files, skipped, err
}
