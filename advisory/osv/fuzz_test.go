package osv

import (
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
)

// Whatever a record says, it is refused, or exported so that it can be read back.
func FuzzExport(f *testing.F) {
	exporter.Fuzz(f, func(file advisory.File) error {
		if file.Path == AllPath || strings.HasSuffix(file.Path, ".zip") {
			return nil
		}
		_, err := Parse(file.Data)
		return err
	})
}
