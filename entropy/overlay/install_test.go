package overlay

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// place stands for the patched crypto/internal/sysrand: what no hook answers is answered with the
// operating system's bytes, 0x05.
type place struct {
	hook   atomic.Pointer[func([]byte) bool]
	missed atomic.Uint64
}

func (p *place) point() *point {
	return &point{set: func(h *func([]byte) bool) { p.hook.Store(h) }, missed: p.missed.Load}
}

func (p *place) read(b []byte) {
	if h := p.hook.Load(); h != nil && (*h)(b) {
		return
	}
	p.missed.Add(1)
	for i := range b {
		b[i] = 0x05
	}
}

func off() bool { return false }

func ones(b []byte) {
	for i := range b {
		b[i] = 1
	}
}

// Before Install the operating system answers, and is counted; afterwards only the generator does.
func TestInstall(t *testing.T) {
	var here place
	p, b := here.point(), make([]byte, 3*DrawBytesMax+7)
	here.read(b[:3])
	here.read(b[:3])
	if err := p.install(ones, off, here.read); err != nil {
		t.Fatal(err)
	}
	here.read(b)
	if !bytes.Equal(b, bytes.Repeat([]byte{1}, len(b))) {
		t.Error("a draw after Install is not the generator's")
	}
	want := Status{Compiled: true, Installed: true, BeforeInstall: 2}
	if got := p.report(); got != want {
		t.Errorf("status %+v, want %+v: Install itself draws nothing", got, want)
	}
	if err := p.install(ones, off, here.read); !errors.Is(err, ErrInstalled) {
		t.Errorf("a second Install: %v, want ErrInstalled", err)
	}
}

// Without the overlay, under FIPS 140 mode and where draws go another way, nothing is changed.
func TestInstallRefuses(t *testing.T) {
	never := func([]byte) { t.Error("the generator was called") }
	var none *point
	if err := none.install(never, off, never); !errors.Is(err, ErrAbsent) {
		t.Errorf("without the overlay: %v, want ErrAbsent", err)
	}
	if got := none.report(); got != (Status{}) {
		t.Errorf("without the overlay the status is %+v", got)
	}
	for _, c := range []struct {
		name string
		fips bool
		draw func(p *place) func([]byte)
		want error
	}{
		{"FIPS", true, func(p *place) func([]byte) { return p.read }, ErrFIPS},
		{"replaced", false, func(*place) func([]byte) { return ones }, ErrBypassed},
		{"copied", false, func(p *place) func([]byte) {
			return func(b []byte) { p.read(make([]byte, len(b))) }
		}, ErrBypassed},
	} {
		t.Run(c.name, func(t *testing.T) {
			var here place
			p := here.point()
			err := p.install(never, func() bool { return c.fips }, c.draw(&here))
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			b := []byte{0}
			if here.read(b); b[0] != 0x05 || p.report().Installed {
				t.Errorf("after a refused Install: read %v, status %+v", b, p.report())
			}
		})
	}
}

// What this test itself runs under.
func TestInstallHere(t *testing.T) {
	if Report().Compiled {
		t.Skip("built with the overlay; its tests build without")
	}
	if err := Install(ones); !errors.Is(err, ErrAbsent) {
		t.Errorf("%v, want ErrAbsent", err)
	}
	b := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0}
	if draw(b); bytes.Equal(b, make([]byte, len(b))) {
		t.Error("draw left its bytes alone")
	}
}

// While Install looks where draws go, the draws of others get what they got before.
func TestInstallAmongDraws(t *testing.T) {
	var here place
	var wg sync.WaitGroup
	var done atomic.Bool
	for range 4 {
		wg.Go(func() {
			b := make([]byte, 64)
			for !done.Load() {
				clear(b)
				here.read(b)
				if b[0] != b[63] || b[0] != 1 && b[0] != 0x05 {
					t.Errorf("a draw was answered with %x", b)
					return
				}
			}
		})
	}
	for i := range 200 {
		p := here.point()
		if err := p.install(ones, func() bool { return i%2 == 0 }, here.read); i%2 == 1 && err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	wg.Wait()
}

// A generator that keeps what it was given sees zeros later, and never a caller's memory.
func TestGeneratorSeesOwnMemory(t *testing.T) {
	var kept [][]byte
	hook := through(func(b []byte) {
		kept = append(kept, b)
		ones(b)
	})
	b := make([]byte, DrawBytesMax+10)
	if !hook(b) || b[0] != 1 || b[len(b)-1] != 1 {
		t.Fatal("the hook did not fill its bytes")
	}
	if len(kept) != 2 || len(kept[0]) != DrawBytesMax || len(kept[1]) != 10 {
		t.Fatalf("the generator was called %d times", len(kept))
	}
	for _, k := range kept {
		if &k[0] == &b[0] || !bytes.Equal(k, make([]byte, len(k))) {
			t.Error("what passed through is still there")
		}
	}
	if !hook(nil) || len(kept) != 2 {
		t.Error("an empty draw asked the generator")
	}
}
