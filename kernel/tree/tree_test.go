package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"pgregory.net/rapid"
)

const page = mem.PageBytes

// fixture is a tree with some of the program's memory.
type fixture struct {
	Tree
	base uint64 // 64 KiB of memory
}

func newTree(t interface{ Fatalf(string, ...any) }) *fixture {
	f := new(fixture)
	s := new(mem.Space)
	s.Init(make(mem.RAM, 512*page), page, 2*page, 500*page)
	at := s.Map(0, 16*page, abi.ProtRead|abi.ProtWrite, abi.MapPrivate|abi.MapAnonymous)
	if at < 0 {
		t.Fatalf("mmap: %d", at)
	}
	f.base = uint64(at)
	f.Init(s)
	return f
}

// make adds a path whose folders are there.
func (f *fixture) make(t *testing.T, path string, kind Kind) int {
	t.Helper()
	folder, name := f.Place(Root, []byte(path))
	if folder < 0 {
		t.Fatalf("no place for %s: %d", path, folder)
	}
	n := f.Make(int(folder), name, kind, 0o644, 5)
	if n < 0 {
		t.Fatalf("make %s: %d", path, n)
	}
	return int(n)
}

func want(t *testing.T, what string, got, want int64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// TestPaths finds nodes by their paths.
func TestPaths(t *testing.T) {
	f := newTree(t)
	a := f.make(t, "/a", Folder)
	b := f.make(t, "/a/b", Folder)
	c := f.make(t, "/a/b/c.txt", File)
	for path, n := range map[string]int64{
		"/": Root, ".": Root, "/a": int64(a), "a/b": int64(b), "/a/b/c.txt": int64(c),
		"//a/./b//c.txt": int64(c), "a/b/../b/c.txt": int64(c), "../..": Root, "/a/": int64(a),
		"/tmp": 1, "": -abi.ENOENT, "x": -abi.ENOENT, "a/x/c.txt": -abi.ENOENT,
		"a/b/c.txt/": -abi.ENOTDIR, "a/b/c.txt/x": -abi.ENOTDIR,
		strings.Repeat("x", NameBytesMax+1): -abi.ENAMETOOLONG,
	} {
		want(t, path, f.Find(Root, []byte(path)), n)
	}
	want(t, "from a folder", f.Find(b, []byte("../b/c.txt")), int64(c))
	for path, folder := range map[string]int64{
		"x": Root, "/x": Root, "a/x": int64(a), "a/b/x/": int64(b), "": -abi.ENOENT, "/": -abi.EINVAL,
		"a/..": -abi.EINVAL, ".": -abi.EINVAL, "y/x": -abi.ENOENT, "a/b/c.txt/x": -abi.ENOTDIR,
		"a/" + strings.Repeat("x", NameBytesMax+1): -abi.ENAMETOOLONG,
	} {
		got, _ := f.Place(Root, []byte(path))
		want(t, "place of "+path, got, folder)
	}
	var buffer [64]byte
	if got := f.Path(b, buffer[:]); string(got) != "/a/b" {
		t.Errorf("path %q", got)
	}
	if got := f.Path(Root, buffer[:]); string(got) != "/" {
		t.Errorf("path of the root %q", got)
	}
	if got := f.Path(b, buffer[:3]); got != nil {
		t.Errorf("a path that does not fit is %q", got)
	}
	want(t, "make again", f.Make(a, []byte("b"), File, 0, 0), -abi.EEXIST)
}

// TestEntries lists a folder.
func TestEntries(t *testing.T) {
	f := newTree(t)
	for i := range 5 {
		f.make(t, fmt.Sprint("/tmp/", i), File)
	}
	var names []string
	for n, name := f.Entry(1, 0); n >= 0; n, name = f.Entry(1, n+1) {
		names = append(names, string(name))
	}
	if got := strings.Join(names, " "); got != "0 1 2 3 4" {
		t.Errorf("entries %s", got)
	}
}

// TestRemove: what is open lives on without a name.
func TestRemove(t *testing.T) {
	f := newTree(t)
	a := f.make(t, "/a", Folder)
	c := f.make(t, "/a/c", File)
	want(t, "the root", f.Remove(Root, Folder), -abi.EBUSY)
	want(t, "a folder with something in it", f.Remove(a, Folder), -abi.ENOTEMPTY)
	want(t, "a folder as a file", f.Remove(a, File), -abi.EISDIR)
	want(t, "a file as a folder", f.Remove(c, Folder), -abi.ENOTDIR)
	f.Open(c)
	f.space.CopyOut(f.base, []byte("text"))
	want(t, "write", f.Write(c, 0, f.base, 4, 9), 4)
	want(t, "a file", f.Remove(c, File), 0)
	want(t, "its name", f.Find(a, []byte("c")), -abi.ENOENT)
	want(t, "its contents", f.Read(c, 0, f.base, 10), 4)
	f.Close(c)
	if f.Node(c).Kind != Free {
		t.Error("a file without a name that nobody uses is still there")
	}
	f.Here = a
	want(t, "the folder one is in", f.Remove(a, Folder), 0)
	want(t, "a file in a folder that is gone", f.Make(a, []byte("x"), File, 0, 0), -abi.ENOENT)
	var buffer [64]byte
	if f.Path(a, buffer[:]) != nil {
		t.Error("a folder that is gone has a path")
	}
	want(t, "above it", f.Find(a, []byte("..")), Root)
}

// TestRename: a node gets another place; what was there goes.
func TestRename(t *testing.T) {
	f := newTree(t)
	a, b := f.make(t, "/a", Folder), f.make(t, "/a/b", Folder)
	c, d := f.make(t, "/c", File), f.make(t, "/d", File)
	want(t, "the root", f.Rename(Root, a, []byte("x")), -abi.EBUSY)
	want(t, "a folder into itself", f.Rename(a, b, []byte("x")), -abi.EINVAL)
	want(t, "a folder over a file", f.Rename(b, Root, []byte("c")), -abi.ENOTDIR)
	want(t, "a file over a folder", f.Rename(c, a, []byte("b")), -abi.EISDIR)
	want(t, "to itself", f.Rename(c, Root, []byte("c")), 0)
	want(t, "over a file", f.Rename(c, Root, []byte("d")), 0)
	want(t, "the new name", f.Find(Root, []byte("d")), int64(c))
	if f.Node(d).Kind != Free {
		t.Error("what was replaced is still there")
	}
	want(t, "into a folder", f.Rename(c, b, []byte("x")), 0)
	want(t, "the new place", f.Find(Root, []byte("a/b/x")), int64(c))
	f.Rename(c, Root, []byte("x"))
	f.Open(b)
	f.Remove(b, Folder)
	want(t, "into a folder that is gone", f.Rename(c, b, []byte("x")), -abi.ENOENT)
}

// TestNodesAreBounded fills all places.
func TestNodesAreBounded(t *testing.T) {
	f := newTree(t)
	n := int64(0)
	for i := 0; n >= 0; i++ {
		n = f.Make(Root, []byte(fmt.Sprint(i)), File, 0, 0)
	}
	want(t, "one too many", n, -abi.ENOSPC)
}

// TestContentsAreTheModel writes, reads and cuts at random, against a slice.
func TestContentsAreTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newTree(t)
		number := int(f.Make(Root, []byte("f"), File, 0, 0))
		var model []byte
		if rapid.Bool().Draw(t, "image") {
			model = rapid.SliceOfN(rapid.Byte(), 1, 3*page).Draw(t, "contents")
			copy(f.space.RAM[500*page:], model)
			f.Image(number, 500*page, uint64(len(model)))
		}
		used, _ := f.space.Pages.Used()
		offset := rapid.OneOf(rapid.IntRange(0, 4*page),
			rapid.IntRange(subBytes-page, subBytes+page))
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				at, b := offset.Draw(t, "at"), rapid.SliceOfN(rapid.Byte(), 1, 2*page).Draw(t, "b")
				f.space.CopyOut(f.base, b)
				if n := f.Write(number, uint64(at), f.base, uint64(len(b)), 0); n != int64(len(b)) {
					t.Fatalf("write: %d", n)
				}
				if at+len(b) > len(model) {
					model = append(model, make([]byte, at+len(b)-len(model))...)
				}
				copy(model[at:], b)
			},
			"cut": func(t *rapid.T) {
				size := offset.Draw(t, "size")
				if e := f.Truncate(number, uint64(size), 0); e != 0 {
					t.Fatalf("truncate: %d", e)
				}
				if size <= len(model) {
					model = model[:size:size]
				} else {
					model = append(model, make([]byte, size-len(model))...)
				}
			},
			"": func(t *rapid.T) {
				at := offset.Draw(t, "from")
				n := f.Read(number, uint64(at), f.base, 3*page)
				b := make([]byte, max(n, 0))
				f.space.CopyIn(b, f.base)
				want := model[min(at, len(model)):]
				if want = want[:min(len(want), 3*page)]; !bytes.Equal(b, want) {
					t.Fatalf("read at %d: %d bytes, want %d", at, n, len(want))
				}
			},
		})
		f.Remove(number, File)
		// A page of the program's memory or a table may have come meanwhile.
		if now, _ := f.space.Pages.Used(); now > used+16+3 {
			t.Fatalf("%d pages are used, %d before", now, used)
		}
	})
}

// TestContentsErrors are those of reading and writing.
func TestContentsErrors(t *testing.T) {
	f := newTree(t)
	n := f.make(t, "/f", File)
	want(t, "read a folder", f.Read(Root, 0, f.base, 1), -abi.EISDIR)
	want(t, "write a folder", f.Write(Root, 0, f.base, 1, 0), -abi.EISDIR)
	want(t, "cut a folder", f.Truncate(Root, 1, 0), -abi.EISDIR)
	want(t, "too far", f.Write(n, FileBytesMax, f.base, 1, 0), -abi.EFBIG)
	want(t, "too long", f.Truncate(n, FileBytesMax+1, 0), -abi.EFBIG)
	want(t, "from bad memory", f.Write(n, 0, 8, 1, 0), -abi.EFAULT)
	want(t, "from memory that ends", f.Write(n, 0, f.base+16*page-4, 8, 7), 4)
	want(t, "into bad memory", f.Read(n, 0, 8, 1), -abi.EFAULT)
	want(t, "into memory that ends", f.Read(n, 0, f.base+16*page-2, 4), 2)
	if node := f.Node(n); node.Size != 4 || node.Time != 7 {
		t.Errorf("%d bytes at %d", node.Size, node.Time)
	}
	f.Image(n, 500*page, 5*page)
	f.space.Writable(f.base, 16*page)
	exhaust := func() {
		for f.space.Pages.Left() > 2 {
			f.space.Pages.Take()
		}
	}
	exhaust()
	want(t, "no memory to change the image's", f.Write(n, 0, f.base, 1, 0), -abi.ENOSPC)
	want(t, "nor to cut it", f.Truncate(n, 1, 0), 0) // there is nothing of it any more
	n = f.make(t, "/g", File)
	exhaust()
	want(t, "memory for no page", f.Write(n, 0, f.base, page, 0), -abi.ENOSPC)
}

// table makes an image's table of files.
func table(files ...[2]string) []byte {
	le := binary.LittleEndian
	b := le.AppendUint64(nil, uint64(len(files)))
	b = append(b, make([]byte, EntryBytes*len(files))...)
	for i, f := range files {
		e := b[TableAt+EntryBytes*i:]
		le.PutUint32(e, uint32(len(b)))
		le.PutUint32(e[4:], uint32(len(f[0])))
		le.PutUint64(e[8:], uint64(len(b)+len(f[0])))
		le.PutUint64(e[16:], uint64(len(f[1])))
		b = append(append(b, f[0]...), f[1]...)
	}
	return b
}

// TestLoad: the files of an image are in their folders.
func TestLoad(t *testing.T) {
	f := newTree(t)
	b := table([2]string{"/etc/hosts", "127.0.0.1"}, [2]string{"/etc/empty", ""},
		[2]string{"/a", "text"})
	copy(f.space.RAM[500*page:], b)
	if !f.Load(500*page, uint64(len(b))) || !f.Load(0, 0) {
		t.Fatal("the table is not loaded")
	}
	n := f.Find(Root, []byte("/etc/hosts"))
	if n < 0 {
		t.Fatalf("/etc/hosts: %d", n)
	}
	got := make([]byte, f.Read(int(n), 0, f.base, 100))
	if f.space.CopyIn(got, f.base); string(got) != "127.0.0.1" {
		t.Errorf("/etc/hosts is %q", got)
	}
	for name, bad := range map[string][]byte{
		"a file in a file": table([2]string{"/a", ""}, [2]string{"/a/b", ""}),
		"a file twice":     table([2]string{"/b", ""}, [2]string{"/b", ""}),
		"no name":          table([2]string{"/", ""}),
		"a long name":      table([2]string{"/" + strings.Repeat("x", NameBytesMax+1), ""}),
		"too short":        make([]byte, 7),
		"too many":         binary.LittleEndian.AppendUint64(nil, 1<<40),
		"entries missing":  binary.LittleEndian.AppendUint64(nil, 3),
	} {
		f := newTree(t)
		copy(f.space.RAM[500*page:], bad)
		if f.Load(500*page, uint64(len(bad))) {
			t.Errorf("%s is loaded", name)
		}
	}
}

// FuzzLoad loads any table: it ends, and contents lie within it.
func FuzzLoad(f *testing.F) {
	f.Add(table([2]string{"/etc/hosts", "127.0.0.1"}, [2]string{"/a", "text"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 10*page {
			return
		}
		f := newTree(t)
		copy(f.space.RAM[500*page:], b)
		f.Load(500*page, uint64(len(b)))
		for i := range f.nodes {
			n := &f.nodes[i]
			if n.image != 0 && (n.image < 500*page || n.image+n.Size > uint64(500*page+len(b))) {
				t.Errorf("node %d has %d bytes at %#x", i, n.Size, n.image)
			}
		}
	})
}
