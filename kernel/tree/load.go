package tree

import "github.com/atoll-os/atoll/kernel/mem"

// EntryBytes is the size of an entry in an image's table of files: where the path begins and its
// length, 4 bytes each, where the contents begin and their length, 8 bytes each; all from the
// beginning of the table. Before the entries stands their number, in 8 bytes.
const (
	EntryBytes = 24
	TableAt    = 8
)

// Load adds the files of an image, whose table lies at a physical address. It reports false if the
// table is damaged or has more files than there are nodes.
func (t *Tree) Load(phys, size uint64) bool {
	if size < TableAt || size > uint64(len(t.space.RAM)) || phys > uint64(len(t.space.RAM))-size {
		return size == 0
	}
	table := t.space.RAM[phys : phys+size]
	count := mem.Load64(table)
	if count > NodesMax || TableAt+count*EntryBytes > size {
		return false
	}
	for i := range count {
		e := table[TableAt+i*EntryBytes:]
		pathAt, pathBytes := uint64(mem.Load32(e)), uint64(mem.Load32(e[4:]))
		at, length := mem.Load64(e[8:]), mem.Load64(e[16:])
		if pathAt+pathBytes > size || at > size || length > size-at || length > FileBytesMax {
			return false
		}
		n, ok := t.folders(table[pathAt : pathAt+pathBytes])
		if !ok {
			return false
		}
		t.Image(n, phys+at, length)
	}
	return true
}

// folders makes the folders of a path and the file at its end.
func (t *Tree) folders(path []byte) (file int, ok bool) {
	folder := Root
	for {
		var name []byte
		name, path = cut(path)
		if len(name) == 0 || len(name) > NameBytesMax || t.nodes[folder].Kind != Folder {
			return 0, false
		}
		if len(path) == 0 {
			n := t.Make(folder, name, File, 0o644, 0)
			return int(n), n >= 0
		}
		next := t.child(folder, name)
		if next < 0 {
			next = t.Make(folder, name, Folder, 0o755, 0)
		}
		if next < 0 {
			return 0, false
		}
		folder = int(next)
	}
}
