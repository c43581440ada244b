package osv

import (
	"archive/zip"
	"bytes"
	"fmt"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// zipTime is the time of every member, the first that the format has: an archive tells what is in
// it, not when it was made.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Zip packs files in the order given. The same files give the same bytes with the same release of
// Go, whose deflate it is.
func Zip(files []advisory.File) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.Path, Method: zip.Deflate, Modified: zipTime}
		member, err := w.CreateHeader(header)
		if err == nil {
			_, err = member.Write(f.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("osv: pack %s: %w", f.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("osv: pack: %w", err)
	}
	return out.Bytes(), nil
}
