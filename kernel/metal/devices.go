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
	vectorPin    = 48 // vector of pin 0
)

// deviceWindow is the size of a device's registers.
const deviceWindow = 0x200

// bus reaches registers through the direct map, where those of devices are uncached.
var bus = virtio.Bus{Read: readRegister, Write: writeRegister}

func readRegister(address uint64) uint32 { return read32(layout.DirectBase + address) }

func writeRegister(address uint64, value uint32) { write32(layout.DirectBase+address, value) }

var (
	hostEntropy virtio.Entropy
	nets        int
)

// findDevices starts the devices that the command line names, as Linux has it:
// virtio_mmio.device=SIZE@ADDRESS:INTERRUPT. Firecracker and QEMU's microvm add these words.
func findDevices() {
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
		if ok1 && ok2 && base >= layout.MemoryMax && base <= layout.DirectBytes-deviceWindow &&
			pin < ioapicPins {
			startDevice(base, uint32(pin))
		}
	}
}

// startDevice starts what is at an address, if the kernel has a driver for it.
func startDevice(base uint64, pin uint32) {
	switch virtio.Probe(&bus, base) {
	case virtio.KindNet:
		if nets < len(k.Files.Nets) && k.Files.Nets[nets].Start(&bus, base, pin, &k.Space) {
			nets++
			connect(pin)
		}
	case virtio.KindConsole:
		if !k.Control.Present && k.Control.Start(&bus, base, pin, &k.Space) {
			connect(pin)
		}
	case virtio.KindEntropy:
		if !hostEntropy.Present && hostEntropy.Start(&bus, base, pin, &k.Space) {
			absorbHost()
		}
	}
}

// connect lets a pin raise its vector, by edges.
func connect(pin uint32) {
	write32(ioapicSelect, ioapicEntry+2*pin+1)
	write32(ioapicWindow, 0)
	write32(ioapicSelect, ioapicEntry+2*pin)
	write32(ioapicWindow, vectorPin+pin)
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
