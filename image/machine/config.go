package machine

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// Limits of a machine.
const (
	MemoryMin     = 8 << 20    // bytes
	MemoryMax     = 3 << 30    // what the kernel can use
	memoryMaxQ35  = 2815 << 20 // from then on QEMU puts most of it where the kernel does not reach
	SeedBytes     = 64         // that a machine is given to begin with
	NetsMax       = 4          // network cards
	DisksMax      = 4
	TextsBytesMax = 4096 // of all arguments, or of the environment, with a zero byte behind each
)

// Kinds of machines.
const (
	Microvm = "microvm" // the smallest and quickest; it is not told of its copies
	Q35     = "q35"     // a PC with PCI, and with a generation identifier
)

// Config is what a machine is made of.
type Config struct {
	Image   string   // file name
	Machine string   // Microvm, also if it is empty, or Q35
	Memory  int64    // bytes, rounded up to whole MiB
	KVM     bool     // run on the processor itself, not in emulation
	Options []string // words for the kernel: kernel.statistics
	Args    []string // of the program, without its name
	Env     []string // NAME=value
	Seed    []byte   // up to SeedBytes of entropy that nobody else has
	Nets    []Net    // network cards, in order
	Disks   []Disk   // in order

	// Replay makes the machine repeat to the byte: its clock counts instructions, and the processor
	// has no random numbers. Only Seed makes one run differ from another.
	Replay bool
}

// Disk is a disk whose sectors are a file.
type Disk struct {
	File     string
	ReadOnly bool
}

// Net is a network card.
type Net struct {
	MAC    net.HardwareAddr
	Socket string // path of a Unix socket where frames go, each after its length; or
	User   bool   // QEMU's own network, with its own DHCP server; or
	TAP    string // a TAP device
	// Forward is what User passes on.
	Forward []Forward
}

// Forward passes on connections to a port of the host to one of the machine.
type Forward struct {
	At          string // IPv4 address of the host
	Host, Guest uint16
}

// ErrConfig is a machine that cannot be made: the error says why.
var ErrConfig = errors.New("machine: it cannot be made")

// Check finds what no machine can be made of: the error is [ErrConfig].
func (c *Config) Check() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	most := int64(MemoryMax)
	if c.Machine == Q35 {
		most = memoryMaxQ35
	}
	switch {
	case c.Memory < MemoryMin || c.Memory > most:
		return wrong("its memory is %d MiB, not %d to %d MiB", c.Memory>>20, int64(MemoryMin)>>20,
			most>>20)
	case len(c.Seed) > SeedBytes:
		return wrong("its seed has %d bytes, at most %d", len(c.Seed), SeedBytes)
	case len(c.Nets) > NetsMax:
		return wrong("it has %d network cards, at most %d", len(c.Nets), NetsMax)
	case len(c.Disks) > DisksMax:
		return wrong("it has %d disks, at most %d", len(c.Disks), DisksMax)
	case c.Machine != "" && c.Machine != Microvm && c.Machine != Q35:
		return wrong("its kind is %q, not %s or %s", c.Machine, Microvm, Q35)
	case c.Replay && len(c.Nets) > 0:
		return wrong("what comes from a network does not repeat")
	case c.Replay && len(c.Disks) > 0:
		return wrong("a disk keeps what one run wrote, and the next does not repeat")
	}
	for _, w := range c.Options {
		if w == "--" || strings.ContainsAny(w, " \t\n\x00") {
			return wrong("%q is no word for the kernel", w)
		}
	}
	for _, list := range [][]string{c.Args, c.Env} {
		if n := len(texts(list)); n > TextsBytesMax {
			return wrong("arguments or environment have %d bytes, at most %d", n, TextsBytesMax)
		}
		for _, s := range list {
			if strings.Contains(s, "\x00") {
				return wrong("a zero byte in %q", s)
			}
		}
	}
	return nil
}

// texts is how a list goes to the kernel: each with a zero byte behind it.
func texts(list []string) []byte {
	var b []byte
	for _, s := range list {
		b = append(append(b, s...), 0)
	}
	return b
}
