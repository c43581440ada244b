package image

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// wire is the other end of a guest's network card: QEMU's stream, where each frame comes after its
// length in 4 bytes, big-endian.
type wire struct{ conn net.Conn }

func (w wire) send(frame []byte) error {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(frame)))
	_, err := w.conn.Write(append(b, frame...))
	return err
}

func (w wire) receive() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(w.conn, length[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(length[:])%(1<<16))
	_, err := io.ReadFull(w.conn, frame)
	return frame, err
}

// netGuest boots an image in a kind of machine with a network card and calls talk with its other
// end.
func netGuest(t testing.TB, kind, file string, talk func(w wire) error) (
	console string, code int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = talk(wire{conn})
			conn.Close()
		}
		done <- err
	}()
	console, code = runGuest(t, file, "32", "", slices.Concat(kinds[kind], []string{"-cpu", "max",
		"-netdev", "stream,id=n0,server=off,addr.type=unix,addr.path=" + path,
		"-device", virtioDevice(kind, "virtio-net") + ",netdev=n0,mac=52:54:00:00:00:07"})...)
	listener.Close()
	if err := <-done; err != nil {
		t.Errorf("the other end of the wire: %v", err)
	}
	return console, code
}

// frameOf makes frame number i of that length.
func frameOf(i, length int) []byte {
	b := make([]byte, length)
	copy(b, fmt.Sprintf("--------------frame %d", i))
	return b
}

// echoed sends frames and wants them back in order, with some in flight.
func echoed(w wire, frames, inFlight int, length func(i int) int) error {
	for i := range frames + inFlight {
		if i < frames {
			if err := w.send(frameOf(i, length(i))); err != nil {
				return err
			}
		}
		if i < inFlight {
			continue
		}
		got, err := w.receive()
		if err != nil {
			return err
		}
		if want := frameOf(i-inFlight, length(i-inFlight)); string(got) != string(want) {
			return fmt.Errorf("frame %d came back as %.40q, %d bytes", i-inFlight, got, len(got))
		}
	}
	return nil
}

// stop ends the guest. It waits a little at the start: a card that is not started yet drops what
// comes.
func (w wire) stop() error { return w.send([]byte("--------------stop")) }

// started waits until the guest echoes.
func (w wire) started() error {
	got := make(chan error, 1)
	go func() {
		_, err := w.receive()
		got <- err
	}()
	for range 100 {
		if err := w.send(frameOf(0, 60)); err != nil {
			return err
		}
		select {
		case err := <-got:
			if err == nil {
				err = w.drain()
			}
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("the guest does not answer")
}

// drain reads what answers to started's other frames, up to a mark.
func (w wire) drain() error {
	if err := w.send(frameOf(-1, 60)); err != nil {
		return err
	}
	for {
		got, err := w.receive()
		if err != nil || string(got) == string(frameOf(-1, 60)) {
			return err
		}
	}
}

// TestGuestNetwork: frames of all lengths, in and out, in order.
func TestGuestNetwork(t *testing.T) {
	file := imageFile(t, guests+"echo")
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			console, code := netGuest(t, kind, file, func(w wire) error {
				if err := w.started(); err != nil {
					return err
				}
				// QEMU pads short frames to 60 bytes.
				if err := echoed(w, 2000, 20, func(i int) int { return 60 + i%1455 }); err != nil {
					return err
				}
				return w.stop()
			})
			if code != status(0) || !strings.HasPrefix(console, "mac 52:54:00:00:00:07 mtu 1500\n") ||
				!strings.Contains(console, "stopped after ") {
				t.Errorf("status %d, console %q", code, console)
			}
		})
	}
}

// BenchmarkGuestEcho measures frames of 1514 bytes to a guest and back, 32 in flight.
func BenchmarkGuestEcho(b *testing.B) {
	file := imageFile(b, guests+"echo")
	netGuest(b, "microvm", file, func(w wire) error {
		if err := w.started(); err != nil {
			return err
		}
		b.SetBytes(1514)
		b.ResetTimer()
		err := echoed(w, b.N, 32, func(int) int { return 1514 })
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		if err != nil {
			return err
		}
		return w.stop()
	})
}

// TestGuestLoopback: HTTP within the machine, over the kernel's own sockets; nothing outside is
// reached.
func TestGuestLoopback(t *testing.T) {
	console, code := runGuest(t, imageFile(t, guests+"loopback"), "128", "kernel.statistics")
	const want = "refused true\natoll: this program reaches nothing outside of its machine: it has " +
		"no network driver. Build it from its source with atoll build, which adds one.\n" +
		"unreachable true\ndone 127.0.0.1:8080\natoll: "
	if code != status(0) || !strings.HasPrefix(console, want) {
		t.Errorf("status %d, console:\n%s", code, console)
	}
}
