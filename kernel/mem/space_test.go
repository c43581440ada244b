package mem

import (
	"bytes"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
)

const (
	readWrite = abi.ProtRead | abi.ProtWrite
	anonymous = abi.MapPrivate | abi.MapAnonymous
	testRoot  = PageBytes // the top table; page 0 is unused
)

// newSpace has that many pages to give out.
func newSpace(pages int) *Space {
	s := new(Space)
	s.Init(make(RAM, (2+pages)*PageBytes), testRoot, 2*PageBytes, uint64(2+pages)*PageBytes)
	return s
}

// walk calls visit with each page that the processor would find, as it would.
func (s *Space) walk(visit func(address, entry uint64)) {
	var down func(table, address uint64, shift uint)
	down = func(table, address uint64, shift uint) {
		for i := range uint64(512) {
			e, at := s.RAM.Load(table+8*i), address|i<<shift
			switch {
			case e&present == 0:
			case shift > 12:
				down(e&entryPhys, at, shift-9)
			default:
				visit(at, e)
			}
		}
	}
	down(s.root, 0, 39)
}

// sound checks what must always hold: a page that is there belongs to an area, allows no more than
// it, is never both writable and executable, and no page is there twice.
func (s *Space) sound(t *testing.T) {
	t.Helper()
	seen := map[uint64]uint64{}
	s.walk(func(address, e uint64) {
		a, ok := s.Areas.Find(address)
		if !ok {
			t.Errorf("page %#x is there and no area has it", address)
			return
		}
		if e&writable != 0 && a.Prot&abi.ProtWrite == 0 || e&user != 0 && a.Prot == 0 ||
			e&noExec == 0 && a.Prot&abi.ProtExec == 0 || e&writable != 0 && e&noExec == 0 {
			t.Errorf("page %#x has entry %#x; its area allows %d", address, e, a.Prot)
		}
		if other, ok := seen[e&entryPhys]; ok {
			t.Errorf("pages %#x and %#x are the same memory", address, other)
		}
		seen[e&entryPhys] = address
		if (a.Origin == Image) != (e&borrowed != 0) {
			t.Errorf("page %#x: origin %d, entry %#x", address, a.Origin, e)
		}
	})
}

// mapped maps memory anywhere.
func mapped(t *testing.T, s *Space, length, prot uint64) uint64 {
	t.Helper()
	at := s.Map(0, length, prot, anonymous)
	if at < layout.UserMin {
		t.Fatalf("mmap returns %d", at)
	}
	return uint64(at)
}

// TestDemandPaging: memory costs nothing until it is touched, and comes back.
func TestDemandPaging(t *testing.T) {
	s := newSpace(16)
	at := mapped(t, s, 512<<20, readWrite)
	if used, _ := s.Pages.Used(); used != 0 {
		t.Errorf("%d pages are used before one is touched", used)
	}
	text := bytes.Repeat([]byte("0123456789"), 500) // over the end of a page
	if !s.CopyOut(at+PageBytes-3, text) {
		t.Fatal("cannot write")
	}
	got := make([]byte, len(text))
	if !s.CopyIn(got, at+PageBytes-3) || !bytes.Equal(got, text) {
		t.Error("what was written is not read")
	}
	if used, _ := s.Pages.Used(); used != 3+3 { // three tables and three pages
		t.Errorf("%d pages are used, want 6", used)
	}
	s.sound(t)
	if e := s.Unmap(at, 512<<20); e != 0 {
		t.Errorf("munmap returns %d", e)
	}
	if used, _ := s.Pages.Used(); used != 0 || !s.Stale {
		t.Errorf("%d pages are used after all; stale %v", used, s.Stale)
	}
	if s.CopyIn(got, at) {
		t.Error("memory that is gone can be read")
	}
}

// TestMapRules are the rules of mmap.
func TestMapRules(t *testing.T) {
	const fixed = anonymous | abi.MapFixed
	s := newSpace(64)
	base := mapped(t, s, 4*PageBytes, readWrite)
	for _, c := range []struct {
		why                       string
		hint, length, prot, flags uint64
		want                      int64
	}{
		{"a file", 0, PageBytes, readWrite, abi.MapPrivate, -abi.ENODEV},
		{"no length", 0, 0, readWrite, anonymous, -abi.EINVAL},
		{"executable", 0, PageBytes, abi.ProtRead | abi.ProtExec, anonymous, -abi.EACCES},
		{"unknown protection", 0, PageBytes, 8, anonymous, -abi.EINVAL},
		{"shared", 0, PageBytes, readWrite, abi.MapAnonymous | 1, -abi.EINVAL},
		{"too long", 0, 1 << 48, readWrite, anonymous, -abi.ENOMEM},
		{"longer than there are addresses", 0, 1<<64 - 1, readWrite, anonymous, -abi.ENOMEM},
		{"fixed, off a page", 1, PageBytes, readWrite, fixed, -abi.EINVAL},
		{"fixed, near nil", PageBytes, PageBytes, readWrite, fixed, -abi.EPERM},
		{"fixed, the kernel's", 1 << 63, PageBytes, readWrite, fixed, -abi.ENOMEM},
		{"fixed, where something is", base, PageBytes, 0, anonymous | abi.MapFixedNoReplace,
			-abi.EEXIST},
		{"fixed over what was there", base, PageBytes, 0, fixed, int64(base)},
		{"a free hint", 0x10000000, PageBytes, readWrite, anonymous, 0x10000000},
		{"a hint off a page", 0x20000001, PageBytes, readWrite, anonymous, 0x20000000},
	} {
		if got := s.Map(c.hint, c.length, c.prot, c.flags); got != c.want {
			t.Errorf("%s: %d, want %d", c.why, got, c.want)
		}
	}
	for _, hint := range []uint64{base + PageBytes, 8, 1 << 63, layout.UserTop - PageBytes/2} {
		if at := s.Map(hint, PageBytes, readWrite, anonymous); at <= 0 || uint64(at) == hint {
			t.Errorf("the hint %#x, which cannot be, gives %#x", hint, at)
		}
	}
	s.sound(t)
}

// TestProtectAndAdvise are the rules of mprotect, munmap and madvise.
func TestProtectAndAdvise(t *testing.T) {
	s := newSpace(64)
	base := mapped(t, s, 4*PageBytes, readWrite)
	if !s.Store64(base, 7) || !s.Store32(base+PageBytes, 8) {
		t.Fatal("cannot write")
	}
	for _, c := range []struct {
		why       string
		got, want int64
	}{
		{"mprotect off a page", s.Protect(base+1, 8, 1), -abi.EINVAL},
		{"mprotect of nothing", s.Protect(base, 0, 1), 0},
		{"mprotect of a hole", s.Protect(base-PageBytes, 2*PageBytes, 1), -abi.ENOMEM},
		{"mprotect to executable", s.Protect(base, PageBytes, 5), -abi.EACCES},
		{"mprotect to what is not", s.Protect(base, PageBytes, 9), -abi.EINVAL},
		{"mprotect of the kernel", s.Protect(1<<63, PageBytes, 1), -abi.ENOMEM},
		{"mprotect to none", s.Protect(base, PageBytes, 0), 0},
		{"munmap off a page", s.Unmap(base+1, 8), -abi.EINVAL},
		{"munmap of nothing", s.Unmap(base, 0), -abi.EINVAL},
		{"madvise off a page", s.Advise(base+1, 8, 4), -abi.EINVAL},
		{"madvise of nothing", s.Advise(base, 0, 4), 0},
		{"madvise of a hole", s.Advise(base-PageBytes, 2*PageBytes, 4), -abi.ENOMEM},
		{"other advice", s.Advise(base, PageBytes, 14), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.why, c.got, c.want)
		}
	}
	if _, ok := s.Load64(base); ok {
		t.Error("memory without any right can be read")
	}
	if f := s.Mend(base, abi.ProtRead); f != NotAllowed {
		t.Errorf("a fault there is %d, want NotAllowed", f)
	}
	if f := s.Mend(base-PageBytes, abi.ProtRead); f != NotMapped {
		t.Errorf("a fault in a hole is %d, want NotMapped", f)
	}
	s.Protect(base, PageBytes, abi.ProtRead)
	if v, ok := s.Load64(base); !ok || v != 7 {
		t.Errorf("what was kept is %d, %v; want 7", v, ok)
	}
	if s.Store64(base, 1) {
		t.Error("memory that is read-only can be written")
	}
	if e := s.Advise(base, 2*PageBytes, abi.AdviseDontNeed); e != 0 {
		t.Errorf("madvise returns %d", e)
	}
	if v, ok := s.Load32(base + PageBytes); !ok || v != 0 {
		t.Errorf("memory that is not needed reads %d, %v; want 0", v, ok)
	}
	s.sound(t)
}

// TestImageIsUsedInPlace: pages of the image are mapped where they are and never given back.
func TestImageIsUsedInPlace(t *testing.T) {
	s := newSpace(32)
	s.Pages.Init(s.RAM, 16*PageBytes, uint64(len(s.RAM)))
	s.RAM[8*PageBytes] = 42
	const at = 0x400000
	image := Area{Start: at, End: at + 2*PageBytes, Phys: 8 * PageBytes, Prot: readWrite,
		Origin: Image}
	if !s.Place(image) || s.Place(image) {
		t.Fatal("an area must fit once")
	}
	var b [1]byte
	if !s.CopyIn(b[:], at) || b[0] != 42 || !s.CopyOut(at, []byte{43}) || s.RAM[8*PageBytes] != 43 {
		t.Error("the image is not the program's memory")
	}
	s.sound(t)
	if e := s.Advise(at, PageBytes, abi.AdviseDontNeed); e != -abi.EINVAL {
		t.Errorf("the only copy is thrown away: %d", e)
	}
	s.Protect(at, PageBytes, abi.ProtRead)
	s.sound(t)
	before := s.Pages.Left()
	s.Unmap(at, 2*PageBytes)
	if tables := s.Pages.Left() - before; tables != 3 {
		t.Errorf("%d pages came back, want the three tables", tables)
	}
}

// TestNoMemory: what cannot be had is told, whether it is a table or a page.
func TestNoMemory(t *testing.T) {
	for pages := range 4 {
		s := newSpace(pages)
		at := mapped(t, s, PageBytes, readWrite)
		if f := s.Mend(at, abi.ProtWrite); f != NoMemory {
			t.Errorf("with %d pages a fault is %d, want NoMemory", pages, f)
		}
		if s.Writable(at, 1) {
			t.Errorf("with %d pages memory is writable", pages)
		}
	}
}

// TestText reads texts of the program.
func TestText(t *testing.T) {
	s := newSpace(16)
	base := mapped(t, s, 2*PageBytes, readWrite)
	s.CopyOut(base+PageBytes-2, []byte("abcd\x00"))
	var b [8]byte
	if text, e := s.Text(b[:], base+PageBytes-2); e != 0 || string(text) != "abcd" {
		t.Errorf("%q, %d", text, e)
	}
	if _, e := s.Text(b[:4], base+PageBytes-2); e != abi.ENAMETOOLONG {
		t.Errorf("a text that does not fit: %d", e)
	}
	s.CopyOut(base+2*PageBytes-2, []byte("ab"))
	if _, e := s.Text(b[:], base+2*PageBytes-2); e != abi.EFAULT {
		t.Errorf("a text that runs off its memory: %d", e)
	}
	if _, e := s.Text(b[:], layout.UserTop); e != abi.EFAULT {
		t.Errorf("a text of nobody: %d", e)
	}
}

func TestWords(t *testing.T) {
	b := make([]byte, 8)
	Store64(b, 0x0102030405060708)
	if Load64(b) != 0x0102030405060708 || Load32(b) != 0x05060708 || Load16(b) != 0x0708 {
		t.Errorf("% x", b)
	}
	Store32(b, 0xa1a2a3a4)
	Store16(b, 0xb1b2)
	if Load64(b) != 0x01020304a1a2b1b2 {
		t.Errorf("%#x", Load64(b))
	}
}

// FuzzSpace makes calls with the bytes' numbers. Whatever they are, the address space stays sound,
// and after all is unmapped every page is back.
func FuzzSpace(f *testing.F) {
	f.Add([]byte{0, 0, 1, 3, 4, 0, 1, 0, 1, 0, 1, 0, 2, 0, 1, 1, 3, 0, 1, 4})
	f.Add([]byte{0, 5, 9, 3, 4, 6, 8, 0, 1, 7, 1, 0, 0, 5, 9, 1, 2, 5, 2, 0})
	f.Fuzz(func(t *testing.T, calls []byte) {
		s := newSpace(48)
		for len(calls) >= 4 {
			start := 0x200000 - 8*PageBytes + uint64(calls[1]&15)*PageBytes
			length := uint64(calls[2]&15) * PageBytes
			switch arg := uint64(calls[3]); calls[0] % 6 {
			case 0:
				s.Map(start, length, arg&7, anonymous|abi.MapFixed)
			case 1:
				s.Unmap(start, length)
			case 2:
				s.Protect(start, length, arg&7)
			case 3:
				s.Advise(start, length, arg&15)
			case 4:
				s.Touch(start+arg, []Access{abi.ProtRead, abi.ProtWrite}[arg&1])
			case 5:
				s.Map(arg<<20, length, arg&7, anonymous)
			}
			calls = calls[4:]
		}
		s.sound(t)
		s.Unmap(layout.UserMin, layout.UserTop-layout.UserMin)
		if used, _ := s.Pages.Used(); used != 0 || s.Areas.Len() != 0 {
			t.Errorf("%d pages and %d areas are left", used, s.Areas.Len())
		}
	})
}

// TestPages: pages come cleared, and are counted.
func TestPages(t *testing.T) {
	ram := make(RAM, 6*PageBytes)
	for i := range ram {
		ram[i] = 0xff
	}
	var p Pages
	p.Init(ram, 0, 5*PageBytes+100)
	var got []uint64
	for {
		at, ok := p.Take()
		if !ok {
			break
		}
		if ram.Load(at) != 0 || ram.Load(at+PageBytes-8) != 0 {
			t.Errorf("page %#x is not cleared", at)
		}
		ram.Store(at+8, 1)
		got = append(got, at)
	}
	if len(got) != 4 || got[0] != PageBytes || p.Left() != 0 {
		t.Errorf("pages %#x, %d left", got, p.Left())
	}
	p.Give(got[1])
	if at, ok := p.Take(); !ok || at != got[1] || ram.Load(at+8) != 0 {
		t.Errorf("a page that came back is %#x, %v", at, ok)
	}
	if now, peak := p.Used(); now != 4 || peak != 4 {
		t.Errorf("used %d, peak %d", now, peak)
	}
}
