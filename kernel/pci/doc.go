// Package pci finds the virtio devices on the first PCI bus of a machine and makes them ready: it
// reads their capabilities, gives their registers a place that the kernel can reach if the firmware
// gave none, and has them send their interrupts as messages.
//
//	Config: words of configuration space ── List.Find ── what is a virtio device, and where
//	Config.Store: words of memory ───────── Enable ───── registers and messages on
//
// Configuration space comes from outside, as everything does that a device says: lists are walked
// with a bound, and what leads outside of a device's own memory is no device.
//
// Nothing here allocates, calls an interface or needs a Go runtime. One processor, no locks.
//
// # What to read first
//
// virtio 1.2 §4.1; PCI Local Bus Specification 3.0 §6.
package pci

// Limits.
const (
	FunctionsMax    = 256 // of one bus: 32 devices with 8 functions each
	barsMax         = 6   // regions of memory or ports of one function
	RangesMax       = 512 // regions of all functions that are taken note of
	VirtiosMax      = 16  // virtio devices
	capabilitiesMax = 48  // what fits into 256 bytes
)

// Registers of a function's configuration space, at multiples of 4.
const (
	regIdentity   = 0x00 // vendor, device
	regCommand    = 0x04 // command, status
	regHeader     = 0x0c // its third byte says what follows
	regBAR        = 0x10
	regSubsystem  = 0x2c // vendor, number
	regCapability = 0x34 // where the first is

	commandMemory   = 1 << 1 // the function answers at its regions
	commandMaster   = 1 << 2 // it may read and write memory
	commandPinless  = 1 << 10
	statusList      = 1 << 20 // there are capabilities
	headerMultiple  = 1 << 23 // there are functions besides the first
	headerKind      = 0x7f << 16
	capabilityFirst = 0x40

	barPorts   = 1
	barKind    = 6
	barWide    = 4 // 64 bits, with the next one
	barAddress = ^uint64(15)
)

// Config is the way to configuration space and to memory. Function is the device times 8 plus the
// function, register a multiple of 4.
type Config struct {
	Read  func(function, register uint32) uint32
	Write func(function, register, value uint32)
	Store func(address uint64, value uint32) // to memory of devices
}

// Window is memory that is kept for devices.
type Window struct {
	From, To   uint64 // where the kernel can reach a device
	Free, Over uint64 // and where one is moved that is elsewhere: from, to
}

// bar is a region of memory.
type bar struct {
	at, bytes uint64 // bytes 0: there is none
	wide      bool
}

func (b bar) inside(w *Window) bool {
	return b.at >= w.From && b.bytes <= w.To-w.From && b.at <= w.To-b.bytes
}
