package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// acpiTableBytesMax bounds a table that is read.
const acpiTableBytesMax = 4 << 20

// vmIdentifier is the VM generation identifier where it lies in memory.
type vmIdentifier struct {
	words  [2]*atomic.Uint64 // in memory that the hypervisor writes
	copies atomic.Uint64
	mu     sync.Mutex
	known  [2]atomic.Uint64
}

// VMIdentifier tells a copy of a virtual machine from its original by the VM generation identifier
// itself (Microsoft, "Virtual Machine Generation ID", 2012): 16 bytes that the hypervisor changes
// before a copy runs. ACPI says where they lie, and /dev/mem shows them, to root, and on few
// kernels. Looking costs two loads, so that not one byte of the old state is served in a copy.
func VMIdentifier() (entropy.Generation, error) {
	address, err := findIdentifier("/sys/firmware/acpi/tables")
	if err != nil {
		return nil, err
	}
	return mapIdentifier("/dev/mem", address)
}

// findIdentifier looks through the ACPI tables of a folder.
func findIdentifier(folder string) (address uint64, err error) {
	var names []string
	for _, pattern := range []string{"DSDT", "SSDT*", "dynamic/SSDT*"} {
		found, _ := filepath.Glob(filepath.Join(folder, pattern))
		names = append(names, found...)
	}
	for _, name := range names {
		table, err := os.ReadFile(name)
		if err != nil {
			return 0, fmt.Errorf("source: read ACPI table: %w", err)
		}
		if address, ok := generationAddress(table[:min(len(table), acpiTableBytesMax)]); ok {
			return address, nil
		}
	}
	return 0, fmt.Errorf("source: find VM generation identifier in ACPI tables: %w", fs.ErrNotExist)
}

// mapIdentifier maps physical memory at an address. The page is never given back.
func mapIdentifier(path string, address uint64) (*vmIdentifier, error) {
	memory, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("source: open memory: %w", err)
	}
	defer memory.Close()
	page := uint64(os.Getpagesize())
	offset := address % page
	if offset > page-16 || offset%8 != 0 {
		return nil, errors.New("source: map VM generation identifier: it is not aligned")
	}
	mapped, err := unix.Mmap(int(memory.Fd()), int64(address-offset), int(page), unix.PROT_READ,
		unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("source: map VM generation identifier: %w", err)
	}
	v := &vmIdentifier{}
	for i := range v.words {
		v.words[i] = (*atomic.Uint64)(unsafe.Pointer(&mapped[offset+8*uint64(i)]))
		v.known[i].Store(v.words[i].Load())
	}
	return v, nil
}

func (v *vmIdentifier) Name() string { return "vmgenid" }

// Count returns how many identifiers there have been but for the first.
func (v *vmIdentifier) Count() uint64 {
	if v.words[0].Load() != v.known[0].Load() || v.words[1].Load() != v.known[1].Load() {
		v.mu.Lock()
		defer v.mu.Unlock()
		low, high := v.words[0].Load(), v.words[1].Load()
		if low != v.known[0].Load() || high != v.known[1].Load() {
			v.copies.Add(1) // before it is known: who sees it known sees the count grown
			v.known[0].Store(low)
			v.known[1].Store(high)
		}
	}
	return v.copies.Load()
}

// ID returns the 16 bytes.
func (v *vmIdentifier) ID() []byte {
	id := binary.LittleEndian.AppendUint64(nil, v.words[0].Load())
	return binary.LittleEndian.AppendUint64(id, v.words[1].Load())
}
