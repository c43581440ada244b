//go:build atollkernel && linux && amd64

package main

import (
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// The interrupt controller for devices, the I/O APIC (82093AA data sheet): a register is selected,
// then read or written. Each pin has two, of which the low one says vector and mode.
const (
	ioapicSelect = layout.DirectBase + 0xfec00000
	ioapicWindow = ioapicSelect + 0x10
	ioapicPins   = 24
	ioapicEntry  = 0x10
	vectorLine   = 48 // vector of pin 0, or of a device on PCI that has number 0
)

// windowBytes is the size of a device's registers in memory.
const windowBytes = 0x200

// bus reaches registers through the direct map, where those of devices are uncached.
var bus = virtio.Bus{Read: readRegister, Write: writeRegister}

func readRegister(address uint64, bytes int) uint32 {
	at := layout.DirectBase + address
	switch bytes {
	case 1:
		return uint32(read8(at))
	case 2:
		return uint32(read16(at))
	}
	return read32(at)
}

func writeRegister(address uint64, bytes int, value uint32) {
	switch at := layout.DirectBase + address; bytes {
	case 1:
		write8(at, uint8(value))
	case 2:
		write16(at, uint16(value))
	default:
		write32(at, value)
	}
}

var (
	hostEntropy virtio.Entropy
	nets, disks int
	lines       uint32 // bits of those that are taken
)

// findDevices starts all devices: those that the command line names, and those on PCI.
func findDevices() {
	findWindows()
	findPCI()
}

// findWindows starts the devices that the command line names, as Linux has it:
// virtio_mmio.device=SIZE@ADDRESS:INTERRUPT. Firecracker and QEMU's microvm add these words.
func findWindows() {
	for rest := command; len(rest) > 0; {
		var word []byte
		if word, rest = nextWord(rest); !hasPrefix(word, deviceWord) {
			continue
		}
		word = word[len(deviceWord):]
		for len(word) > 0 && word[0] != '@' {
			word = word[1:]
		}
		if len(word) == 0 {
			continue
		}
		at := 1
		for at < len(word) && word[at] != ':' {
			at++
		}
		base, ok1 := number(word[1:at])
		if at == len(word) {
			continue
		}
		pin, ok2 := number(word[at+1:])
		if !ok1 || !ok2 || base < layout.MemoryMax || base > layout.DirectBytes-windowBytes ||
			pin >= ioapicPins {
			continue
		}
		place := virtio.Place{Bus: &bus, Base: base, Line: uint32(pin)}
		if kind := virtio.Probe(&bus, base); kind != 0 {
			connect(uint32(pin)) // first: an edge that comes before is lost, and none comes after it
			startDevice(kind, &place)
		}
	}
}

// startDevice starts a device, if the kernel has a driver for its kind.
func startDevice(kind virtio.Kind, p *virtio.Place) {
	started := false
	switch kind {
	case virtio.KindNet:
		if started = nets < len(k.Files.Nets) && k.Files.Nets[nets].Start(p, &k.Space); started {
			nets++
		}
	case virtio.KindConsole:
		started = !k.Control.Present && k.Control.Start(p, &k.Space)
	case virtio.KindBlock:
		if started = disks < len(k.Files.Disks) && k.Files.Disks[disks].Start(p, &k.Space); started {
			disks++
		}
	case virtio.KindEntropy:
		if started = !hostEntropy.Present && hostEntropy.Start(p, &k.Space); started {
			absorbHost()
		}
	}
	if started {
		lines |= 1 << p.Line
	}
}

// connect lets a pin raise its vector, by edges.
func connect(pin uint32) {
	write32(ioapicSelect, ioapicEntry+2*pin+1)
	write32(ioapicWindow, 0)
	write32(ioapicSelect, ioapicEntry+2*pin)
	write32(ioapicWindow, vectorLine+pin)
}

// hostClaim is what a byte of the host's is worth, as of hwrng in package entropy/source.
const hostClaim = 4000

// absorbHost feeds the generator with what the host gives, through health tests.
func absorbHost() {
	cutoffs, ok := health.Tabulated(hostClaim, 8)
	if !ok {
		return
	}
	monitor = health.New(cutoffs)
	credit := 0
	for range 2 {
		bytes := hostEntropy.Read()
		for i := range bytes {
			if monitor.Add(uint64(bytes[i])) {
				credit += int(cutoffs.Claim)
			}
		}
		generator.Absorb(bytes, credit/health.Thousandths)
		credit = 0
	}
	generator.Reseed()
}
