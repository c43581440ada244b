//go:build !unix

package unikernel

import "runtime"

// uname returns what the kernel is called; its release is not told here.
func uname() (name, release string) { return runtime.GOOS, "" }
