package mem

import (
	"testing"

	"pgregory.net/rapid"
)

// model is what Areas should be: each page by itself.
type model map[uint64]Area

// page is the part of an area that is the page at an address.
func (m model) set(a Area) {
	for at := a.Start; at < a.End; at += PageBytes {
		p := a.from(at)
		p.End = at + PageBytes
		m[at] = p
	}
}

func (m model) free(start, end uint64) bool {
	for at := start; at < end; at += PageBytes {
		if _, ok := m[at]; ok {
			return false
		}
	}
	return true
}

// check compares and looks at order and merging.
func check(t *rapid.T, s *Areas, m model) {
	pages := 0
	for i := range s.Len() {
		a := s.At(i)
		if a.Start >= a.End {
			t.Fatalf("area %d is empty: %+v", i, a)
		}
		if i > 0 {
			before := s.At(i - 1)
			if before.End > a.Start || before.continues(&a) {
				t.Fatalf("areas %+v and %+v overlap, or are one", before, a)
			}
		}
		for at := a.Start; at < a.End; at += PageBytes {
			want := a.from(at)
			want.End = at + PageBytes
			if got, ok := m[at]; !ok || got != want {
				t.Fatalf("page %#x is %+v; the model has %+v, %v", at, want, got, ok)
			}
			pages++
		}
	}
	if pages != len(m) {
		t.Fatalf("%d pages; the model has %d", pages, len(m))
	}
}

// checkGap wants the highest free range of that length.
func checkGap(t *rapid.T, s *Areas, m model, length uint64) {
	const top = 64 * PageBytes
	start, ok := s.Gap(length, 0, top)
	if ok && !m.free(start, start+length) {
		t.Fatalf("the gap at %#x of %#x is not free", start, length)
	}
	for at := uint64(0); at+length <= top; at += PageBytes {
		if m.free(at, at+length) && (!ok || start < at) {
			t.Fatalf("a gap at %#x is higher than %#x, %v", at, start, ok)
		}
	}
}

// TestAreasAreTheModel makes random areas, holes and protections.
func TestAreasAreTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Areas
		m := model{}
		page := rapid.Uint64Range(0, 63)
		span := func() (start, end uint64) {
			a, b := page.Draw(t, "from"), page.Draw(t, "to")
			return min(a, b) * PageBytes, (max(a, b) + 1) * PageBytes
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				start, end := span()
				if s.Free(start, end) != m.free(start, end) {
					t.Fatalf("Free(%#x, %#x) is %v", start, end, s.Free(start, end))
				}
				if !s.Free(start, end) {
					return
				}
				a := Area{Start: start, End: end, Prot: uint8(rapid.IntRange(0, 3).Draw(t, "prot"))}
				if rapid.Bool().Draw(t, "image") {
					a.Origin, a.Phys = Image, 0x100000+start
				}
				if !s.Insert(a) {
					t.Fatal("no room")
				}
				m.set(a)
			},
			"remove": func(t *rapid.T) {
				start, end := span()
				s.Remove(start, end)
				for at := start; at < end; at += PageBytes {
					delete(m, at)
				}
			},
			"protect": func(t *rapid.T) {
				start, end := span()
				covered := true
				for at := start; at < end; at += PageBytes {
					_, ok := m[at]
					covered = covered && ok
				}
				if s.Covered(start, end) != covered {
					t.Fatalf("Covered(%#x, %#x) is %v", start, end, !covered)
				}
				if !covered {
					return
				}
				prot := uint8(rapid.IntRange(0, 3).Draw(t, "prot"))
				s.Protect(start, end, prot)
				for at := start; at < end; at += PageBytes {
					p := m[at]
					p.Prot = prot
					m[at] = p
				}
			},
			"gap": func(t *rapid.T) {
				checkGap(t, &s, m, page.Draw(t, "length")*PageBytes+PageBytes)
			},
			"": func(t *rapid.T) { check(t, &s, m) },
		})
	})
}

// TestAreasAreBounded fills all places.
func TestAreasAreBounded(t *testing.T) {
	var s Areas
	at := uint64(0)
	for s.Insert(Area{Start: at, End: at + PageBytes, Prot: 1}) {
		at += 3 * PageBytes
	}
	if s.Len() != AreasMax {
		t.Fatalf("%d areas, want %d", s.Len(), AreasMax)
	}
	if s.Protect(0, PageBytes, 3) {
		t.Error("Protect had room for pieces")
	}
	s.Remove(0, PageBytes)
	s.Remove(3*PageBytes, 4*PageBytes)
	if !s.Insert(Area{End: 3 * PageBytes, Prot: 1}) ||
		!s.Insert(Area{Start: at, End: at + PageBytes}) {
		t.Fatal("no room after two areas went")
	}
	if s.Remove(PageBytes, 2*PageBytes) {
		t.Error("a hole made two areas of one although there was no room")
	}
	if a, ok := s.Find(PageBytes); !ok || a.End != 3*PageBytes {
		t.Errorf("the area is %+v, %v; want it unchanged", a, ok)
	}
}
