package source

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// fork watches a page that the kernel empties in the child of a fork.
type fork struct {
	alive  *atomic.Uint64 // on that page; 0 in a child that has not looked yet
	copies atomic.Uint64
}

// Fork tells the child of a fork from its parent: by a page of memory that Linux (4.14 and later)
// gives to a child as zeros (madvise(2), MADV_WIPEONFORK). Looking costs two loads. Also what
// restores a process from a file by forking is seen so; a copy of the whole virtual machine is
// not, since there the page is copied like any other. The page is never given back.
func Fork() (entropy.Generation, error) {
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("source: map a page: %w", err)
	}
	if err := unix.Madvise(page, unix.MADV_WIPEONFORK); err != nil {
		unix.Munmap(page)
		return nil, fmt.Errorf("source: have a page wiped on fork: %w", err)
	}
	f := &fork{alive: (*atomic.Uint64)(unsafe.Pointer(&page[0]))}
	f.alive.Store(1)
	return f, nil
}

func (f *fork) Name() string { return "fork" }

// Count returns how many forks lie between the first process and this one.
func (f *fork) Count() uint64 {
	if f.alive.Load() == 0 {
		// The count grows first: who finds the page alive finds the count grown.
		f.copies.Add(1)
		f.alive.Store(1)
	}
	return f.copies.Load()
}

// ID returns nil: nothing of a fork outlives the process.
func (f *fork) ID() []byte { return nil }
