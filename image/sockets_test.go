package image

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ether "github.com/atoll-os/atoll/wire"
)

// socketsImage writes the image of a program of testdata/sockets, a module of its own.
func socketsImage(t testing.TB, name string) string {
	t.Helper()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata/sockets", name)
	program, driver, err := CompileSockets(t.Context(), dir, ".", here)
	if err != nil {
		t.Fatal(err)
	}
	if !driver {
		t.Error("the program has no driver")
	}
	kernel, _ := theKernel(t)
	image, err := Build(kernel, program)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.elf")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSocketsExhausted: more connections than there are sockets for are refused, those that are
// there work, and when they are gone there is room again.
func TestSocketsExhausted(t *testing.T) {
	s := startService(t, hypervisor(t), socketsImage(t, "web"), "ATOLL_IP=10.0.2.15/24,10.0.2.2")
	s.waitFor(t, "10.0.2.15:80")
	const attempts = 700
	var open []net.Conn
	for i := range attempts {
		c, err := s.host.DialTimeout("tcp", "10.0.2.15:80", guestTimeout)
		if err != nil {
			t.Fatalf("connection %d: %v\n%s", i, err, s.console.String())
		}
		c.SetDeadline(time.Now().Add(guestTimeout))
		open = append(open, c)
	}
	served := 0
	for _, c := range open {
		_, err := io.WriteString(c, "GET /Ada HTTP/1.0\r\n\r\n")
		if err != nil {
			continue
		}
		if text, err := io.ReadAll(c); err == nil && strings.HasSuffix(string(text), "Ada!\n") {
			served++
		}
	}
	t.Logf("%d of %d connections at once are served", served, attempts)
	if served < 400 || served == attempts {
		t.Errorf("%d connections are served, want at least 400 and not all %d", served, attempts)
	}
	for _, c := range open {
		c.Close()
	}
	if err := s.get("10.0.2.15:80", "Grace"); err != nil {
		t.Errorf("afterwards: %v\n%s", err, s.console.String())
	}
}

// BenchmarkSockets measures requests to an ordinary program, and to one that is written against
// package unikernel: what does the way through the kernel's sockets cost?
func BenchmarkSockets(b *testing.B) {
	h := hypervisor(b)
	for _, c := range []struct{ name, file string }{
		{"Machine.Net", imageFile(b, guests+"web")}, {"net.Listen", socketsImage(b, "web")},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := startService(b, h, c.file, "ATOLL_IP=10.0.2.15/24,10.0.2.2")
			s.first(b, "10.0.2.15:80")
			b.ResetTimer()
			perSecond, err := s.load("10.0.2.15:80", b.N)
			if err != nil {
				b.Fatalf("%v\n%s", err, s.console.String())
			}
			b.ReportMetric(perSecond, "requests/s")
		})
	}
}

// exercised is what the program exercise says as a client.
const exercised = `http 10.0.2.2: from outside
http [fd00:2::1]: from outside
http web.example.org: from outside
lookup [10.0.2.2 fd00:2::1] <nil>
lookup [127.0.0.1 ::1] <nil>
lookup [10.0.2.2] <nil>
datagram 10.0.2.2 0 true
datagram 10.0.2.2 1 true
datagram 10.0.2.2 1400 true
datagram 10.0.2.2 9000 true
from true to 10.0.2.2:7
datagram [fd00:2::1] 0 true
datagram [fd00:2::1] 1 true
datagram [fd00:2::1] 1400 true
datagram [fd00:2::1] 9000 true
from true to [fd00:2::1]:7
unco, cut true, from 10.0.2.2:7 <nil>
self, from itself true <nil>
refused true
unreachable true dial tcp [2001:db8::1]:80: connect: network is unreachable
timeout true
canceled dial tcp 10.0.2.99:80: operation was canceled
in use true
not ours true listen tcp 10.9.9.9:81: listen: cannot assign requested address
not ours true listen udp 10.9.9.9:81: bind: cannot assign requested address
nobody there true
peer 10.0.2.2:10 local 10.0.2.15
half close: 100000 <nil> <nil>
reset true
broken true
stopped true true
`

// TestSocketsExercise: what a program does with package net, as a client and as a server.
func TestSocketsExercise(t *testing.T) {
	long(t)
	s := startService(t, hypervisor(t), socketsImage(t, "exercise"),
		"ATOLL_IP=10.0.2.15/24,10.0.2.2", "ATOLL_DNS=10.0.2.2", "ATOLL_HOSTS=peer=10.0.2.2")
	p := &peer{t: t, host: s.host, enough: make(chan struct{})}
	p.serve()
	s.waitFor(t, "10.0.2.15:80")
	if got := s.console.String(); got != exercised {
		t.Errorf("console:\n%s\nwant:\n%s", got, exercised)
	}
	close(p.enough)
	p.mu.Lock()
	// Closed with bytes unread; with a linger of 0; as it should be.
	if got := fmt.Sprint(p.resets); got != "[true true false]" {
		t.Errorf("resets %s", got)
	}
	p.mu.Unlock()
	six := netip.AddrPortFrom(ether.StatelessAddress(netip.MustParseAddr("fd00:2::"), helloMAC), 80)
	p.names("10.0.2.15:80")
	p.names(six.String())
	p.echoes()
	p.through(64 << 20)
	p.late()
	before := p.room()
	p.many(1000)
	after := p.room()
	if after != before {
		t.Errorf("room for sockets and pipes: %s before 1000 connections, %s after", before, after)
	}
	t.Logf("room for sockets and pipes: %s", after)
	if got := s.console.String(); got != exercised {
		t.Errorf("console at the end:\n%s", got)
	}
}

// TestGuestNettest: connections are what package net says, through every way of theirs.
func TestGuestNettest(t *testing.T) {
	s := startService(t, hypervisor(t), imageFile(t, guests+"nettest"), "ATOLL_IP=10.0.2.15/24")
	select {
	case <-s.machine.Done():
	case <-time.After(guestTimeout):
		t.Error("it does not end")
	}
	got := s.console.String()
	if n := strings.Count(got, "    --- PASS: "); n != 3*11 ||
		!strings.Contains(got, "\n--- PASS: Messages ") || !strings.HasSuffix(got, "\nPASS\n") {
		t.Errorf("%d tests pass, want three times eleven; console:\n%s", n, got)
	}
}
