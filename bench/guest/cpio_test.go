package guest

import (
	"bytes"
	"fmt"
)

// Kinds of entries, as of file modes.
const (
	kindDirectory = 0o040755
	kindFile      = 0o100755
	kindDevice    = 0o020600 // of characters
)

// archive is an initial file system for Linux: cpio in the format "newc", where each entry has a
// header of hexadecimal numbers (driver-api/early-userspace/buffer-format in Linux's documents).
type archive struct {
	out     bytes.Buffer
	entries int
}

// add writes an entry. major and minor are of a device.
func (a *archive) add(name string, mode int, major, minor int, data []byte) {
	a.entries++
	a.out.WriteString("070701")
	for _, field := range []int{a.entries, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor,
		len(name) + 1, 0} {
		fmt.Fprintf(&a.out, "%08X", field)
	}
	a.out.WriteString(name)
	a.out.WriteByte(0)
	a.pad()
	a.out.Write(data)
	a.pad()
}

// pad fills up to four bytes.
func (a *archive) pad() {
	for a.out.Len()%4 != 0 {
		a.out.WriteByte(0)
	}
}

// bytes ends the archive and returns it.
func (a *archive) bytes() []byte {
	a.add("TRAILER!!!", 0, 0, 0, nil)
	return a.out.Bytes()
}
