package history

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Bounds of a mirror of the Go vulnerability database (vulndb.zip). At the end of 2026 the real one
// has some 4,300 entries.
const (
	ZipBytesMax    = 256 << 20
	MembersMax     = 200_000
	MemberBytesMax = 8 << 20
	UnpackedMax    = 1 << 30 // bytes of all members together
	RatioMax       = 200     // unpacked to packed, of a member that is longer than RatioFreeBytes
	RatioFreeBytes = 64 << 10
)

// ZipError says what is wrong with an archive, and with which member if it is one.
type ZipError struct{ Member, Why string }

// Error names the member.
func (e *ZipError) Error() string {
	if e.Member == "" {
		return "history: read vulndb.zip: " + e.Why
	}
	return fmt.Sprintf("history: read vulndb.zip: %.80q %s", e.Member, e.Why)
}

// Vulndb reads the entries of an archive as the Go vulnerability database publishes it: ID/*.json.
// Its indexes are left out, since whoever merges makes new ones. The bytes of the entries are kept.
// What is wrong with the archive is a *ZipError.
func Vulndb(archive []byte) ([]osv.Item, error) {
	if len(archive) > ZipBytesMax {
		return nil, &ZipError{"", fmt.Sprintf("longer than %d bytes", ZipBytesMax)}
	}
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, &ZipError{"", err.Error()}
	}
	if len(z.File) > MembersMax {
		return nil, &ZipError{"", fmt.Sprintf("more than %d members", MembersMax)}
	}
	var items []osv.Item
	seen, total := map[string]bool{}, int64(0)
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && fs.ValidPath(strings.TrimSuffix(f.Name, "/")) {
			continue
		}
		if seen[f.Name] {
			return nil, &ZipError{f.Name, "is there twice"}
		}
		seen[f.Name] = true
		text, err := member(f, UnpackedMax-total)
		if err != nil {
			return nil, err
		}
		total += int64(len(text))
		if path.Dir(f.Name) != "ID" {
			continue
		}
		item, err := entry(f.Name, text)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, &ZipError{"", "no entries: it is no copy of the Go vulnerability database"}
	}
	return items, nil
}

// member unpacks a member. What its header says of its size is not relied on.
func member(f *zip.File, left int64) ([]byte, error) {
	dir, base := path.Split(f.Name)
	switch {
	case !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`):
		return nil, &ZipError{f.Name, "is no path inside the archive"}
	case dir != "ID/" && dir != "index/" || path.Ext(base) != ".json":
		return nil, &ZipError{f.Name, "is neither ID/*.json nor index/*.json"}
	case !f.Mode().IsRegular():
		return nil, &ZipError{f.Name, "is no plain file"}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &ZipError{f.Name, err.Error()}
	}
	defer r.Close()
	limit := min(left, MemberBytesMax)
	if packed := int64(f.CompressedSize64); packed < MemberBytesMax {
		limit = min(limit, max(packed*RatioMax, RatioFreeBytes))
	}
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case int64(len(text)) > limit:
		return nil, &ZipError{f.Name, fmt.Sprintf("unpacks to too much: at most %d bytes each, "+
			"%d for all, %d times what is packed", MemberBytesMax, UnpackedMax, RatioMax)}
	case err != nil:
		return nil, &ZipError{f.Name, err.Error()}
	}
	return text, nil
}

// entry reads an entry, whose id must be the name of its member.
func entry(name string, text []byte) (osv.Item, error) {
	var e osv.Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return osv.Item{}, &ZipError{name, "is no OSV entry: " + err.Error()}
	}
	if "ID/"+e.ID+".json" != name || !osv.ValidID(e.ID) {
		return osv.Item{}, &ZipError{name, fmt.Sprintf("has the entry %.80q", e.ID)}
	}
	if e.Modified.IsZero() {
		return osv.Item{}, &ZipError{name, "does not say when it was modified"}
	}
	return osv.Item{Entry: &e, JSON: text}, nil
}

// MergeVulndb makes one database of our public records and the entries of a mirror, so that one
// -db of govulncheck has both. An id that both have is an error.
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
