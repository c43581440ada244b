//go:build unix

package device

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// end is a network of one host whose link leads into a device.
func end(t testing.TB, number byte, frames Frames) (*host.Host, *Device) {
	t.Helper()
	n := host.Real(prng.New(uint64(number)))
	h := host.New(n, host.Config{Name: "host"})
	port := h.AddInterface(tcpip.Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, number},
		MTU: 1500, NoDAD: true, Offload: true,
		Addrs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, number}), 24)}})
	d := Attach(n, "device", frames)
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: 1500})
	})
	t.Cleanup(func() { d.Close(); n.Close() })
	return h, d
}

// pipe returns two connected ends of a stream with a buffer.
func pipe(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// TestTransfer: two networks, of which each sees a device, carry a megabyte whole and in order.
func TestTransfer(t *testing.T) {
	a, b := pipe(t)
	server, _ := end(t, 1, NewStream(a))
	client, _ := end(t, 2, NewStream(b))
	l, err := server.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("what goes in comes out "), 50_000)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Write(sent)
		conn.Close()
	}()
	conn, err := client.DialContext(t.Context(), "tcp", "10.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
	}
}

// TestEnd: what breaks at the other end ends the device, and Close ends it by itself.
func TestEnd(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		want       string
	}{
		{"closed", "", "EOF"},
		{"nonsense", "\xff\xff\xff\xffframe", "a frame of 4294967295 bytes"},
		{"half", "\x00\x00\x00\x10half", "read a frame: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := pipe(t)
			_, d := end(t, 1, NewStream(a))
			io.WriteString(b, c.sent)
			b.Close()
			<-d.Ended()
			if err := d.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	a, _ := pipe(t)
	_, d := end(t, 1, NewStream(a))
	if err := d.Err(); err != nil {
		t.Errorf("before the end: %v", err)
	}
	d.Close()
	if err := d.Err(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// stuck is a card that takes nothing until it is closed.
type stuck struct{ quit chan struct{} }

func (s stuck) ReadFrame([]byte) (int, bool, error) { <-s.quit; return 0, false, io.EOF }
func (s stuck) WriteFrame([]byte, bool) error       { <-s.quit; return io.ErrClosedPipe }
func (s stuck) Close() error                        { close(s.quit); return nil }

// TestFull: a device that takes nothing makes the network drop, and never wait.
func TestFull(t *testing.T) {
	h, d := end(t, 1, stuck{make(chan struct{})})
	conn, err := h.ListenPacket("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * QueueFramesMax { // to all: no neighbour has to be found
		to := &net.UDPAddr{IP: net.IPv4bcast, Port: 9}
		if _, err := conn.WriteTo([]byte("frame"), to); err != nil {
			t.Fatal(err)
		}
	}
	full := false
	for range 500 {
		h.Network().Do(func(clock.Instant, *vnet.Network) {
			c := d.Port().Counters()
			full = c.Dropped[vnet.QueueFull] > 0
		})
		if full {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !full {
		t.Error("nothing is dropped")
	}
}

// card makes the files of a network card; what is written comes back.
func card(t *testing.T, info string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "net0")
	if err := os.WriteFile(name+".info", []byte(info), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name+".frames", 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFile: a card of Atoll's kernel is two files.
func TestFile(t *testing.T) {
	f, err := Open(card(t, "mac 52:54:00:00:00:07 mtu 1500\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want := (wire.MAC{0x52, 0x54, 0, 0, 0, 7}); f.MAC != want || f.MTU != 1500 {
		t.Errorf("%v, mtu %d", f.MAC, f.MTU)
	}
	if err := f.WriteFrame([]byte("frame"), false); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, FrameBytesMax)
	n, more, err := f.ReadFrame(b)
	if err != nil || more || string(b[:n]) != "frame" {
		t.Errorf("%q, %v, %v", b[:n], more, err)
	}
	if err := f.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.ReadFrame(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
}

// TestNoCard: what is no card is told.
func TestNoCard(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "net0")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a card that is not there: %v", err)
	}
	for _, info := range []string{"", "mac 52:54:00:00:00 mtu 1500\n",
		"mac 52:54:00:00:00:07 mtu 0\n"} {
		if _, err := Open(card(t, info)); err == nil || !strings.Contains(err.Error(), ".info: ") {
			t.Errorf("%q: %v", info, err)
		}
	}
	name := card(t, "mac 52:54:00:00:00:07 mtu 1500\n")
	os.Remove(name + ".frames")
	if _, err := Open(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the second file: %v", err)
	}
}

// FuzzStream: whatever comes over a stream, frames are read or it ends, and none is too long.
func FuzzStream(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x05frame\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, b := net.Pipe()
		go func() {
			b.Write(in)
			b.Close()
		}()
		s := NewStream(a)
		defer s.Close()
		buffer := make([]byte, 64)
		total := 0
		for {
			n, _, err := s.ReadFrame(buffer)
			if err != nil {
				break
			}
			if total += n + lengthBytes; n > len(buffer) || total > len(in) {
				t.Fatalf("%d bytes of frames from %d", total, len(in))
			}
		}
	})
}

// BenchmarkStream measures frames of 1514 bytes from one end of a stream to the other.
func BenchmarkStream(b *testing.B) {
	x, y := pipe(b)
	from, to := NewStream(x), NewStream(y)
	frame, buffer := make([]byte, 1514), make([]byte, FrameBytesMax)
	b.SetBytes(int64(len(frame)))
	go func() {
		for i := range b.N {
			from.WriteFrame(frame, i%32 != 31 && i < b.N-1)
		}
	}()
	for range b.N {
		if _, _, err := to.ReadFrame(buffer); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
