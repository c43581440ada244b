package virtio

import (
	"fmt"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

const base = 0xfeb00000

// model is a device as the specification has it, on the other side of registers and memory.
type model struct {
	ram         mem.RAM
	kind        Kind
	features    uint64
	accepted    uint64
	pci         bool
	refuse      bool   // does not agree on features
	stuck       bool   // is never reset
	noVector    uint32 // not 0: no message for a queue
	bellOffset  uint32
	status      uint32
	choice      uint32 // half of features
	queue       uint32
	queueMax    uint32
	queues      [2]modelQueue
	notified    [2]int
	interrupted uint32
	config      [16]byte
	onNotify    func(queue uint32)
}

type modelQueue struct {
	size, ready uint32
	vector      uint32
	parts       [3]uint64 // table, avail, used
	seen        uint16    // of avail
	used        uint16
}

// place is where the driver finds the model: in a window, or as PCI has it.
func (m *model) place(line uint32) *Place {
	p := &Place{Bus: &Bus{Read: m.read, Write: m.write}, Base: base, Line: line, PCI: m.pci}
	if m.pci {
		p.Notify, p.NotifyBytes, p.Multiplier = base+pciBells, 8, bellStride
		p.Config, p.ConfigBytes = base+pciConfig, uint32(len(m.config))
	}
	return p
}

// Where the model has its parts as a PCI device.
const (
	pciBells   = 0x1000
	pciConfig  = 0x2000
	bellStride = 4
)

// register returns which register an address is, and whether it is its upper half.
func (m *model) register(address uint64, bytes int) (r register, high bool) {
	for r := range registers {
		f := m.place(0).field(r)
		if r >= regTable && f.at+4 == address-base {
			return r, true
		}
		if f.bytes != 0 && f.at == address-base {
			if f.bytes != bytes {
				panic(fmt.Sprintf("register %d is accessed with %d bytes", r, bytes))
			}
			return r, false
		}
	}
	return registers, false
}

func (m *model) read(address uint64, bytes int) uint32 {
	at := address - base
	config := at - windowConfig
	if m.pci {
		config = at - pciConfig
	}
	if config < uint64(len(m.config)) {
		var wide [4]byte
		copy(wide[:], m.config[config:][:bytes])
		return mem.Load32(wide[:])
	}
	switch {
	case m.pci && at == pciNotifyOffset:
		return m.bellOffset + m.queue
	case m.pci:
	case at == windowMagic:
		return magic
	case at == windowVersion:
		return version
	case at == windowDevice:
		return uint32(m.kind)
	case at == windowInterrupt:
		return m.interrupted
	}
	switch r, _ := m.register(address, bytes); r {
	case regFeatures:
		return uint32(m.features >> (32 * m.choice))
	case regStatus:
		if m.refuse {
			return m.status &^ statusFeatures
		}
		return m.status
	case regQueueMax, regQueueSize:
		return m.queueMax
	case regQueueVector:
		return m.queues[m.queue].vector
	}
	return 0
}

func (m *model) write(address uint64, bytes int, value uint32) {
	at := address - base
	switch {
	case m.pci && at >= pciBells:
		if (at-pciBells)/bellStride != uint64(value) || bytes != 2 {
			panic(fmt.Sprintf("queue %d is told at %#x", value, at))
		}
		m.notify(value)
		return
	case !m.pci && at == windowNotify:
		m.notify(value)
		return
	case !m.pci && at == windowAcknowledge:
		m.interrupted &^= value
		return
	}
	r, high := m.register(address, bytes)
	switch r {
	case regFeaturesSelect, regAcceptSelect:
		m.choice = value
	case regAccept:
		m.accepted |= uint64(value) << (32 * m.choice)
	case regStatus:
		if m.stuck && value == 0 {
			value = statusRunning
		}
		m.status = value
	case regQueueSelect:
		m.queue = value
	case regQueueMax, regQueueSize:
		m.queues[m.queue].size = value
	case regQueueVector:
		m.queues[m.queue].vector = value | m.noVector
	case regQueueReady:
		m.queues[m.queue].ready = value
	case regTable, regAvail, regUsed:
		part := &m.queues[m.queue].parts[r-regTable]
		if high {
			*part |= uint64(value) << 32
		} else {
			*part |= uint64(value)
		}
	}
}

func (m *model) notify(queue uint32) {
	m.notified[queue]++
	if m.onNotify != nil {
		m.onNotify(queue)
	}
}

// next takes a buffer that the driver made available; ok is false if there is none.
func (m *model) next(queue int) (id uint16, buffer []byte, ok bool) {
	q := &m.queues[queue]
	avail := m.ram[q.parts[1]:]
	if mem.Load16(avail[2:]) == q.seen {
		return 0, nil, false
	}
	id = mem.Load16(avail[4+2*uint64(q.seen)%uint64(2*q.size):])
	q.seen++
	descriptor := m.ram[q.parts[0]+16*uint64(id):]
	at, n := mem.Load64(descriptor), uint64(mem.Load32(descriptor[8:]))
	return id, m.ram[at : at+n], true
}

// use gives a buffer back.
func (m *model) use(queue int, id, length uint32) {
	q := &m.queues[queue]
	entry := m.ram[q.parts[2]+4+8*uint64(uint32(q.used)%q.size):]
	mem.Store32(entry, id)
	mem.Store32(entry[4:], length)
	q.used++
	mem.Store16(m.ram[q.parts[2]+2:], q.used)
	m.interrupted |= 1
}

// deliver lets a frame arrive; false if the driver gave no buffer.
func (m *model) deliver(frame string) bool {
	id, buffer, ok := m.next(0)
	if ok {
		copy(buffer[headerBytes:], frame)
		m.use(0, uint32(id), uint32(headerBytes+len(frame)))
	}
	return ok
}

// sent returns the frames that the driver sends, and gives their buffers back if done is set.
func (m *model) sent(done bool) (frames []string) {
	for {
		id, buffer, ok := m.next(1)
		if !ok {
			return frames
		}
		frames = append(frames, string(buffer[headerBytes:]))
		if done {
			m.use(1, uint32(id), 0)
		}
	}
}

// machine returns memory with a page for the program at the address, and a device in it.
func machine(t testing.TB, kind Kind) (m *model, s *mem.Space, address uint64) {
	t.Helper()
	s = new(mem.Space)
	s.Init(make(mem.RAM, 256*mem.PageBytes), mem.PageBytes, 2*mem.PageBytes, 256*mem.PageBytes)
	at := s.Map(0, mem.PageBytes, abi.ProtRead|abi.ProtWrite, abi.MapPrivate|abi.MapAnonymous)
	if at < 0 {
		t.Fatalf("mmap: %d", at)
	}
	m = &model{ram: s.RAM, kind: kind, features: featureModern | featureMAC | 1<<28, queueMax: 256,
		config: [16]byte{2, 0, 0, 0, 0, 7}}
	return m, s, uint64(at)
}
