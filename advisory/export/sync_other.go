//go:build !linux

package export

import (
	"io/fs"
	"os"
	"path/filepath"
)

// syncAll waits until everything below a directory is on the disk.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
}
