package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Progress is told how many of the files are done.
type Progress func(done, total int)

// ErrNotEmpty is what Write returns when the directory has something in it.
var ErrNotEmpty = errors.New("the directory is not empty")

// Write writes the tree as a directory: whole, or not at all, which is also what the end of ctx
// leaves. The directory must not exist, or be empty. It tells progress, if that is not nil, of the
// files.
func (t *Tree) Write(ctx context.Context, dir string, progress Progress) (err error) {
	parent, name := filepath.Split(filepath.Clean(dir))
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return fmt.Errorf("export: write %s: %w", dir, ErrNotEmpty)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export: write: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(parent, "."), 0o777); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	// Beside the directory, so that it is of the same file system and can be renamed.
	beside, err := os.MkdirTemp(filepath.Join(parent, "."), "."+name+".*")
	if err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(beside)
		}
	}()
	if err := t.fill(ctx, beside, progress); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	if err := os.Rename(beside, dir); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	return SyncDir(filepath.Join(parent, "."))
}

// SyncDir waits until the names in a directory are on the disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	return nil
}

// fill writes the files into an empty directory, and to the disk.
func (t *Tree) fill(ctx context.Context, dir string, progress Progress) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	last := ""
	for i, f := range t.Files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if progress != nil {
			progress(i, len(t.Files))
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if d := filepath.Dir(name); d != last {
			if err := os.MkdirAll(d, 0o755); err != nil {
				return err
			}
			last = d
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return syncAll(dir)
}
