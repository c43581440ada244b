package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// SeedFile keeps a system's seed in a file, so that the next run begins with what this one knew.
// It implements entropy.SeedStore. Nobody else may read the file, and no image or backup should
// hold it: two machines that begin with one seed know each other's.
type SeedFile string

// seedBytesMax is more than any seed.
const seedBytesMax = 4 << 10

// Load returns what is in the file, nothing if there is none.
func (f SeedFile) Load() ([]byte, error) {
	file, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("source: open seed file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("source: look at seed file: %w", err)
	}
	if loose := info.Mode().Perm() & 0o077; loose != 0 {
		return nil, fmt.Errorf("source: look at seed file: others may read it (mode %v)",
			info.Mode().Perm())
	}
	seed, err := io.ReadAll(io.LimitReader(file, seedBytesMax))
	if err != nil {
		return nil, fmt.Errorf("source: read seed file: %w", err)
	}
	return seed, nil
}

// Store writes a new file, has the disk keep it, puts it in the place of the old one, and has the
// disk keep that: only then is the old seed gone for good, whenever the power fails.
func (f SeedFile) Store(seed []byte) (err error) {
	folder := filepath.Dir(string(f))
	next, err := os.CreateTemp(folder, ".seed-*") // mode 0600
	if err != nil {
		return fmt.Errorf("source: make seed file: %w", err)
	}
	defer func() {
		if err != nil {
			next.Close()
			os.Remove(next.Name())
		}
	}()
	if _, err := next.Write(seed); err != nil {
		return fmt.Errorf("source: write seed file: %w", err)
	}
	if err := next.Sync(); err != nil {
		return fmt.Errorf("source: sync seed file: %w", err)
	}
	if err := next.Close(); err != nil {
		return fmt.Errorf("source: close seed file: %w", err)
	}
	if err := os.Rename(next.Name(), string(f)); err != nil {
		return fmt.Errorf("source: replace seed file: %w", err)
	}
	return syncFolder(folder)
}

// syncFolder has the disk keep which files a folder holds.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("source: open folder of seed file: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("source: sync folder of seed file: %w", err)
	}
	return nil
}
