// Package virtio drives the devices that a hypervisor offers (virtio 1.2), over an injected memory
// and an injected way to their registers: a queue of buffers, and on it a network card, a source
// of entropy, the host's line and a disk. Whatever a device writes is checked: a bad index or
// length is dropped and counted, and never leads outside of the queue's own buffers.
//
// Nothing here allocates, calls an interface or needs a Go runtime. One processor, no locks.
package virtio

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

// resetTries bounds how long a device may take to be reset.
const resetTries = 1000

// Kind is what a device is (virtio 1.2 §5).
type Kind uint32

// The kinds that are driven here.
const (
	KindNet     Kind = 1
	KindBlock   Kind = 2
	KindConsole Kind = 3
	KindEntropy Kind = 4
)

// QueuesMax is how many queues a driver uses.
const QueuesMax = 2

// Device is a device at its place.
type Device struct {
	Place
	bells [QueuesMax]uint64 // where its queues are told of buffers
}

// Probe returns what has a window at a physical address; 0 is nothing.
func Probe(bus *Bus, base uint64) Kind {
	if bus.Read(base+windowMagic, 4) != magic || bus.Read(base+windowVersion, 4) != version {
		return 0
	}
	return Kind(bus.Read(base+windowDevice, 4))
}

// begin resets the device and agrees on features: those of wanted that it has, and featureModern.
// It reports false if the device is not to be used.
func (d *Device) begin(p *Place, wanted uint64) (got uint64, ok bool) {
	d.take(p)
	d.set(regStatus, 0)
	for tries := 0; d.get(regStatus) != 0; tries++ {
		if tries == resetTries {
			return 0, false
		}
	}
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
		return 0, d.refuse()
	}
	d.set(regConfigVector, vectorNone)
	return got, true
}

// refuse tells the device that it is not used.
func (d *Device) refuse() bool {
	d.set(regStatus, statusFailed)
	return false
}

// queue tells the device where the three parts of its queue n are, which has so many descriptors.
// It reports false if the device has no such queue.
func (d *Device) queue(n, size uint32, table, avail, used uint64) (ok bool) {
	d.set(regQueueSelect, n)
	if d.get(regQueueMax) < size {
		return d.refuse()
	}
	if d.bells[n], ok = d.bell(n); !ok {
		return d.refuse()
	}
	if d.PCI {
		d.set(regQueueVector, 0)
		if d.get(regQueueVector) != 0 { // it has no room for messages
			return d.refuse()
		}
	}
	d.set(regQueueSize, size)
	d.setAddress(regTable, table)
	d.setAddress(regAvail, avail)
	d.setAddress(regUsed, used)
	d.set(regQueueReady, 1)
	return true
}

// run says that all queues are there.
func (d *Device) run() { d.set(regStatus, d.get(regStatus)|statusRunning) }
