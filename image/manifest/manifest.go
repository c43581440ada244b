// Package manifest writes the files by which other hypervisors than QEMU boot an image: the same
// ELF file, entered by PVH. None of them has been tried with Atoll's kernel, and each says so.
package manifest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// File is a file for one hypervisor.
type File struct {
	Name       string // beside the image
	Hypervisor string
	Text       []byte
	Lacks      string // what the kernel has no driver for there
}

// Machine is what the files ask for.
type Machine struct {
	Image  string // file name
	Memory int64  // bytes
}

// Of returns the files for an image.
func Of(m Machine) []File {
	base := strings.TrimSuffix(filepath.Base(m.Image), ".elf")
	return []File{m.firecracker(base), m.cloudHypervisor(base), m.xl(base)}
}

// megabytes is the memory as hypervisors count it.
func (m *Machine) megabytes() int64 { return (m.Memory + 1<<20 - 1) >> 20 }

// firecracker is what firecracker --no-api --config-file reads. JSON has no comments.
func (m *Machine) firecracker(base string) File {
	text, err := json.MarshalIndent(map[string]any{
		"boot-source": map[string]any{"kernel_image_path": m.Image, "boot_args": "--"},
		"drives":      []any{},
		"machine-config": map[string]any{"vcpu_count": 1,
			"mem_size_mib": m.megabytes()},
	}, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("manifest: BUG: %v", err))
	}
	return File{Name: base + ".firecracker.json", Hypervisor: "Firecracker",
		Text: append(text, '\n'), Lacks: "a clock of the day: there is no RTC"}
}

// cloudHypervisor is a command.
func (m *Machine) cloudHypervisor(base string) File {
	const lacks = "network cards, which are on PCI"
	text := fmt.Sprintf("#!/bin/sh\n# Not tried. The kernel has no driver for %s.\n"+
		"exec cloud-hypervisor --kernel %s --cmdline '--' --cpus boot=1 --memory size=%dM \\\n"+
		"\t--serial tty --console off\n", lacks, shell(m.Image), m.megabytes())
	return File{Name: base + ".cloud-hypervisor.sh", Hypervisor: "Cloud Hypervisor",
		Text: []byte(text), Lacks: lacks}
}

// xl is what xl create reads (xl.cfg(5)).
func (m *Machine) xl(base string) File {
	const lacks = "Xen's console, clock and network"
	text := fmt.Sprintf("# Not tried. The kernel has no driver for %s.\n"+
		"name = %q\ntype = \"pvh\"\nkernel = %q\nextra = \"--\"\nmemory = %d\nvcpus = 1\n"+
		"on_crash = \"preserve\"\n", lacks, base, m.Image, m.megabytes())
	return File{Name: base + ".xl", Hypervisor: "Xen (xl)", Text: []byte(text), Lacks: lacks}
}

// shell quotes a word for sh.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
