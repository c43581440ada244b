package topology

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/prng"
)

// Limits of what a web host serves.
const (
	FilesMax     = 10_000
	TreeBytesMax = 256 << 20
)

// tree is the files that a web host serves, in memory.
type tree struct {
	files  []treeFile // by path
	byPath map[string]int
	bytes  int64
}

type treeFile struct {
	path string
	data []byte
	sum  [sha256.Size]byte
}

func (t *tree) add(path string, data []byte) error {
	t.bytes += int64(len(data))
	if len(t.files) == FilesMax || t.bytes > TreeBytesMax {
		return fmt.Errorf("more than %d files or %s", FilesMax, units.Size(TreeBytesMax))
	}
	t.byPath[path] = len(t.files)
	t.files = append(t.files, treeFile{path, data, sha256.Sum256(data)})
	return nil
}

// readTree reads all regular files, but for those whose name or directory's name begins with a dot.
func readTree(fsys fs.FS) (*tree, error) {
	t := &tree{byPath: map[string]int{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		data, err := readRegular(fsys, name)
		if err != nil {
			return err
		}
		return t.add(name, data)
	})
	if err == nil && len(t.files) == 0 {
		err = fmt.Errorf("no files in it")
	}
	return t, err
}

// readRegular reads a file, and of one that grows meanwhile no more than a tree may have.
func readRegular(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, TreeBytesMax+1))
}

// The sizes of a sample's files: from the least on each is twice as big, up to the most, and again.
const (
	sampleFileLeast = 1 << 10
	sampleFileMost  = 128 << 10
)

// sampleTree makes up files of so many bytes together.
func sampleTree(rand *prng.Stream, size int64) *tree {
	t := &tree{byPath: map[string]int{}}
	for next := int64(sampleFileLeast); size > 0; {
		data := make([]byte, min(next, size))
		size -= int64(len(data))
		rand.Read(data)
		name := fmt.Sprintf("sample-%05d.bin", len(t.files))
		if err := t.add(name, data); err != nil {
			panic("topology: BUG: sample: " + err.Error())
		}
		if next *= 2; next > sampleFileMost {
			next = sampleFileLeast
		}
	}
	return t
}

// match reports whether a file is meant by a pattern: of its whole path, or of its last element.
func match(pattern, name string) (bool, error) {
	if ok, err := path.Match(pattern, name); ok || err != nil {
		return ok, err
	}
	return path.Match(pattern, path.Base(name))
}

// choose returns the files that one of the patterns means, all without a pattern.
func (t *tree) choose(patterns []string) (files []*treeFile) {
	for i := range t.files {
		f := &t.files[i]
		chosen := len(patterns) == 0
		for _, pattern := range patterns {
			ok, _ := match(pattern, f.path)
			chosen = chosen || ok
		}
		if chosen {
			files = append(files, f)
		}
	}
	return files
}

// open returns a file's content for reading.
func (t *tree) open(path string) (content *bytes.Reader, ok bool) {
	i, ok := t.byPath[path]
	if !ok {
		return nil, false
	}
	return bytes.NewReader(t.files[i].data), true
}

// contentTypes are fixed: package mime reads tables of the machine it runs on, and the answers of a
// server must not differ from one to the next.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".md": "text/markdown; charset=utf-8", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".png": "image/png", ".jpg": "image/jpeg",
}

func contentType(name string) string {
	if t, ok := contentTypes[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

func isDirectory(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no directory %q", name)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", name)
	}
	return nil
}
