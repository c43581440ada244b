package device

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// cards returns two cards on one wire: sockets that keep the limits of what is written, as a card
// of the kernel does, and wait in the runtime's poller.
func cards(t testing.TB) (a, b *File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX,
		syscall.SOCK_SEQPACKET|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	files := [2]*File{}
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "card")
		files[i] = &File{file: file, Stream: newStream(file, fileBuffer), MTU: 1500}
		t.Cleanup(func() { files[i].Close() })
	}
	return files[0], files[1]
}

// counters returns what happened at the device's port.
func (d *Device) counters() (c vnet.Counters) {
	d.network.Do(func(clock.Instant, *vnet.Network) { c = d.Port().Counters() })
	return c
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("%s: not after 20 s", what)
		}
	}
}

// TestCards: two hosts, each with a card, carry four megabytes each way at once.
func TestCards(t *testing.T) {
	a, b := cards(t)
	server, _ := end(t, 1, a)
	client, _ := end(t, 2, b)
	l, err := server.Listen("tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		io.Copy(conn, conn)
		conn.Close()
	}()
	conn, err := client.DialContext(t.Context(), "tcp", "10.0.0.1:7")
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("there and back again "), 200_000)
	go func() {
		conn.Write(sent)
		conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, %v", len(got), len(sent), err)
	}
}

// TestCardFull: a card whose other end reads nothing says EAGAIN; the frames wait, then are dropped
// and counted, and when it reads again what waited is there.
func TestCardFull(t *testing.T) {
	a, b := cards(t)
	h, d := end(t, 1, a)
	conn, err := h.ListenPacket("udp4", ":9")
	if err != nil {
		t.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.IPv4bcast, Port: 9}
	sent := 0
	for ; d.counters().Dropped[vnet.QueueFull] == 0; sent++ {
		if _, err := conn.WriteTo([]byte("to everybody"), to); err != nil {
			t.Fatal(err)
		}
		if sent > 100*QueueFramesMax {
			t.Fatal("the card is never full")
		}
	}
	frame, read := make([]byte, FrameBytesMax), 0
	for ; read < QueueFramesMax; read++ {
		if _, _, err := b.ReadFrame(frame); err != nil {
			t.Fatalf("after %d frames: %v", read, err)
		}
	}
	for !bytes.Contains(frame, []byte("goes on")) { // what is sent too early is dropped
		if _, err := conn.WriteTo([]byte("goes on"), to); err != nil {
			t.Fatal(err)
		}
		n, _, err := b.ReadFrame(frame)
		if err != nil {
			t.Fatal(err)
		}
		frame = frame[:n]
		if !bytes.Contains(frame, []byte("goes on")) {
			frame = frame[:cap(frame)]
		}
	}
}

// TestCardCloses: Close ends the goroutines of a device that waits in a read, or in a write.
func TestCardCloses(t *testing.T) {
	before := runtime.NumGoroutine()
	a, _ := cards(t)
	h, d := end(t, 1, a)
	conn, err := h.ListenPacket("udp4", ":9")
	if err != nil {
		t.Fatal(err)
	}
	for d.counters().Dropped[vnet.QueueFull] == 0 {
		conn.WriteTo(make([]byte, 1000), &net.UDPAddr{IP: net.IPv4bcast, Port: 9})
	}
	d.Close()
	h.Network().Close()
	await(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	if err := d.Err(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("it has ended by %v", err)
	}
}

// TestCardFrames: what no stack sends is counted by the stack that gets it, and the card goes on.
func TestCardFrames(t *testing.T) {
	a, b := cards(t)
	h, d := end(t, 1, a)
	broadcast := func(length int, kind wire.EtherType) []byte {
		eth := wire.Ethernet{Dst: wire.Broadcast, Src: wire.MAC{2}, Type: kind}
		return append(eth.Append(nil), make([]byte, length-wire.EthernetSize)...)
	}
	for _, f := range [][]byte{{1}, broadcast(14, wire.TypeIPv4), broadcast(60, wire.TypeIPv6),
		broadcast(60, 0x1234), broadcast(1514, wire.TypeARP), broadcast(9000, wire.TypeIPv4),
		bytes.Repeat([]byte{0xff}, 1514)} {
		if err := b.WriteFrame(f, false); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "seven frames", func() bool { return d.counters().Sent == 7 })
	h.Inspect(func(s *tcpip.Stack) {
		if n := s.Stats().FramesReceived; n != 6 {
			t.Errorf("the stack got %d frames, want 6: one is over the link's MTU", n)
		}
	})
	if err := d.Err(); err != nil {
		t.Errorf("the device has ended: %v", err)
	}
	b.Close()
	<-d.Ended()
	if err := d.Err(); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("a card that is gone: %v", err)
	}
}

// TestCardAllocates: a frame in and one out need no new memory.
func TestCardAllocates(t *testing.T) {
	a, b := cards(t)
	end(t, 1, a)
	echo := wire.ARP{Op: wire.ARPRequest, SenderMAC: wire.MAC{2, 0, 0, 0, 0, 9},
		SenderIP: netip.MustParseAddr("10.0.0.9"), TargetIP: netip.MustParseAddr("10.0.0.1")}
	eth := wire.Ethernet{Dst: wire.Broadcast, Src: echo.SenderMAC, Type: wire.TypeARP}
	request, answer := echo.Append(eth.Append(nil)), make([]byte, 2048)
	ask := func() {
		if err := b.WriteFrame(request, false); err != nil {
			t.Fatal(err)
		}
		for {
			n, _, err := b.ReadFrame(answer)
			if err != nil {
				t.Fatal(err)
			}
			if n > 13 && answer[12] == 8 && answer[13] == 6 {
				return
			}
		}
	}
	ask()
	if n := testing.AllocsPerRun(200, ask); n > 1 {
		t.Errorf("%.1f allocations for a frame in and one out", n)
	}
}

// BenchmarkCards measures TCP between two hosts over their cards.
func BenchmarkCards(b *testing.B) {
	x, y := cards(b)
	server, _ := end(b, 1, x)
	client, _ := end(b, 2, y)
	l, err := server.Listen("tcp", ":9")
	if err != nil {
		b.Fatal(err)
	}
	got := make(chan int64, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		n, _ := io.Copy(io.Discard, conn)
		got <- n
	}()
	conn, err := client.DialContext(b.Context(), "tcp", "10.0.0.1:9")
	if err != nil {
		b.Fatal(err)
	}
	block := make([]byte, 64<<10)
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := conn.Write(block); err != nil {
			b.Fatal(err)
		}
	}
	conn.Close()
	if n := <-got; n != int64(b.N*len(block)) {
		b.Errorf("%d bytes of %d", n, b.N*len(block))
	}
}
