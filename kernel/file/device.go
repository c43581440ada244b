package file

import "github.com/atoll-os/atoll/kernel/abi"

// device is a file under /dev.
type device struct {
	path string
	kind Kind
}

// devices are the files under /dev.
var devices = [...]device{
	{"/dev/null", Null}, {"/dev/zero", Zero}, {"/dev/random", Random}, {"/dev/urandom", Random},
	{"/dev/console", Console}, {"/dev/tty", Console},
}

// Open is openat(2) of an absolute path.
func (t *Table) Open(path []byte, flags uint64) int64 {
	mode, closeExec := uint32(flags)&(abi.OpenAccess|settable), flags&abi.OpenCloseExec != 0
	for i := range devices {
		if d := &devices[i]; equal(path, d.path) {
			return t.open(Object{Kind: d.kind, Flags: mode}, closeExec)
		}
	}
	if fd, ok := t.openNet(path, mode, closeExec); ok {
		return fd
	}
	return -abi.ENOENT
}

// equal compares without the conversion of a slice to a string.
func equal(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if b[i] != s[i] {
			return false
		}
	}
	return true
}
