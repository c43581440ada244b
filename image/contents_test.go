package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/layout"
)

// TestContents: what goes in is listed.
func TestContents(t *testing.T) {
	kernel, _ := theKernel(t)
	program := theProgram(t, printPackage)
	for _, files := range [][]File{nil,
		{{"/z", nil}, {"/a/b", []byte("four")}, {"/a/a", []byte("12345678")}}} {
		file, err := Build(kernel, program, files...)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		want := []Entry{{"/a/a", 8}, {"/a/b", 4}, {"/z", 0}}[:len(files)]
		if got, err := Contents(f); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
}

// made is an ELF file with one part in memory, which says that its files are at an offset of it.
func made(at, size uint64, table []byte) []byte {
	const begin = layout.InfoPhys
	part := make([]byte, layout.InfoWords*8, layout.InfoWords*8+len(table))
	binary.LittleEndian.PutUint64(part[layout.InfoFiles*8:], begin+at)
	binary.LittleEndian.PutUint64(part[layout.InfoFilesBytes*8:], size)
	part = append(part, table...)
	file := make([]byte, layout.PageBytes)
	putHeader(file, header{kind: 2, headers: 64, programs: 1})
	putProgram(file[64:], program{kind: kindLoad, offset: layout.PageBytes, physical: begin,
		virtual: begin, file: uint64(len(part)), memory: uint64(len(part)), alignment: 1})
	return append(file, part...)
}

// FuzzContents: an image may be anybody's.
func FuzzContents(f *testing.F) {
	good, err := fileTable([]File{{"/a", []byte("1")}})
	if err != nil {
		f.Fatal(err)
	}
	const at = layout.InfoWords * 8
	f.Add(uint64(at), uint64(len(good)), good)
	f.Add(uint64(at), uint64(1<<63), good)
	f.Add(^uint64(0), uint64(8), good)
	f.Add(uint64(at), uint64(16), bytes.Repeat([]byte{255}, 64))
	f.Add(uint64(at), uint64(64), append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255},
		make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, at, size uint64, table []byte) {
		file, err := elf.NewFile(bytes.NewReader(made(at, size, table)))
		if err != nil {
			t.Fatal(err)
		}
		list, err := Contents(file)
		if err != nil && !errors.Is(err, errContents) || len(list) > FilesMax {
			t.Errorf("%d files, %v", len(list), err)
		}
		for _, e := range list {
			if len(e.Path) > pathBytesMax {
				t.Errorf("a path of %d bytes", len(e.Path))
			}
		}
	})
}

// TestReadFolder: files in order, wherever they are; what is none is refused by its name.
func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("b", "2")
	write("a/c", "1")
	write("a-", "3")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := ReadFolder(dir, "/srv")
	if got := fmt.Sprintf("%s", files); err != nil || got != "[{/srv/a/c 1} {/srv/a- 3} {/srv/b 2}]" {
		t.Errorf("%s, %v", got, err)
	}
	var wrong *FileError
	if _, err := ReadFolder(filepath.Join(dir, "b"), "/"); !errors.As(err, &wrong) ||
		!strings.HasSuffix(err.Error(), "b is no folder") {
		t.Errorf("a file for a folder: %v", err)
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, FilesBytesMax); err != nil { // with the other three: too large
		t.Fatal(err)
	}
	if _, err := ReadFolder(dir, "/"); !errors.As(err, &wrong) ||
		!strings.Contains(err.Error(), "has files of more than 1073741824 bytes") {
		t.Errorf("a gigabyte: %v", err)
	}
	os.Remove(large)
	for i := range FilesMax {
		write(fmt.Sprint("many/", i), "")
	}
	if _, err := ReadFolder(dir, "/"); !errors.As(err, &wrong) ||
		!strings.Contains(err.Error(), "has more than 1024 files") {
		t.Errorf("too many: %v", err)
	}
	if err := os.Symlink("b", filepath.Join(dir, "a", "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFolder(dir, "/"); !errors.As(err, &wrong) ||
		wrong.Name != filepath.Join(dir, "a", "link") || wrong.Hint == "" {
		t.Errorf("a link: %v", err)
	}
}
