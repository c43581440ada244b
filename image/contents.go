package image

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"

	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/tree"
)

// Entry is a file of an image, without its contents.
type Entry struct {
	Path  string `json:"path"`
	Bytes uint64 `json:"bytes"`
}

// errContents says that an image's list of files is none.
var errContents = errors.New("image: the list of its files is broken")

// Contents lists the files that an image has for its program, in the order of their paths. The
// image may be anybody's.
func Contents(f *elf.File) ([]Entry, error) {
	info, err := physical(f, layout.InfoPhys, layout.InfoWords*8)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	at, size := le.Uint64(info[layout.InfoFiles*8:]), le.Uint64(info[layout.InfoFilesBytes*8:])
	if size == 0 {
		return nil, nil
	}
	head, err := physical(f, at, tree.TableAt)
	if err != nil {
		return nil, err
	}
	count := le.Uint64(head)
	if count > FilesMax {
		return nil, errContents
	}
	table, err := physical(f, at+tree.TableAt, count*tree.EntryBytes)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, count)
	for ; len(table) > 0; table = table[tree.EntryBytes:] {
		pathAt, length := uint64(le.Uint32(table)), uint64(le.Uint32(table[4:]))
		if pathAt > size || length > min(size-pathAt, pathBytesMax) {
			return nil, errContents
		}
		name, err := physical(f, at+pathAt, length)
		if err != nil {
			return nil, err
		}
		list = append(list, Entry{string(name), le.Uint64(table[16:])})
	}
	return list, nil
}

// pathBytesMax is how long a file's path may be: as long as paths of Linux.
const pathBytesMax = 4096

// physical returns what an image puts at a physical address.
func physical(f *elf.File, at, size uint64) ([]byte, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || at < p.Paddr || at-p.Paddr > p.Filesz ||
			size > p.Filesz-(at-p.Paddr) {
			continue
		}
		b := make([]byte, size)
		if _, err := p.ReadAt(b, int64(at-p.Paddr)); err != nil && !errors.Is(err, io.EOF) {
			return nil, errContents
		}
		return b, nil
	}
	return nil, errContents
}
