//go:build atoll_overlay

package overlay

import _ "unsafe" // for go:linkname

// A program that is built with the tag and without the overlay does not link: these are not there.

//go:linkname atollSetHook crypto/internal/sysrand.atollSetHook
func atollSetHook(hook *func(b []byte) bool)

//go:linkname atollCount crypto/internal/sysrand.atollCount
func atollCount() uint64

// compiled returns the hook of crypto/internal/sysrand.
func compiled() *point { return &point{set: atollSetHook, missed: atollCount} }
