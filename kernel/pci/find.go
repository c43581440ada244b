package pci

// vendorVirtio is the vendor of all virtio devices. Newer ones have a number that is their kind
// plus modernFirst; older ones that also speak the newest version tell their kind as the subsystem.
const (
	vendorNone    = 0xffff
	vendorVirtio  = 0x1af4
	olderFirst    = 0x1000
	modernFirst   = 0x1040
	modernLast    = 0x107f
	capVendor     = 0x09
	capMessages   = 0x11 // MSI-X
	partCommon    = 1    // kinds of parts, virtio 1.2 §4.1.4
	partNotify    = 2
	partConfig    = 4
	partLast      = partConfig
	commonBytes   = 56
	messageBytes  = 16
	vendorBytes   = 16 // of a capability that names a part
	notifyBytes   = 20 // and of that with the multiplier
	messagesOn    = 1 << 31
	messagesQuiet = 1 << 30
)

// Part is a part of a device's memory. Bytes 0: there is none.
type Part struct {
	At    uint64
	Bytes uint32
}

// Virtio is a virtio device.
type Virtio struct {
	Function               uint32
	Kind                   uint32 // virtio 1.2 §5
	Common, Notify, Config Part
	Multiplier             uint32

	messages uint32 // register of the capability
	table    uint64 // address of its first message
}

// List is the virtio devices of a bus.
type List struct {
	Devices [VirtiosMax]Virtio
	N       int

	taken  [RangesMax]bar // regions of all functions that are in the window
	ranges int
}

// Find finds the devices on the first bus that can be driven: those with registers in memory and
// messages for interrupts. Regions that the kernel cannot reach are moved into the free part of the
// window, while their device does not answer.
func (l *List) Find(c *Config, w *Window) {
	l.N, l.ranges = 0, 0
	for function := range uint32(FunctionsMax) {
		if !present(c, function) || c.Read(function, regHeader)&headerKind != 0 {
			continue
		}
		for i := 0; i < barsMax; i++ {
			b := readBAR(c, function, i)
			if b.bytes > 0 && b.inside(w) && l.ranges < RangesMax {
				l.taken[l.ranges] = b
				l.ranges++
			}
			if b.wide {
				i++
			}
		}
	}
	for function := range uint32(FunctionsMax) {
		if l.N < VirtiosMax && present(c, function) && l.look(c, w, function) {
			l.N++
		}
	}
}

// present tells whether there is a function; of a device with one function others are its echo.
func present(c *Config, function uint32) bool {
	if c.Read(function, regIdentity)&0xffff == vendorNone {
		return false
	}
	first := function &^ 7
	return function == first || c.Read(first, regIdentity)&0xffff != vendorNone &&
		c.Read(first, regHeader)&headerMultiple != 0
}

// look reads a function into the next place of the list. It reports false if it is no device that
// can be driven.
func (l *List) look(c *Config, w *Window, function uint32) bool {
	v := &l.Devices[l.N]
	*v = Virtio{Function: function}
	identity := c.Read(function, regIdentity)
	switch number := identity >> 16; {
	case identity&0xffff != vendorVirtio || c.Read(function, regHeader)&headerKind != 0:
		return false
	case number > modernFirst && number <= modernLast:
		v.Kind = number - modernFirst
	case number >= olderFirst && number < modernFirst:
		v.Kind = c.Read(function, regSubsystem) >> 16
	default:
		return false
	}
	if c.Read(function, regCommand)&statusList == 0 {
		return false
	}
	at := c.Read(function, regCapability) & 0xfc
	for range capabilitiesMax {
		if at < capabilityFirst {
			break
		}
		head := c.Read(function, at)
		switch head & 0xff {
		case capVendor:
			l.vendor(c, w, v, at, head)
		case capMessages:
			l.message(c, w, v, at)
		}
		at = head >> 8 & 0xfc
	}
	return v.Common.Bytes >= commonBytes && v.Notify.Bytes > 0 && v.table != 0
}

// vendor reads a capability that names a part of the device's memory; the first of each kind
// counts.
func (l *List) vendor(c *Config, w *Window, v *Virtio, at, head uint32) {
	length, kind := head>>16&0xff, head>>24
	if length < vendorBytes || at+length > 256 || kind > partLast {
		return
	}
	which := [partLast + 1]*Part{partCommon: &v.Common, partNotify: &v.Notify, partConfig: &v.Config}
	part := which[kind]
	if part == nil || part.Bytes > 0 || kind == partNotify && length < notifyBytes {
		return
	}
	offset, bytes := c.Read(v.Function, at+8), c.Read(v.Function, at+12)
	*part = l.part(c, w, v.Function, c.Read(v.Function, at+4)&0xff, offset, bytes)
	if kind == partNotify {
		v.Multiplier = c.Read(v.Function, at+16)
	}
}

// message reads the capability of MSI-X.
func (l *List) message(c *Config, w *Window, v *Virtio, at uint32) {
	if v.table != 0 || at+12 > 256 {
		return
	}
	where := c.Read(v.Function, at+4)
	if p := l.part(c, w, v.Function, where&7, where&^7, messageBytes); p.Bytes > 0 {
		v.messages, v.table = at, p.At
	}
}

// part returns so many bytes of a region, if it has them.
func (l *List) part(c *Config, w *Window, function, region, offset, bytes uint32) Part {
	if region >= barsMax {
		return Part{}
	}
	b := readBAR(c, function, int(region))
	if b.bytes == 0 || uint64(offset)+uint64(bytes) > b.bytes || !l.move(c, w, function, region, &b) {
		return Part{}
	}
	return Part{b.at + uint64(offset), bytes}
}

// Enable lets a device answer and use memory, and send as its first message that value to that
// address of the interrupt controller.
func (v *Virtio) Enable(c *Config, address uint64, value uint32) {
	command := c.Read(v.Function, regCommand) & 0xffff // the status is cleared by ones
	c.Write(v.Function, regCommand, command|commandMemory|commandMaster|commandPinless)
	control := c.Read(v.Function, v.messages)
	c.Write(v.Function, v.messages, control|messagesOn|messagesQuiet)
	for i, word := range [4]uint32{uint32(address), uint32(address >> 32), value, 0} {
		c.Store(v.table+4*uint64(i), word)
	}
	c.Write(v.Function, v.messages, control&^messagesQuiet|messagesOn)
}
