package virtio

import (
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
	refuse      bool // does not agree on features
	status      uint32
	choice      uint32 // half of features
	queue       uint32
	queueMax    uint32
	queues      [2]modelQueue
	notified    [2]int
	interrupted uint32
	config      [8]byte
	onNotify    func(queue uint32)
}

type modelQueue struct {
	size, ready uint32
	parts       [3]uint64 // table, avail, used
	seen        uint16    // of avail
	used        uint16
}

func (m *model) bus() *Bus { return &Bus{Read: m.read, Write: m.write} }

func (m *model) read(address uint64) uint32 {
	switch register := address - base; register {
	case regMagic:
		return magic
	case regVersion:
		return version
	case regDevice:
		return uint32(m.kind)
	case regFeatures:
		return uint32(m.features >> (32 * m.choice))
	case regStatus:
		if m.refuse {
			return m.status &^ statusFeatures
		}
		return m.status
	case regQueueMax:
		return m.queueMax
	case regInterrupt:
		return m.interrupted
	default:
		if register >= regConfig {
			return mem.Load32(m.config[register-regConfig:])
		}
	}
	return 0
}

func (m *model) write(address uint64, value uint32) {
	switch register := address - base; register {
	case regFeaturesSelect, regAcceptSelect:
		m.choice = value
	case regAccept:
		m.accepted |= uint64(value) << (32 * m.choice)
	case regStatus:
		m.status = value
	case regQueueSelect:
		m.queue = value
	case regQueueSize:
		m.queues[m.queue].size = value
	case regQueueReady:
		m.queues[m.queue].ready = value
	case regAcknowledge:
		m.interrupted &^= value
	case regNotify:
		m.notified[value]++
		if m.onNotify != nil {
			m.onNotify(value)
		}
	case regTable, regAvail, regUsed:
		m.queues[m.queue].parts[(register-regTable)/16] |= uint64(value)
	case regTable + 4, regAvail + 4, regUsed + 4:
		m.queues[m.queue].parts[(register-regTable)/16] |= uint64(value) << 32
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
		config: [8]byte{2, 0, 0, 0, 0, 7}}
	return m, s, uint64(at)
}
