package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/atoll-os/atoll/kernel/tree"
)

// Limits of the files of an image.
const (
	FilesMax      = tree.NodesMax // files and folders together
	FilesBytesMax = 1 << 30       // of all contents
)

// FileError says which file or folder cannot be in an image, why, and what to do about it.
type FileError struct{ Name, What, Hint string }

// Error returns what is wrong.
func (e *FileError) Error() string { return e.Name + " " + e.What }

// ReadFolder returns the regular files of a folder and of those in it, as files below the absolute
// path at, in the order of a walk. A folder without a file is left out. A link or a device is a
// [*FileError], and so are too many files and too many bytes.
func ReadFolder(dir, at string) ([]File, error) {
	var files []File
	room := int64(FilesBytesMax)
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &FileError{dir, "is no folder", "name the folder that it is in"}
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		place := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		case entry.Type()&fs.ModeSymlink != 0:
			return &FileError{place, "is a link, and an image has none",
				"copy what it leads to in its place"}
		case !entry.Type().IsRegular():
			return &FileError{place, fmt.Sprintf("is no regular file (%v)", entry.Type()),
				"take it out of the folder"}
		case len(files) == FilesMax:
			return &FileError{dir, fmt.Sprintf("has more than %d files", FilesMax),
				"put them into one archive, or into the program by go:embed"}
		}
		data, err := readFile(place, room)
		if errors.Is(err, errTooLarge) {
			return &FileError{dir, fmt.Sprintf("has files of more than %d bytes", FilesBytesMax),
				"leave out what the program does not read"}
		} else if err != nil {
			return err
		}
		room -= int64(len(data))
		files = append(files, File{path.Join(at, name), data})
		return nil
	})
	return files, err
}

var errTooLarge = errors.New("larger than there is room for")

// readFile reads a file of at most so many bytes.
func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > most {
		return nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = errTooLarge
	}
	return data, err
}
