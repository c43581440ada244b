package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/atoll-os/atoll/image/manifest"
	"github.com/atoll-os/atoll/image/oci"
)

// beside writes what was asked for beside an image.
func (o *buildFlags) beside(b *built, file []byte, stderr io.Writer) error {
	if o.oci != "" {
		err := writeFile(o.oci, func(w io.Writer) error {
			return oci.Write(w, oci.Image{Name: filepath.Base(b.File), ELF: file, Revision: b.VCS})
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(stderr, "%s  OCI layout, not tried with a runtime\n", o.oci)
	}
	if !o.others {
		return nil
	}
	for _, f := range manifest.Of(manifest.Machine{Image: b.File, Memory: memoryDefault}) {
		name := filepath.Join(filepath.Dir(b.File), f.Name)
		err := writeFile(name, func(w io.Writer) error {
			_, err := w.Write(f.Text)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(stderr, "%s  for %s, not tried; the kernel lacks there: %s\n", name, f.Hypervisor,
			f.Lacks)
	}
	return nil
}
