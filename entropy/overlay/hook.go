package overlay

// Tag is the build tag of a program that is built with the overlay.
const Tag = "atoll_overlay"

// The edit of crypto/internal/sysrand/rand.go: the line that must be there once, and what it
// becomes. It stays one line, so that every other line keeps its number.
const (
	anchor = "func Read(b []byte) {"
	edited = "func Read(b []byte) { if atollRead(b) { return }"
)

// hookSource is the file beside it.
//
// Callers of crypto/rand.Read may have their bytes on the stack, as without the overlay; for that
// the compiler must not see that b goes to a function it does not know. NoEscape hides it, and the
// hook that Install sets keeps the promise: it hands its own memory to the program's function, and
// copies.
const hookSource = `// Made by github.com/atoll-os/atoll/entropy/overlay.

package sysrand

import (
	"internal/abi"
	"sync/atomic"
	"unsafe"
)

var (
	atollHook   atomic.Pointer[func([]byte) bool]
	atollMissed atomic.Uint64
)

// atollSetHook sets the hook, which fills b and returns true, or returns false and leaves it to
// the operating system. It must not keep b, nor hand it to another goroutine.
//
//go:linkname atollSetHook
func atollSetHook(hook *func(b []byte) bool) { atollHook.Store(hook) }

// atollCount returns how many draws went to the operating system.
//
//go:linkname atollCount
func atollCount() uint64 { return atollMissed.Load() }

func atollRead(b []byte) bool {
	if hook := atollHook.Load(); hook != nil {
		p := (*byte)(abi.NoEscape(unsafe.Pointer(unsafe.SliceData(b))))
		if (*hook)(unsafe.Slice(p, len(b))) {
			return true
		}
	}
	atollMissed.Add(1)
	return false
}
`
