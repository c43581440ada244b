//go:build atollkernel && linux && amd64

package main

import (
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/pci"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// The two ports by which a PC reaches configuration space (PCI Local Bus Specification 3.0
// §3.2.2.3.2): a function and a register are selected, then read or written.
const (
	pciSelect = 0xcf8
	pciValue  = 0xcfc
	pciEnable = 1 << 31
)

// Where devices on PCI are: below the interrupt controllers, and moved ones below what a PC's
// firmware gives to extended configuration space.
const (
	pciFrom = layout.MemoryMax
	pciTo   = 0xfec00000
	pciFree = layout.MemoryMax
	pciOver = 0xe0000000
)

// messageAddress is where a message is written to interrupt the first processor (Intel SDM vol. 3
// §11.11); its value is the vector.
const messageAddress = 0xfee00000

var (
	pciConfig = pci.Config{Read: readPCI, Write: writePCI, Store: storePCI}
	pciWindow = pci.Window{From: pciFrom, To: pciTo, Free: pciFree, Over: pciOver}
	pciList   pci.List
)

func readPCI(function, register uint32) uint32 {
	out32(pciSelect, pciEnable|function<<8|register)
	return in32(pciValue)
}

func writePCI(function, register, value uint32) {
	out32(pciSelect, pciEnable|function<<8|register)
	out32(pciValue, value)
}

func storePCI(address uint64, value uint32) { write32(layout.DirectBase+address, value) }

// findPCI starts the devices on PCI, if the machine has that: the port of selection keeps its
// value.
func findPCI() {
	out32(pciSelect, pciEnable)
	if in32(pciSelect) != pciEnable {
		return
	}
	pciList.Find(&pciConfig, &pciWindow)
	for i := range pciList.N {
		v := &pciList.Devices[i]
		line := uint32(0)
		for lines>>line&1 != 0 {
			line++
		}
		if line == ioapicPins {
			return
		}
		v.Enable(&pciConfig, messageAddress, vectorLine+line)
		startDevice(virtio.Kind(v.Kind), &virtio.Place{Bus: &bus, Line: line, PCI: true,
			Base: v.Common.At, Notify: v.Notify.At, NotifyBytes: v.Notify.Bytes,
			Multiplier: v.Multiplier, Config: v.Config.At, ConfigBytes: v.Config.Bytes})
	}
}
