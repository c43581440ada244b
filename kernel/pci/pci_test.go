package pci

import (
	"math/rand/v2"
	"testing"
)

// find has a bus of these functions searched.
func find(t testing.TB, functions map[uint32]*function) (*model, *List) {
	m := &model{functions: functions, memory: map[uint64]uint32{}, t: t}
	l := new(List)
	l.Find(m.config(), &window)
	return m, l
}

// TestFind: a card as QEMU makes it, among other devices.
func TestFind(t *testing.T) {
	bridge := &function{}
	bridge.set(regIdentity, 0x29c0<<16|0x8086)
	older := card(0xfe004000)
	older.set(regIdentity, 0x1005<<16|vendorVirtio)
	older.set(regSubsystem, 4<<16|vendorVirtio)
	older.set(regHeader, headerMultiple)
	m, l := find(t, map[uint32]*function{0: bridge, 8: card(0xfe000000), 24: older,
		26: card(0xfe008000), 33: card(0xfe00c000)}) // the last is a second function without a first
	if l.N != 3 || l.Devices[0].Kind != 1 || l.Devices[1].Kind != 4 || l.Devices[2].Function != 26 {
		t.Fatalf("%d devices: %+v", l.N, l.Devices[:l.N])
	}
	v := l.Devices[0]
	if (v.Common != Part{0xfe000000, 0x1000}) || (v.Notify != Part{0xfe003000, 0x1000}) ||
		(v.Config != Part{0xfe002000, 0x1000}) || v.Multiplier != 4 || v.table != 0xfebd1000 {
		t.Errorf("the device is %+v", v)
	}
	v.Enable(m.config(), 0xfee00000, 50)
	f := m.functions[8]
	if got := f.word(regCommand); got != statusList|0x507&0xffff|commandPinless|commandMaster {
		t.Errorf("command %#x", got)
	}
	if f.word(v.messages)>>30 != 2 || m.memory[0xfebd1000] != 0xfee00000 ||
		m.memory[0xfebd1008] != 50 || m.memory[0xfebd100c] != 0 {
		t.Errorf("messages %#x, table %#x", f.word(v.messages), m.memory)
	}
}

// TestMove: what nobody placed, and what is out of reach, goes where there is room.
func TestMove(t *testing.T) {
	low := &function{} // of 32 bits, in the middle of the free part
	low.set(regIdentity, 0x1234)
	low.set(regCommand, commandMemory)
	low.sizes[0] = 0x10000
	low.set(regBAR, 0xc0000000)
	none := card(0)
	none.set(regBAR+4, 0)
	m, l := find(t, map[uint32]*function{0: low, 8: none, 16: card(0x80_0000_0000)})
	if l.N != 2 {
		t.Fatalf("%d devices", l.N)
	}
	a, b := l.Devices[0], l.Devices[1]
	if a.table != 0xc0010000 || a.Common.At != 0xc0014000 || a.Notify.At != 0xc0017000 ||
		b.Common.At != 0xc0018000 {
		t.Errorf("moved to %#x %#x, and %#x", a.table, a.Common.At, b.Common.At)
	}
	if m.functions[16].word(regBAR+20) != 0 || m.functions[16].word(regBAR+16) != 0xc001800c {
		t.Errorf("the region's registers are %#x", m.functions[16].space[regBAR:][:24])
	}
	full := map[uint32]*function{8: card(0)}
	full[8].sizes[4] = 1 << 30
	if _, l := find(t, full); l.N != 0 {
		t.Error("a region without room is found")
	}
}

// TestRefuse: what cannot be driven, and why.
func TestRefuse(t *testing.T) {
	for name, spoil := range map[string]func(f *function){
		"another vendor":   func(f *function) { f.set(regIdentity, 0x1041<<16|0x1af5) },
		"no kind":          func(f *function) { f.set(regIdentity, 0x1040<<16|vendorVirtio) },
		"a bridge":         func(f *function) { f.set(regHeader, 1<<16) },
		"no list":          func(f *function) { f.set(regCommand, 7) },
		"an empty list":    func(f *function) { f.set(regCapability, 0) },
		"a circle":         func(f *function) { f.set(0x40, 0x4009) },
		"no memory":        func(f *function) { f.sizes[4] = 0; f.set(regBAR+16, 0) },
		"ports":            func(f *function) { f.set(regBAR+16, 0xc001) },
		"no messages":      func(f *function) { f.space[0x40] = 0 },
		"messages nowhere": func(f *function) { f.set(0x44, 7) },
		"messages beyond":  func(f *function) { f.set(0x44, 0x1000|1) },
		"a short common":   func(f *function) { f.list(part(1, 4, 0, 55)) },
		"beyond":           func(f *function) { f.list(messages(1), part(1, 4, 0x3fff, 56)) },
		"a huge offset":    func(f *function) { f.list(messages(1), part(1, 4, 1<<32-1, 1<<32-1)) },
		"no multiplier": func(f *function) {
			f.list(messages(1), part(1, 4, 0, 56), part(2, 4, 0, 8))
		},
		"region 6": func(f *function) { f.list(messages(1), part(1, 6, 0, 56)) },
	} {
		f := card(0xfe000000)
		spoil(f)
		if _, l := find(t, map[uint32]*function{8: f}); l.N != 0 {
			t.Errorf("%s: %+v", name, l.Devices[0])
		}
	}
}

// TestMany: there are more devices than the list has places.
func TestMany(t *testing.T) {
	all := map[uint32]*function{}
	for i := range uint32(31) {
		all[8*i] = card(0)
		all[8*i].set(regBAR+4, 0)
	}
	_, l := find(t, all)
	if l.N != VirtiosMax {
		t.Fatalf("%d devices", l.N)
	}
	seen := map[uint64]bool{}
	for i := range l.N {
		v := &l.Devices[i]
		if seen[v.Common.At] || seen[v.table] {
			t.Errorf("device %d is where another is: %+v", i, v)
		}
		seen[v.Common.At], seen[v.table] = true, true
	}
}

// FuzzFind searches a bus of any functions: whatever they say, parts are inside of the window.
func FuzzFind(f *testing.F) {
	c := card(0xfe000000)
	f.Add(c.space[:], uint64(1))
	f.Add(card(0).space[:], uint64(2))
	f.Fuzz(func(t *testing.T, space []byte, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		functions := map[uint32]*function{}
		for range 1 + r.IntN(8) {
			fn := &function{}
			copy(fn.space[:], space)
			fn.set(regCommand, fn.word(regCommand)&^commandMemory)
			for i := range fn.sizes {
				fn.sizes[i] = 16 << r.IntN(50)
			}
			for range r.IntN(4) {
				fn.space[0x40+r.IntN(192)] = byte(r.Uint32())
			}
			functions[r.Uint32N(FunctionsMax)] = fn
		}
		m, l := find(t, functions)
		for i := range l.N {
			v := &l.Devices[i]
			for _, p := range []Part{v.Common, v.Notify, v.Config, {v.table, messageBytes}} {
				if p.Bytes > 0 && (p.At < window.From || p.At+uint64(p.Bytes) > window.To) {
					t.Fatalf("a part is at %#x, %d bytes", p.At, p.Bytes)
				}
			}
			v.Enable(m.config(), 0xfee00000, 48)
		}
	})
}
