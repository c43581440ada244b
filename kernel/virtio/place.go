package virtio

// Bus reads and writes registers of 1, 2 or 4 bytes by physical address.
type Bus struct {
	Read  func(address uint64, bytes int) uint32
	Write func(address uint64, bytes int, value uint32)
}

// Place is where a device is. Its registers lie in a window of memory that is all its own (virtio
// 1.2 §4.2), or in parts of one that PCI capabilities name (§4.1); a driver does not know which.
type Place struct {
	Bus  *Bus
	Line uint32 // its interrupt: a number that its driver is asked for
	Base uint64 // of the window, or of what PCI calls the common configuration

	// PCI says that it is a PCI device, which has these parts besides. Its interrupt is a message,
	// the first that it has.
	PCI         bool
	Notify      uint64 // where queues are told of buffers, each at a multiple of Multiplier
	NotifyBytes uint32
	Multiplier  uint32
	Config      uint64 // what is special to the kind of device
	ConfigBytes uint32
}

// take makes p what q is. A struct with pointers cannot be copied whole: that would need a runtime.
func (p *Place) take(q *Place) {
	p.Bus, p.Line, p.Base, p.PCI = q.Bus, q.Line, q.Base, q.PCI
	p.Notify, p.NotifyBytes, p.Multiplier = q.Notify, q.NotifyBytes, q.Multiplier
	p.Config, p.ConfigBytes = q.Config, q.ConfigBytes
}

// register is one that both kinds of places have.
type register int

const (
	regFeaturesSelect register = iota
	regFeatures
	regAcceptSelect
	regAccept
	regConfigVector // which message tells of a change of the configuration
	regStatus
	regQueueSelect
	regQueueMax
	regQueueSize
	regQueueVector // which message tells of what happened in the queue
	regQueueReady
	regTable // physical addresses, low and high half
	regAvail
	regUsed
	registers
)

// field is where a register is, and of how many bytes; 0 is not there.
type field struct {
	at    uint64
	bytes int
}

// inWindow and inPCI are virtio 1.2 §4.2.2 and §4.1.4.3.
var (
	inWindow = [registers]field{
		regFeatures: {0x010, 4}, regFeaturesSelect: {0x014, 4}, regAccept: {0x020, 4},
		regAcceptSelect: {0x024, 4}, regQueueSelect: {0x030, 4}, regQueueMax: {0x034, 4},
		regQueueSize: {0x038, 4}, regQueueReady: {0x044, 4}, regStatus: {0x070, 4},
		regTable: {0x080, 4}, regAvail: {0x090, 4}, regUsed: {0x0a0, 4}}
	inPCI = [registers]field{
		regFeaturesSelect: {0, 4}, regFeatures: {4, 4}, regAcceptSelect: {8, 4}, regAccept: {12, 4},
		regConfigVector: {16, 2}, regStatus: {20, 1}, regQueueSelect: {22, 2}, regQueueMax: {24, 2},
		regQueueSize: {24, 2}, regQueueVector: {26, 2}, regQueueReady: {28, 2}, regTable: {32, 4},
		regAvail: {40, 4}, regUsed: {48, 4}}
)

// Registers that only a window has, or only PCI.
const (
	windowMagic       = 0x000
	windowVersion     = 0x004
	windowDevice      = 0x008
	windowNotify      = 0x050
	windowInterrupt   = 0x060
	windowAcknowledge = 0x064
	windowConfig      = 0x100
	pciNotifyOffset   = 30
)

// vectorNone says that nothing is told by a message.
const vectorNone = 0xffff

func (p *Place) field(r register) field {
	if p.PCI {
		return inPCI[r]
	}
	return inWindow[r]
}

func (p *Place) get(r register) uint32 {
	f := p.field(r)
	return p.Bus.Read(p.Base+f.at, f.bytes)
}

// set writes a register; one that is not there needs nothing.
func (p *Place) set(r register, value uint32) {
	if f := p.field(r); f.bytes != 0 {
		p.Bus.Write(p.Base+f.at, f.bytes, value)
	}
}

// setAddress writes both halves of a physical address.
func (p *Place) setAddress(r register, address uint64) {
	at := p.Base + p.field(r).at
	p.Bus.Write(at, 4, uint32(address))
	p.Bus.Write(at+4, 4, uint32(address>>32))
}

// config returns a field of the configuration that is special to the kind of device; what the
// device does not have is 0.
func (p *Place) config(at uint64, bytes int) uint32 {
	switch {
	case !p.PCI:
		return p.Bus.Read(p.Base+windowConfig+at, bytes)
	case at+uint64(bytes) <= uint64(p.ConfigBytes):
		return p.Bus.Read(p.Config+at, bytes)
	}
	return 0
}

// bell returns where queue n, which is selected, is told of buffers. It reports false if the device
// names a place outside of its own.
func (p *Place) bell(n uint32) (address uint64, ok bool) {
	if !p.PCI {
		return p.Base + windowNotify, true
	}
	at := uint64(p.Bus.Read(p.Base+pciNotifyOffset, 2)) * uint64(p.Multiplier)
	return p.Notify + at, at+2 <= uint64(p.NotifyBytes)
}

// ring tells the device that queue n has buffers.
func (p *Place) ring(bell uint64, n uint32) {
	if p.PCI {
		p.Bus.Write(bell, 2, n)
	} else {
		p.Bus.Write(bell, 4, n)
	}
}

// acknowledge takes an interrupt: what happened before is seen by whoever looks afterwards, what
// happens later raises it again. A message needs no answer.
func (p *Place) acknowledge() {
	if !p.PCI {
		p.Bus.Write(p.Base+windowAcknowledge, 4, p.Bus.Read(p.Base+windowInterrupt, 4))
	}
}
