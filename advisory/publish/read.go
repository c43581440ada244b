package publish

import (
	"fmt"
	"io/fs"

	"github.com/atoll-os/atoll/advisory"
)

// Bounds of a tree that is read.
const (
	FilesMax     = 1 << 20
	FileBytesMax = 256 << 20
	TreeBytesMax = 4 << 30
)

// Read reads a published tree, in the order of its paths. What is no plain file is an error: a link
// could lead out of the tree.
func Read(fsys fs.FS) ([]advisory.File, error) {
	var tree []advisory.File
	total := int64(0)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		switch {
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is no plain file", name)
		case info.Size() > FileBytesMax:
			return fmt.Errorf("%s has %d bytes, at most %d", name, info.Size(), FileBytesMax)
		case total > TreeBytesMax:
			return fmt.Errorf("the tree has more than %d bytes", int64(TreeBytesMax))
		case len(tree) == FilesMax:
			return fmt.Errorf("the tree has more than %d files", FilesMax)
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		tree = append(tree, advisory.File{Path: name, Data: b})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("publish: read tree: %w", err)
	}
	return tree, nil
}
