package cve

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/atoll-os/atoll/advisory"
)

// Whatever a record says, it is refused, or drafted so that it can be read back.
func FuzzExport(f *testing.F) {
	exporter.Fuzz(f, func(file advisory.File) error {
		var d record
		err := json.Unmarshal(file.Data, &d)
		if err == nil && !bytes.Equal(d.encode(), file.Data) {
			err = errors.New("it is written otherwise")
		}
		return err
	})
}
