// Package manifest writes the files by which other hypervisors than QEMU boot an image: the same
// ELF file, entered by PVH. None of them has been tried with Atoll's kernel, and each says so.
package manifest

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/atoll-os/atoll/image/machine"
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

// config is the machine as package machine has it.
func (m *Machine) config() *machine.Config {
	return &machine.Config{Image: m.Image, Memory: m.Memory}
}

// firecracker is what firecracker --no-api --config-file reads. JSON has no comments.
func (m *Machine) firecracker(base string) File {
	return File{Name: base + ".firecracker.json", Hypervisor: "Firecracker",
		Text: m.config().Firecracker(), Lacks: "a clock of the day: there is no RTC"}
}

// cloudHypervisor is a command.
func (m *Machine) cloudHypervisor(base string) File {
	const lacks = "network cards, which are on PCI"
	h := machine.Hypervisor{Kind: machine.CloudHypervisor, Path: string(machine.CloudHypervisor)}
	var words []string
	for _, word := range h.Command(m.config(), "") {
		words = append(words, shell(word))
	}
	text := fmt.Sprintf("#!/bin/sh\n# Not tried. The kernel has no driver for %s.\nexec %s\n", lacks,
		strings.Join(words, " "))
	return File{Name: base + ".cloud-hypervisor.sh", Hypervisor: "Cloud Hypervisor",
		Text: []byte(text), Lacks: lacks}
}

// xl is what xl create reads (xl.cfg(5)).
func (m *Machine) xl(base string) File {
	const lacks = "Xen's console, clock and network"
	text := fmt.Sprintf("# Not tried. The kernel has no driver for %s.\n"+
		"name = %q\ntype = \"pvh\"\nkernel = %q\nextra = \"--\"\nmemory = %d\nvcpus = 1\n"+
		"on_crash = \"preserve\"\n", lacks, base, m.Image, (m.Memory+1<<20-1)>>20)
	return File{Name: base + ".xl", Hypervisor: "Xen (xl)", Text: []byte(text), Lacks: lacks}
}

// shell quotes a word for sh.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
