//go:build !linux

package source

import "github.com/atoll-os/atoll/entropy"

// Getrandom is the generator of the operating system: getrandom(2) on Linux, /dev/urandom
// elsewhere. It claims all bits of its bytes, on trust: they are the output of a generator, in
// which no test can see whether it was well seeded. A policy may trust it alone. It is asked
// directly, not through crypto/rand, which may be us.
func Getrandom() entropy.Source { return File(kernelSpec, "/dev/urandom") }
