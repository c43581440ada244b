//go:build unix

package unikernel

import "golang.org/x/sys/unix"

// uname returns what the kernel is called and its release.
func uname() (name, release string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", ""
	}
	return unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:])
}
