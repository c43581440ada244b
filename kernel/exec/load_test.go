package exec

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

const page = mem.PageBytes

// programAt is where tests put the file in memory.
const programAt = 16 * page

// load is a PT_LOAD segment of a made-up program.
type load struct {
	flags                         uint32
	offset, address, file, memory uint64
}

// good is a program like Go's: headers and text, then data with zeros after it.
var good = []load{
	{5, 0, 0x400000, 0x500, 0x500},
	{6, 0x1000, 0x401000, 0x200, 0x3000},
}

// elfFile makes a file of two pages with those segments.
func elfFile(loads []load) []byte {
	b := make([]byte, 2*page)
	for i := range b {
		b[i] = byte(i)
	}
	clear(b[:0x400])
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 2)
	le.PutUint16(b[18:], 62)
	le.PutUint64(b[24:], 0x400400)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[54:], programBytes)
	le.PutUint16(b[56:], uint16(len(loads)))
	for i, l := range loads {
		h := b[64+programBytes*i:]
		le.PutUint32(h, 1)
		le.PutUint32(h[4:], l.flags)
		le.PutUint64(h[8:], l.offset)
		le.PutUint64(h[16:], l.address)
		le.PutUint64(h[32:], l.file)
		le.PutUint64(h[40:], l.memory)
	}
	return b
}

// space is memory with the file at programAt.
func space(file []byte) *mem.Space {
	ram := make(mem.RAM, 128*page)
	copy(ram[programAt:], file)
	s := new(mem.Space)
	s.Init(ram, page, 64*page, 128*page)
	return s
}

// TestLoad loads a program: segments where they belong, with the rights they ask for.
func TestLoad(t *testing.T) {
	file := elfFile(good)
	s := space(file)
	p, f := Load(s, programAt, uint64(len(file)))
	if f != Loaded || p.Entry != 0x400400 || p.Headers != 0x400040 || p.Count != 2 {
		t.Fatalf("%+v, %v", p, f)
	}
	got := make([]byte, 0x300)
	if !s.CopyIn(got, 0x401000) || !bytes.Equal(got[:0x200], file[0x1000:0x1200]) {
		t.Error("data differs from the file's")
	}
	if !bytes.Equal(got[0x200:], make([]byte, 0x100)) {
		t.Error("what follows the data is not zero")
	}
	if s.CopyOut(0x400000, got) || !s.CopyOut(0x403ff0, got[:16]) || s.CopyOut(0x404000, got[:1]) {
		t.Error("text must be read-only, and memory end after the zeros")
	}
	if a, _ := s.Areas.Find(0x400000); a.Prot != abi.ProtRead|abi.ProtExec {
		t.Errorf("text has protection %d", a.Prot)
	}
}

// TestLoadRefuses: what is wrong with a file is told.
func TestLoadRefuses(t *testing.T) {
	one := func(l load) []load { return []load{good[0], l} }
	for _, c := range []struct {
		why   string
		loads []load
		edit  func(b []byte)
		want  Failure
	}{
		{"no ELF", good, func(b []byte) { b[0] = 0 }, NotELF},
		{"32 bits", good, func(b []byte) { b[4] = 1 }, NotELF},
		{"another machine", good, func(b []byte) { b[18] = 183 }, NotELF},
		{"position-independent", good, func(b []byte) { b[16] = 3 }, NotStatic},
		{"an interpreter", good, func(b []byte) { b[64] = 3 }, NotStatic},
		{"headers outside", good, func(b []byte) { b[33] = 0xff }, BadHeaders},
		{"headers of another size", good, func(b []byte) { b[54] = 32 }, BadHeaders},
		{"too many headers", good, func(b []byte) { b[56] = SegmentsMax + 1 }, TooManyParts},
		{"an entry in the data", good, func(b []byte) { b[25] = 0x10 }, BadEntry},
		{"an entry nowhere", good, func(b []byte) { b[27] = 1 }, BadEntry},
		{"a segment outside the file", one(load{4, 0x1000, 0x401000, 0x1001, 0x1001}), nil, BadHeaders},
		{"a segment far outside", one(load{4, 1 << 63, 0x401000, 1, 1}), nil, BadHeaders},
		{"more file than memory", one(load{4, 0, 0x401000, 2, 1}), nil, BadSegment},
		{"misaligned", one(load{4, 0x1000, 0x401001, 1, 1}), nil, BadSegment},
		{"writable and executable", one(load{7, 0x1000, 0x401000, 1, 1}), nil, BadSegment},
		{"overlapping", one(load{4, 0x1000, 0x400000, 1, 1}), nil, BadSegment},
		{"overlapping zeros", []load{good[0], good[1], {6, 0, 0x403000, 0, 1}}, nil, BadSegment},
		{"near nil", one(load{4, 0x1000, 0x1000, 1, 1}), nil, BadSegment},
		{"in the kernel", one(load{4, 0x1000, 1 << 63, 1, 1}), nil, BadSegment},
		{"round the end", one(load{6, 0, 0x401000, 0, 1<<64 - 0x1000}), nil, BadSegment},
		{"nothing", one(load{4, 0, 0x401000, 0, 0}), nil, Loaded},
	} {
		file := elfFile(c.loads)
		if c.edit != nil {
			c.edit(file)
		}
		if _, f := Load(space(file), programAt, uint64(len(file))); f != c.want {
			t.Errorf("%s: %v, want %v", c.why, f, c.want)
		}
	}
	if _, f := Load(space(nil), 127*page, 2*page); f != BadHeaders {
		t.Errorf("a file beyond memory: %v", f)
	}
	if _, f := Load(space(nil), programAt, 10); f != BadHeaders {
		t.Errorf("a file of ten bytes: %v", f)
	}
	texts := map[string]bool{}
	for f := Loaded; f <= LoadNoMemory; f++ {
		texts[f.String()] = true
	}
	if len(texts) != int(LoadNoMemory)+1 {
		t.Errorf("failures read alike: %v", texts)
	}
}

// TestStack reads the stack as a program does at its start.
func TestStack(t *testing.T) {
	s := space(nil)
	random := [16]byte{1, 2, 3, 15: 16}
	p := Program{Entry: 0x400400, Headers: 0x400040, Count: 2}
	sp, f := Stack(s, p, Strings("program\x00a b\x00\x00"), Strings("X=1\x00"), &random)
	if f != Loaded || sp%16 != 0 {
		t.Fatalf("%#x, %v", sp, f)
	}
	word := func() uint64 {
		v, ok := s.Load64(sp)
		if !ok {
			t.Fatalf("no word at %#x", sp)
		}
		sp += 8
		return v
	}
	text := func(at uint64) string {
		var b [64]byte
		text, e := s.Text(b[:], at)
		if e != 0 {
			t.Fatalf("no text at %#x: %d", at, e)
		}
		return string(text)
	}
	if n := word(); n != 3 {
		t.Fatalf("%d arguments", n)
	}
	for _, want := range []string{"program", "a b", ""} {
		if got := text(word()); got != want {
			t.Errorf("argument %q, want %q", got, want)
		}
	}
	if word() != 0 || text(word()) != "X=1" || word() != 0 {
		t.Error("the environment is not X=1")
	}
	auxiliary := map[uint64]uint64{}
	for {
		k, v := word(), word()
		if k == abi.AuxNull {
			break
		}
		auxiliary[k] = v
	}
	var got [16]byte
	if !s.CopyIn(got[:], auxiliary[abi.AuxRandom]) || got != random {
		t.Errorf("random bytes % x", got)
	}
	for k, want := range map[uint64]uint64{abi.AuxPageSize: page, abi.AuxEntry: 0x400400,
		abi.AuxVDSO: layout.VDSOBase, abi.AuxPhnum: 2, abi.AuxPhdr: 0x400040} {
		if auxiliary[k] != want {
			t.Errorf("auxiliary %d is %#x, want %#x", k, auxiliary[k], want)
		}
	}
}

// TestStackIsBounded: too much is refused.
func TestStackIsBounded(t *testing.T) {
	var random [16]byte
	many := Strings(make([]byte, StringsMax+1))
	if _, f := Stack(space(nil), Program{}, many, nil, &random); f != TooManyParts {
		t.Errorf("too many arguments: %v", f)
	}
	long := Strings(bytes.Repeat([]byte("a"), StringBytesMax+1))
	if _, f := Stack(space(nil), Program{}, long, nil, &random); f != TooManyParts {
		t.Errorf("too long arguments: %v", f)
	}
	s := space(nil)
	s.Pages.Init(s.RAM, 0, 0)
	if _, f := Stack(s, Program{}, nil, nil, &random); f != LoadNoMemory {
		t.Errorf("no memory: %v", f)
	}
	if _, f := Stack(s, Program{}, nil, nil, &random); f != BadSegment {
		t.Errorf("a second stack: %v", f)
	}
}

// FuzzLoad loads any bytes: it ends, within memory, and with the entry in executable memory that
// nobody can write.
func FuzzLoad(f *testing.F) {
	f.Add(elfFile(good))
	f.Add(elfFile(append(good, good...)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 40*page {
			return
		}
		s := space(file)
		p, failure := Load(s, programAt, uint64(len(file)))
		for i := range s.Areas.Len() {
			a := s.Areas.At(i)
			if a.Prot&abi.ProtExec != 0 && a.Prot&abi.ProtWrite != 0 {
				t.Errorf("area %+v", a)
			}
			if a.Origin == mem.Image && (a.Phys < programAt ||
				a.Phys+a.End-a.Start > programAt+(uint64(len(file))+page-1)&^(page-1)) {
				t.Errorf("area %+v lies outside of the file", a)
			}
		}
		if failure == Loaded {
			if a, ok := s.Areas.Find(p.Entry); !ok || a.Prot&abi.ProtExec == 0 {
				t.Errorf("entry %#x in area %+v", p.Entry, a)
			}
		}
	})
}
