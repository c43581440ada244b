package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
)

// TestConform runs every source of this machine through the kit. A processor may have an RDSEED
// that is broken: then it is the kit's finding that is wanted.
func TestConform(t *testing.T) {
	for _, source := range Machine() {
		name := source.Spec().Name
		t.Run(name, func(t *testing.T) {
			var judge testing.TB = t
			if name == "rdseed" {
				judge = &lenient{t}
			}
			entropytest.Conform(judge, func() entropy.Source {
				for _, s := range Machine() {
					if s.Spec().Name == name {
						return s
					}
				}
				return nil
			})
		})
	}
}

// lenient is a test that takes repeated symbols for what they are on some processors.
type lenient struct{ testing.TB }

func (l *lenient) Errorf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); strings.Contains(text, "the repetition test saw") {
		l.TB.Skipf("this processor's RDSEED is broken: %s", text)
	}
	l.TB.Errorf(format, args...)
}

// TestMachineNamesEachSourceOnce also composes a system of them.
func TestMachineNamesEachSourceOnce(t *testing.T) {
	s, err := entropy.New(entropy.Config{Sources: Machine(), Generations: Generations(),
		Policy: entropy.Policy{Trust: []string{"getrandom"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Stream("test").Read(make([]byte, 100)); err != nil {
		t.Error(err)
	}
	var names []string
	for _, source := range s.Status().Sources {
		names = append(names, source.Name)
	}
	want := []string{"jitter", "rdrand", "rdseed", "hwrng", "getrandom", "interrupts", "identity"}
	if !slices.Equal(names, want) {
		t.Errorf("sources %v, want %v", names, want)
	}
}

// pieces is a reader that gives one byte at a time.
type pieces struct{ r io.Reader }

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), 1)]) }

func TestReader(t *testing.T) {
	spec := entropytest.Spec("line", 32, 1000)
	seed := byte(0)
	entropytest.Conform(t, func() entropy.Source {
		seed++
		content := make([]byte, 1<<20)
		for i := range content {
			content[i] = byte(i*i>>3) ^ byte(i>>7) + seed
		}
		return Reader(spec, bytes.NewReader(content))
	})
	// Bytes that come one at a time still make whole symbols, and what is cut off is left out.
	source := Reader(spec, pieces{strings.NewReader("abcdefghij")})
	raw := make([]byte, 7)
	if n, err := source.Sample(t.Context(), raw); n != 4 || err != nil || string(raw[:4]) != "abcd" {
		t.Errorf("Sample = %d, %v, %q; want the first symbol", n, err, raw[:4])
	}
	n, err := source.Sample(t.Context(), make([]byte, 100))
	if n != 4 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Sample at the end = %d, %v; want the second symbol and an early end", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := source.Sample(ctx, raw); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Sample that nobody wants = %d, %v", n, err)
	}
	if got := Virtio(pieces{strings.NewReader("xyz")}); got.Spec().Name != "virtio-rng" {
		t.Errorf("spec of a virtio device: %+v", got.Spec())
	}
}

// slowly is a reader that gives a byte every 300 ms.
type slowly struct{}

func (slowly) Read(p []byte) (int, error) {
	time.Sleep(300 * time.Millisecond)
	p[0] = 7
	return 1, nil
}

func TestSlowReaderEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := Reader(entropytest.Spec("slow", 16, 1000), slowly{})
		begin := time.Now()
		n, err := source.Sample(t.Context(), make([]byte, 1024))
		if took := time.Since(begin); n != 4 || err != nil || took != 1200*time.Millisecond {
			t.Errorf("Sample of a slow reader = %d, %v after %v; want 2 symbols after 1.2 s", n, err, took)
		}
	})
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "symbols")
	spec := entropytest.Spec("file", 8, 500)
	source := File(spec, name)
	var absent *entropy.AbsentError
	if _, err := source.Sample(t.Context(), make([]byte, 8)); !errors.As(err, &absent) ||
		absent.Reason != "no device" {
		t.Errorf("a file that is not there: %v, want absent", err)
	}
	if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 8)
	for _, want := range []string{"01234567", "89"} {
		if n, _ := source.Sample(t.Context(), raw); string(raw[:n]) != want {
			t.Errorf("read %q, want %q", raw[:n], want)
		}
	}
	if err := source.(entropy.Restarter).Restart(); err != nil {
		t.Fatal(err)
	}
	if n, err := source.Sample(t.Context(), raw); string(raw[:n]) != "01234567" || err != nil {
		t.Errorf("after a restart: %q, %v; want the beginning", raw[:n], err)
	}
}

func TestAbsent(t *testing.T) {
	for err, want := range map[error]string{
		&os.PathError{Op: "open", Path: "/dev/x", Err: syscall.EACCES}: "absent: permission",
		&os.PathError{Op: "open", Path: "/dev/x", Err: syscall.ENOENT}: "absent: no device",
		&os.PathError{Op: "read", Path: "/dev/x", Err: syscall.ENODEV}: "absent: no device",
		io.EOF: "source: read: EOF",
	} {
		if got := absent(err).Error(); got != want {
			t.Errorf("%v means %q, want %q", err, got, want)
		}
	}
}
