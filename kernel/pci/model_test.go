package pci

import (
	"encoding/binary"
	"testing"
)

// model is a bus: configuration space as devices have it, on the other side of the two functions.
type model struct {
	functions map[uint32]*function
	memory    map[uint64]uint32
	t         testing.TB
}

// function is one function with its registers, and the sizes of its regions: 0 is none.
type function struct {
	space [256]byte
	sizes [barsMax]uint64
}

func (f *function) word(at uint32) uint32 { return binary.LittleEndian.Uint32(f.space[at:]) }

func (f *function) set(at, value uint32) { binary.LittleEndian.PutUint32(f.space[at:], value) }

func (m *model) config() *Config {
	return &Config{Read: m.read, Write: m.write, Store: func(address uint64, value uint32) {
		m.memory[address] = value
	}}
}

func (m *model) read(function, register uint32) uint32 {
	if register%4 != 0 || register > 252 || function >= FunctionsMax {
		m.t.Fatalf("function %d, register %#x is read", function, register)
	}
	f := m.functions[function]
	if f == nil {
		return ^uint32(0)
	}
	return f.word(register)
}

func (m *model) write(function, register, value uint32) {
	f := m.functions[function]
	if f == nil || register%4 != 0 || register > 252 {
		m.t.Fatalf("function %d, register %#x is written", function, register)
	}
	i := (int(register) - regBAR) / 4
	switch {
	case register == regCommand:
		value = f.word(regCommand)&^0xffff | value&0xffff
	case register >= regBAR && i < barsMax:
		if f.word(regCommand)&commandMemory != 0 {
			m.t.Fatalf("region %d of function %d is changed while the function answers", i, function)
		}
		if f.sizes[i] > 0 {
			kept := uint64(0xf)
			value = value&uint32(-f.sizes[i]) | f.word(register)&uint32(kept)
		} else if i > 0 && f.sizes[i-1] > 0 && f.word(register-4)&barKind == barWide {
			value &= uint32(-f.sizes[i-1] >> 32)
		} else {
			value = 0
		}
	}
	f.set(register, value)
}

// region gives a function a region of 64 bits.
func (f *function) region(i int, at, bytes uint64) {
	f.sizes[i] = bytes
	f.set(regBAR+4*uint32(i), uint32(at)|barWide|8)
	f.set(regBAR+4*uint32(i)+4, uint32(at>>32))
}

// list gives a function capabilities, from 0x40 on.
func (f *function) list(capabilities ...[]byte) {
	f.set(regCommand, f.word(regCommand)|statusList)
	f.set(regCapability, capabilityFirst)
	at := capabilityFirst
	for i, c := range capabilities {
		next := at + (len(c)+3)&^3
		copy(f.space[at:], c)
		if i < len(capabilities)-1 {
			f.space[at+1] = byte(next)
		}
		at = next
	}
}

// part is the capability that names a part.
func part(kind, region byte, offset, bytes uint32, more ...byte) []byte {
	c := []byte{capVendor, 0, byte(16 + len(more)), kind, region, 0, 0, 0}
	c = binary.LittleEndian.AppendUint32(c, offset)
	c = binary.LittleEndian.AppendUint32(c, bytes)
	return append(c, more...)
}

// messages is the capability of MSI-X.
func messages(where uint32) []byte {
	c := binary.LittleEndian.AppendUint32([]byte{capMessages, 0, 3, 0}, where)
	return binary.LittleEndian.AppendUint32(c, 0x800)
}

// card is a virtio network card as QEMU makes it.
func card(at uint64) *function {
	f := &function{}
	f.set(regIdentity, 0x1041<<16|vendorVirtio)
	f.set(regCommand, 0x0107)
	f.region(4, at, 0x4000)
	f.sizes[1] = 0x1000
	f.set(regBAR+4, 0xfebd1000)
	f.list(messages(1), part(5, 0, 0, 0, 0, 0, 0, 0), part(2, 4, 0x3000, 0x1000, 4, 0, 0, 0),
		part(4, 4, 0x2000, 0x1000), part(3, 4, 0x1000, 0x1000), part(1, 4, 0, 0x1000))
	return f
}

// window is that of the kernel.
var window = Window{From: 0xc0000000, To: 0xfec00000, Free: 0xc0000000, Over: 0xe0000000}
