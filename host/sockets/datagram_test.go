//go:build linux

package sockets

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// framed is a datagram as the kernel has it.
func framed(addr, text string) []byte {
	b := make([]byte, datagramHeader, datagramHeader+len(text))
	a := netip.MustParseAddrPort(addr)
	ip := a.Addr().As16()
	binary.LittleEndian.PutUint16(b[4:], a.Port())
	copy(b[8:], ip[:])
	return append(b, text...)
}

// TestDatagrams: a socket with a port of its own, and one that is connected.
func TestDatagrams(t *testing.T) {
	k, h := begin(t)
	far, err := h.ListenPacket("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	far.SetDeadline(time.Now().Add(most))
	b := make([]byte, 2000)
	for i, r := range []struct{ local, peer string }{
		{"0.0.0.0:40000", ""}, {"0.0.0.0:0", "10.0.0.2:7"},
	} {
		number := uint64(i + 1)
		k.ask(wantDatagrams, 0, number, r.local, r.peer)
		s := k.said(answerJoin, number)
		if i == 1 && s.local.Addr().String() != "10.0.0.1" {
			t.Errorf("local %v", s.local)
		}
		if _, err := s.program.Write(framed("10.0.0.2:7", "hello")); err != nil {
			t.Fatal(err)
		}
		n, from, err := far.ReadFrom(b)
		if err != nil || string(b[:n]) != "hello" {
			t.Fatalf("%q, %v", b[:n], err)
		}
		if _, err := far.WriteTo([]byte("back"), from); err != nil {
			t.Fatal(err)
		}
		n, err = s.program.Read(b)
		if want := framed("10.0.0.2:7", "back"); err != nil || string(b[4:n]) != string(want[4:]) {
			t.Errorf("%q, %v", b[:n], err)
		}
		s.program.Write(nil) // shorter than a header: the end
		s.program.Close()
	}
	k.ask(wantDatagrams, 0, 3, "0.0.0.0:0", "10.0.0.2:8")
	s := k.said(answerJoin, 3)
	s.program.Write(framed("10.0.0.2:8", "nobody there"))
	if e := k.said(answerDone, 3); e.errno != syscall.ECONNREFUSED {
		t.Errorf("nobody there: %v", e.errno)
	}
	k.ask(wantDatagrams, 0, 4, "10.9.9.9:53", "")
	if e := k.said(answerDone, 4); e.errno != syscall.EADDRNOTAVAIL {
		t.Errorf("not ours: %v", e.errno)
	}
	k.ask(wantDatagrams, 0, 5, "0.0.0.0:0", "192.0.2.1:53")
	if e := k.said(answerDone, 5); e.errno != syscall.ENETUNREACH {
		t.Errorf("unreachable: %v", e.errno)
	}
	k.mu.Lock()
	k.refuse[6] = []syscall.Errno{syscall.ENOTCONN}
	k.mu.Unlock()
	k.ask(wantDatagrams, flagIPv6|flagIPv6Only, 6, "[::]:53", "")
	k.said(answerJoin, 6)
	k.said(answerDone, 6)
}

// TestNetworks: which sockets take which peers.
func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		flags uint32
		local string
		want  string
	}{
		{0, "0.0.0.0:1", "tcp4"}, {flagIPv6, "[::]:1", "tcp"}, {flagIPv6, "127.0.0.1:1", "tcp4"},
		{flagIPv6 | flagIPv6Only, "[::]:1", "tcp6"}, {flagIPv6, "[fd00::1]:1", "tcp6"},
	} {
		r := request{flags: c.flags, local: netip.MustParseAddrPort(c.local)}
		if got := r.network("tcp"); got != c.want {
			t.Errorf("%s, flags %d: %s, want %s", c.local, c.flags, got, c.want)
		}
	}
}

// TestNames: files that an image brings stay, ours follow what is known.
func TestNames(t *testing.T) {
	read := func(n *names, name string) string {
		text, err := os.ReadFile(n.root + name)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	n := &names{root: t.TempDir()}
	table := map[string][]netip.Addr{"web": {netip.MustParseAddr("10.0.2.15"),
		netip.MustParseAddr("fd00::f")}, "db": {netip.MustParseAddr("10.0.2.16")}}
	const want = hostsText + "10.0.2.16 db\n10.0.2.15 web\nfd00::f web\n"
	if err := n.hosts(table); err != nil || read(n, hostsFile) != want {
		t.Errorf("%v, %q", err, read(n, hostsFile))
	}
	for _, server := range []string{"10.0.2.3", "fd00::3"} {
		if err := n.servers([]netip.Addr{netip.MustParseAddr(server)}); err != nil {
			t.Error(err)
		}
		if got := read(n, serversFile); got != "nameserver "+server+"\n" {
			t.Errorf("%q", got)
		}
	}
	own := &names{root: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(own.root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{hostsFile, serversFile} {
		if err := os.WriteFile(own.root+name, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := own.hosts(nil); err != nil {
		t.Error(err)
	}
	if err := own.servers([]netip.Addr{netip.MustParseAddr("10.0.2.3")}); err != nil {
		t.Error(err)
	}
	if read(own, hostsFile)+read(own, serversFile) != "minemine" {
		t.Error("the image's own files are written over")
	}
	if err := (&names{root: own.root + hostsFile}).hosts(nil); err == nil {
		t.Error("a folder in a file")
	}
}
