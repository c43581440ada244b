package virtio

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// diskModel is the other side of a disk: sectors, and requests as the specification has them.
type diskModel struct {
	*model
	sectors []byte
	seen    uint16
	status  byte // of every answer
	flushed int
	asked   []uint32 // kinds of requests
}

// serve answers what the driver asks.
func (d *diskModel) serve(t testing.TB) {
	q := &d.queues[0]
	for avail := d.ram[q.parts[1]:]; mem.Load16(avail[2:]) != d.seen; d.seen++ {
		id := mem.Load16(avail[4+2*uint64(d.seen%QueueBuffers):])
		var chain [3][]byte
		n, writes := 0, [3]bool{}
		for more := true; more; n++ {
			e := d.ram[q.parts[0]+16*uint64(id):]
			at, length, flags := mem.Load64(e), uint64(mem.Load32(e[8:])), mem.Load16(e[12:])
			chain[n], writes[n] = d.ram[at:at+length], flags&descriptorWrite != 0
			id, more = mem.Load16(e[14:]), flags&chained != 0
		}
		header, status := chain[0], chain[n-1]
		if len(header) != 16 || len(status) != 1 || writes[0] || !writes[n-1] {
			t.Fatalf("a request of %d bytes, status %d", len(header), len(status))
		}
		kind, at := mem.Load32(header), mem.Load64(header[8:])*SectorBytes
		d.asked = append(d.asked, kind)
		switch Request(kind) {
		case Read:
			copy(chain[1], d.sectors[at:at+uint64(len(chain[1]))])
		case Write:
			copy(d.sectors[at:at+uint64(len(chain[1]))], chain[1])
		case Flush:
			d.flushed++
		}
		status[0] = d.status
		d.use(0, 0, 1)
	}
}

// disk returns a disk of so many sectors that was started, and 40 pages of the program's memory.
func disk(t testing.TB, sectors int, features uint64) (b *Block, d *diskModel, s *mem.Space,
	address uint64) {
	t.Helper()
	m, s, _ := machine(t, KindBlock)
	at := s.Map(0, 40*mem.PageBytes, abi.ProtRead|abi.ProtWrite, abi.MapPrivate|abi.MapAnonymous)
	m.features = featureModern | features
	clear(m.config[:])
	mem.Store64(m.config[:], uint64(sectors))
	mem.Store32(m.config[8:], 1500) // for who asks how long requests may be
	d = &diskModel{model: m, sectors: make([]byte, sectors*SectorBytes)}
	b = new(Block)
	if !b.Start(m.place(3), s) || b.Line() != 3 || b.Bytes() != uint64(sectors*SectorBytes) {
		t.Fatal("the disk does not start")
	}
	return b, d, s, uint64(at)
}

// finish serves requests until what was begun has ended.
func finish(t testing.TB, b *Block, d *diskModel) int64 {
	t.Helper()
	for range 3 {
		d.serve(t)
		if result, done := b.Interrupt(); done {
			return result
		}
	}
	t.Fatal("the disk does not end")
	return 0
}

// TestBlock: any bytes at any place, as a file of that size has them.
func TestBlock(t *testing.T) {
	const sectors = 300
	for _, features := range []uint64{featureFlush, featureFlush | featureSizeMax} {
		b, d, s, at := disk(t, sectors, features)
		most := map[bool]uint64{true: 1024, false: 68 << 10}[features&featureSizeMax != 0]
		if b.most != most {
			t.Fatalf("a request has %d bytes, want %d", b.most, most)
		}
		shadow := make([]byte, sectors*SectorBytes)
		r := rand.New(rand.NewPCG(1, features))
		for i := range 200 {
			offset, n := r.Uint64N(sectors*SectorBytes), 1+r.Uint64N(70_000)
			if i%4 == 0 {
				offset, n = offset&^511, (n+511)&^511
			}
			part := make([]byte, min(n, 40*mem.PageBytes))
			if i%2 == 0 {
				for j := range part {
					part[j] = byte(r.Uint32())
				}
				s.CopyOut(at, part)
				begun := b.Begin(Write, s, at, uint64(len(part)), offset)
				if got := finish(t, b, d); got != begun || got <= 0 {
					t.Fatalf("%d bytes written, %d begun", got, begun)
				}
				copy(shadow[offset:], part[:begun])
				continue
			}
			begun := b.Begin(Read, s, at, uint64(len(part)), offset)
			if got := finish(t, b, d); got != begun || got <= 0 || got > BlockBytesMax {
				t.Fatalf("%d bytes read, %d begun", got, begun)
			}
			if s.CopyIn(part, at); !bytes.Equal(part[:begun], shadow[offset:][:begun]) {
				t.Fatalf("%d bytes at %d are others", begun, offset)
			}
		}
		if !bytes.Equal(d.sectors, shadow) {
			t.Error("the sectors are not what was written")
		}
	}
}

// TestBlockRefuses: what the disk does not do, and why.
func TestBlockRefuses(t *testing.T) {
	b, d, s, at := disk(t, 4, featureFlush)
	for what, c := range map[string]struct {
		request    Request
		at, n, off uint64
		want       int64
	}{
		"read at the end":  {Read, at, 10, 2048, 0},
		"read nothing":     {Read, at, 0, 0, 0},
		"write at the end": {Write, at, 10, 2048, -abi.ENOSPC},
		"write far away":   {Write, at, 10, 1 << 62, -abi.ENOSPC},
		"into bad memory":  {Read, 8, 10, 0, -abi.EFAULT},
		"from bad memory":  {Write, 8, 10, 0, -abi.EFAULT},
	} {
		if got := b.Begin(c.request, s, c.at, c.n, c.off); got != c.want || b.busy {
			t.Errorf("%s: %d, want %d", what, got, c.want)
		}
	}
	if got := b.Begin(Read, s, at, 100, 2000); got != 48 || b.Begin(Read, s, at, 1, 0) != Busy {
		t.Errorf("%d bytes at the end, or the disk does two things", got)
	}
	if got := finish(t, b, d); got != 48 {
		t.Errorf("%d bytes at the end", got)
	}
	if got := b.Begin(Flush, s, 0, 0, 0); got != 1 || finish(t, b, d) != 0 || d.flushed != 1 {
		t.Errorf("flush: %d, %d times", got, d.flushed)
	}
	d.status = 1
	for _, what := range []Request{Read, Write, Flush} {
		if b.Begin(what, s, at, 700, 0); finish(t, b, d) != -abi.EIO {
			t.Errorf("an error of request %d is not told", what)
		}
	}
	d.status = 0
	for what, bad := range map[Request]int64{Read: -abi.EFAULT, Write: -abi.EFAULT} {
		b.Begin(what, s, at, 100, 0)
		s.Unmap(at, 40*mem.PageBytes) // while the disk works
		if got := finish(t, b, d); got != bad {
			t.Errorf("request %d into memory that has gone: %d", what, got)
		}
		s.Map(at, 40*mem.PageBytes, abi.ProtRead|abi.ProtWrite,
			abi.MapPrivate|abi.MapAnonymous|abi.MapFixed)
	}
	b, _, s, at = disk(t, 4, featureReadOnly)
	if !b.ReadOnly || b.Begin(Write, s, at, 1, 0) != -abi.EROFS || b.Begin(Flush, s, 0, 0, 0) != 0 {
		t.Error("a disk that is read only can be written")
	}
}

// TestBlockStarts: what is no disk.
func TestBlockStarts(t *testing.T) {
	for name, spoil := range map[string]func(m *model, s *mem.Space){
		"an old device":  func(m *model, s *mem.Space) { m.features = 0 },
		"no memory":      func(m *model, s *mem.Space) { s.Pages.Init(s.RAM, 0, 0) },
		"a huge disk":    func(m *model, s *mem.Space) { m.config[7] = 1 },
		"a short queue":  func(m *model, s *mem.Space) { m.queueMax = 2 },
		"short requests": func(m *model, s *mem.Space) { m.features |= featureSizeMax },
		"pages in no order": func(m *model, s *mem.Space) {
			a, _ := s.Pages.Take()
			b, _ := s.Pages.Take()
			s.Pages.Take()
			s.Pages.Give(a)
			s.Pages.Give(b)
		},
	} {
		m, s, _ := machine(t, KindBlock)
		m.features = featureModern
		clear(m.config[:])
		m.config[0] = 8
		spoil(m, s)
		if b := new(Block); b.Start(m.place(0), s) || b.Present {
			t.Errorf("%s starts as a disk", name)
		}
	}
}

// FuzzBlock has a device answer what it likes: the driver moves only what was asked for.
func FuzzBlock(f *testing.F) {
	f.Add([]byte{0, 10, 20, 3, 0, 0, 4, 0, 0, 1, 200, 7, 5, 1, 0, 4, 0, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		b, d, s, at := disk(t, 64, featureFlush)
		begun := int64(0)
		steps = steps[:min(len(steps), 600)]
		for ; len(steps) >= 3; steps = steps[3:] {
			x, y := uint64(steps[1]), uint64(steps[2])
			switch steps[0] % 7 {
			case 0, 1:
				got := b.Begin(Request(steps[0]%7), s, at, 1+x*300, y*131)
				if got > 0 {
					begun = got
				}
			case 2:
				if b.Begin(Flush, s, 0, 0, 0) > 0 {
					begun = 0
				}
			case 3:
				d.serve(t)
			case 4:
				if got, done := b.Interrupt(); done && got >= 0 && got != begun {
					t.Fatalf("%d bytes, %d begun", got, begun)
				}
			case 5:
				d.use(0, uint32(x), uint32(y))
			case 6:
				mem.Store16(d.ram[d.queues[0].parts[2]+2:], uint16(x<<8|y))
			}
		}
	})
}
