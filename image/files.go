package image

import (
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/kernel/tree"
)

// File is a file that the program finds in its machine.
type File struct {
	Path string // absolute and clean, such as /etc/hosts
	Data []byte
}

// fileTable makes what package kernel/tree loads: the files by path.
func fileTable(files []File) ([]byte, error) {
	if len(files) == 0 {
		return nil, nil
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	le := binary.LittleEndian
	table := make([]byte, tree.TableAt+len(files)*tree.EntryBytes)
	le.PutUint64(table, uint64(len(files)))
	nodes := map[string]bool{"/": true, "/tmp": true}
	taken := map[string]bool{}
	for _, f := range files {
		taken[f.Path] = true
	}
	for i, f := range files {
		if f.Path != path.Clean(f.Path) || f.Path[0] != '/' || f.Path == "/" {
			return nil, fmt.Errorf("image: the path %q of a file is not absolute and clean", f.Path)
		}
		if i > 0 && files[i-1].Path == f.Path {
			return nil, fmt.Errorf("image: two files are %s", f.Path)
		}
		if f.Path == "/tmp" || f.Path == "/dev" || strings.HasPrefix(f.Path, "/dev/") {
			return nil, fmt.Errorf("image: a file may not be %s: that is the kernel's", f.Path)
		}
		if len(f.Path) > pathBytesMax {
			return nil, fmt.Errorf("image: a path has %d bytes, at most %d", len(f.Path), pathBytesMax)
		}
		for at := path.Dir(f.Path); at != "/"; at = path.Dir(at) {
			if taken[at] {
				return nil, fmt.Errorf("image: %s is a file, and the folder of %s", at, f.Path)
			}
		}
		for at := f.Path; !nodes[at]; at = path.Dir(at) {
			nodes[at] = true
			if len(path.Base(at)) > tree.NameBytesMax {
				return nil, fmt.Errorf("image: a name in %s is longer than %d bytes", f.Path,
					tree.NameBytesMax)
			}
		}
		e := table[tree.TableAt+i*tree.EntryBytes:]
		le.PutUint32(e, uint32(len(table)))
		le.PutUint32(e[4:], uint32(len(f.Path)))
		table = append(table, f.Path...)
		for len(table)%8 != 0 {
			table = append(table, 0)
		}
		e = table[tree.TableAt+i*tree.EntryBytes:]
		le.PutUint64(e[8:], uint64(len(table)))
		le.PutUint64(e[16:], uint64(len(f.Data)))
		table = append(table, f.Data...)
	}
	if len(nodes) > tree.NodesMax {
		return nil, fmt.Errorf("image: %d files and folders, at most %d", len(nodes), tree.NodesMax)
	}
	return table, nil
}
