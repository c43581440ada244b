// Package virtio drives the devices that a hypervisor offers (virtio 1.2), over an injected memory
// and an injected way to their registers: a queue of buffers, and on it a network card and a source
// of entropy. Whatever a device writes is checked: a bad index or length is dropped and counted,
// and never leads outside of the queue's own buffers.
//
// Nothing here allocates, calls an interface or needs a Go runtime. One processor, no locks.
package virtio

// Bus reads and writes registers of 4 bytes by physical address.
type Bus struct {
	Read  func(address uint64) uint32
	Write func(address uint64, value uint32)
}

// Registers of a device with its own memory window (virtio 1.2 §4.2.2).
const (
	regMagic          = 0x000
	regVersion        = 0x004
	regDevice         = 0x008
	regFeatures       = 0x010
	regFeaturesSelect = 0x014
	regAccept         = 0x020
	regAcceptSelect   = 0x024
	regQueueSelect    = 0x030
	regQueueMax       = 0x034
	regQueueSize      = 0x038
	regQueueReady     = 0x044
	regNotify         = 0x050
	regInterrupt      = 0x060
	regAcknowledge    = 0x064
	regStatus         = 0x070
	regTable          = 0x080 // physical addresses, low and high half
	regAvail          = 0x090
	regUsed           = 0x0a0
	regConfig         = 0x100
)

// Values of registers.
const (
	magic   = 0x74726976 // "virt"
	version = 2

	statusAcknowledge = 1
	statusDriver      = 2
	statusRunning     = 4
	statusFeatures    = 8
	statusFailed      = 128

	featureModern = 1 << 32 // VIRTIO_F_VERSION_1, without which nothing here works
)

// Kind is what a device is (virtio 1.2 §5).
type Kind uint32

// The kinds that are driven here.
const (
	KindNet     Kind = 1
	KindBlock   Kind = 2
	KindConsole Kind = 3
	KindEntropy Kind = 4
)

// Device is a device at a place.
type Device struct {
	bus  *Bus
	base uint64
	Line uint32 // its interrupt, as a pin of the interrupt controller
}

// Probe returns what is at a physical address; 0 is nothing.
func Probe(bus *Bus, base uint64) Kind {
	if bus.Read(base+regMagic) != magic || bus.Read(base+regVersion) != version {
		return 0
	}
	return Kind(bus.Read(base + regDevice))
}

// begin resets the device and agrees on features: those of wanted that it has, and featureModern.
// It reports false if the device is not to be used.
func (d *Device) begin(bus *Bus, base uint64, line uint32, wanted uint64) (got uint64, ok bool) {
	d.bus, d.base, d.Line = bus, base, line
	d.set(regStatus, 0)
	d.set(regStatus, statusAcknowledge|statusDriver)
	for half := range uint32(2) {
		d.set(regFeaturesSelect, half)
		got |= uint64(d.get(regFeatures)) << (32 * half)
	}
	got &= wanted | featureModern
	for half := range uint32(2) {
		d.set(regAcceptSelect, half)
		d.set(regAccept, uint32(got>>(32*half)))
	}
	d.set(regStatus, d.get(regStatus)|statusFeatures)
	if got&featureModern == 0 || d.get(regStatus)&statusFeatures == 0 {
		d.set(regStatus, statusFailed)
		return 0, false
	}
	return got, true
}

// run says that all queues are there.
func (d *Device) run() { d.set(regStatus, d.get(regStatus)|statusRunning) }

func (d *Device) get(register uint64) uint32 { return d.bus.Read(d.base + register) }

func (d *Device) set(register uint64, value uint32) { d.bus.Write(d.base+register, value) }

// acknowledge takes an interrupt: what happened before is seen by whoever looks afterwards, what
// happens later raises it again.
func (d *Device) acknowledge() { d.set(regAcknowledge, d.get(regInterrupt)) }
