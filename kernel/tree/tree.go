// Package tree is the file system of a vm: folders and files with the contents that the image has,
// in place and read-only until they are written, and what the program makes besides, in memory.
// Everything is gone when the machine ends.
//
// Names have no links: no symbolic ones, and one name a file. Rights are remembered and not
// checked, since there is one user. Nothing here allocates, calls an interface or needs a Go
// runtime.
package tree

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Limits of the tree.
const (
	NodesMax     = 1024 // folders and files together
	NameBytesMax = 120
	FileBytesMax = 1 << 30
)

// Kind is what a node is.
type Kind uint8

// The kinds.
const (
	Free Kind = iota
	Folder
	File
)

// Root is the number of the topmost folder.
const Root = 0

// Node is a folder or a file.
type Node struct {
	Kind   Kind
	Mode   uint16 // rights, the lower 9 bits
	Size   uint64 // bytes
	Time   int64  // when it was changed last, nanoseconds since 1970
	parent int    // of a node without a name: -1
	open   int    // descriptors; a file without a name and without these is gone
	image  uint64 // physical address of contents that are the image's, or 0
	index  uint64 // physical address of a page of addresses of pages of addresses, or 0
	length int
	name   [NameBytesMax]byte
}

// Tree is all nodes. Init makes it.
type Tree struct {
	space *mem.Space
	nodes [NodesMax]Node
	Here  int // the folder where relative paths begin
}

// Init makes a tree with a folder /tmp.
func (t *Tree) Init(s *mem.Space) {
	t.space = s
	t.nodes[Root] = Node{Kind: Folder, Mode: 0o755, parent: Root, open: 1}
	var name [3]byte
	copy(name[:], "tmp")
	t.Make(Root, name[:], Folder, 0o777, 0)
}

// Node returns a node by its number.
func (t *Tree) Node(n int) *Node { return &t.nodes[n] }

// child returns the node with a name in a folder, or -ENOENT.
func (t *Tree) child(folder int, name []byte) int64 {
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.Kind != Free && n.parent == folder && i != Root && n.named(name) {
			return int64(i)
		}
	}
	return -abi.ENOENT
}

func (n *Node) named(name []byte) bool {
	if n.length != len(name) {
		return false
	}
	for i, c := range name {
		if n.name[i] != c {
			return false
		}
	}
	return true
}

// cut returns the first name of a path and what follows it.
func cut(path []byte) (name, rest []byte) {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	n := 0
	for n < len(path) && path[n] != '/' {
		n++
	}
	return path[:n], path[n:]
}

// step goes from a folder to a name in it, which may be "." or "..".
func (t *Tree) step(folder int, name []byte) int64 {
	switch {
	case t.nodes[folder].Kind != Folder:
		return -abi.ENOTDIR
	case len(name) == 0 || len(name) == 1 && name[0] == '.':
		return int64(folder)
	case len(name) == 2 && name[0] == '.' && name[1] == '.':
		return int64(max(t.nodes[folder].parent, Root))
	case len(name) > NameBytesMax:
		return -abi.ENAMETOOLONG
	}
	return t.child(folder, name)
}

// Find returns the node of a path that begins at a folder, or a negative error.
func (t *Tree) Find(from int, path []byte) int64 {
	if len(path) == 0 {
		return -abi.ENOENT
	}
	at := int64(from)
	if path[0] == '/' {
		at = Root
	}
	for len(path) > 0 && at >= 0 {
		var name []byte
		name, path = cut(path)
		at = t.step(int(at), name)
	}
	return at
}

// Place returns the folder that a path's last name is in, and that name; folder is a negative error
// if there is none. A name of ".." or nothing is the error EINVAL: it names no new file.
func (t *Tree) Place(from int, path []byte) (folder int64, name []byte) {
	end := len(path)
	for end > 1 && path[end-1] == '/' {
		end--
	}
	begin := end
	for begin > 0 && path[begin-1] != '/' {
		begin--
	}
	name = path[begin:end]
	switch {
	case len(path) == 0:
		return -abi.ENOENT, nil
	case len(name) == 0 || name[0] == '.' && (len(name) == 1 || len(name) == 2 && name[1] == '.'):
		return -abi.EINVAL, nil
	case len(name) > NameBytesMax:
		return -abi.ENAMETOOLONG, nil
	case begin == 0:
		folder = int64(from)
	default:
		folder = t.Find(from, path[:begin])
	}
	if folder >= 0 && t.nodes[folder].Kind != Folder {
		folder = -abi.ENOTDIR
	}
	return folder, name
}

// Make adds a node to a folder and returns its number, or a negative error.
func (t *Tree) Make(folder int, name []byte, kind Kind, mode uint16, now int64) int64 {
	if t.child(folder, name) >= 0 {
		return -abi.EEXIST
	}
	if t.nodes[folder].parent < 0 {
		return -abi.ENOENT // the folder was removed
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.Kind != Free {
			continue
		}
		*n = Node{Kind: kind, Mode: mode & 0o777, Time: now, parent: folder, length: len(name)}
		copy(n.name[:], name)
		return int64(i)
	}
	return -abi.ENOSPC
}

// Open notes that a descriptor stands for a node.
func (t *Tree) Open(n int) { t.nodes[n].open++ }

// Close notes that one less does.
func (t *Tree) Close(n int) {
	t.nodes[n].open--
	t.release(n)
}

// release forgets a node that has no name and that nobody uses.
func (t *Tree) release(n int) {
	if node := &t.nodes[n]; node.parent < 0 && node.open == 0 && t.Here != n {
		t.Truncate(n, 0, node.Time)
		*node = Node{}
	}
}

// Remove takes a node out of its folder: an empty folder if wanted is Folder, else a file.
func (t *Tree) Remove(n int, wanted Kind) int64 {
	node := &t.nodes[n]
	switch {
	case n == Root:
		return -abi.EBUSY
	case wanted == Folder && node.Kind != Folder:
		return -abi.ENOTDIR
	case wanted == File && node.Kind == Folder:
		return -abi.EISDIR
	}
	for i := range t.nodes {
		if t.nodes[i].Kind != Free && t.nodes[i].parent == n {
			return -abi.ENOTEMPTY
		}
	}
	node.parent = -1
	t.release(n)
	return 0
}

// Rename gives a node another place and name. What has that name already is replaced, if it is the
// same kind and not a folder with something in it.
func (t *Tree) Rename(n, folder int, name []byte) int64 {
	if n == Root {
		return -abi.EBUSY
	}
	for at := folder; at != Root; at = t.nodes[at].parent {
		if at == n {
			return -abi.EINVAL // a folder into itself
		}
		if at < 0 {
			return -abi.ENOENT // into a folder that was removed
		}
	}
	old := t.child(folder, name)
	if old == int64(n) {
		return 0
	}
	if old >= 0 {
		if t.nodes[n].Kind == Folder && t.nodes[old].Kind != Folder {
			return -abi.ENOTDIR
		}
		if e := t.Remove(int(old), t.nodes[n].Kind); e != 0 {
			return e
		}
	}
	node := &t.nodes[n]
	node.parent, node.length = folder, len(name)
	copy(node.name[:], name)
	return 0
}

// Entry returns the first node in a folder from a number on, and its name; -1 is none.
func (t *Tree) Entry(folder, from int) (n int, name []byte) {
	for i := max(from, Root+1); i < NodesMax; i++ {
		if node := &t.nodes[i]; node.Kind != Free && node.parent == folder {
			return i, node.name[:node.length]
		}
	}
	return -1, nil
}

// Path writes the path of a folder to the end of b and returns it, or nil if it does not fit or the
// folder was removed.
func (t *Tree) Path(n int, b []byte) []byte {
	at := len(b)
	for n != Root {
		node := &t.nodes[n]
		if node.parent < 0 || at < node.length+1 {
			return nil
		}
		at -= node.length + 1
		b[at] = '/'
		copy(b[at+1:], node.name[:node.length])
		n = node.parent
	}
	if at == len(b) && at > 0 {
		at--
		b[at] = '/'
	}
	return b[at:]
}
