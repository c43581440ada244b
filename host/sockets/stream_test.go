//go:build linux

package sockets

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/card"
)

// dial connects to the driver's host.
func dial(t *testing.T, h *host.Host) *host.TCPConn {
	t.Helper()
	c, err := h.DialTimeout("tcp", "10.0.0.1:80", most)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(most))
	t.Cleanup(func() { c.Close() })
	return c.(*host.TCPConn)
}

// TestListen: a listener is served until it is closed; bytes and ends pass both ways.
func TestListen(t *testing.T) {
	k, h := begin(t)
	k.ask(wantListen, flagIPv6, 1, "[::]:80", "")
	if s := k.said(answerDone, 1); s.errno != 0 {
		t.Fatal(s.errno)
	}
	k.ask(wantListen, 0, 2, "0.0.0.0:80", "")
	if s := k.said(answerDone, 2); s.errno != syscall.EADDRINUSE {
		t.Errorf("the same port: %v", s.errno)
	}
	c := dial(t, h)
	s := k.said(answerJoin, 1)
	if s.peer.String() != c.LocalAddr().String() || s.local.String() != "10.0.0.1:80" {
		t.Errorf("local %v, peer %v", s.local, s.peer)
	}
	big := strings.Repeat("0123456789", 100_000)
	go func() {
		io.Copy(s.program, s.program) // an echo
		control(s.program, func(fd int) { syscall.Shutdown(fd, syscall.SHUT_WR) })
	}()
	go func() {
		io.WriteString(c, big)
		c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if string(got) != big || err != nil {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(big), err)
	}
	s.program.Close()
	k.ask(wantClosed, 0, 1, "", "")
	for range 100 {
		if _, err = h.DialTimeout("tcp", "10.0.0.1:80", most); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the end: %v", err)
	}
	k.ask(wantRoom, 0, 1, "", "") // of nobody
	k.ask(wantClosed, 0, 1, "", "")
}

// TestFullQueue: a connection waits for room; one that cannot have a socket is reset.
func TestFullQueue(t *testing.T) {
	k, h := begin(t)
	k.refuse[1] = []syscall.Errno{syscall.EAGAIN, syscall.EAGAIN, syscall.ENFILE}
	k.ask(wantListen, 0, 1, "10.0.0.1:80", "")
	k.said(answerDone, 1)
	c := dial(t, h)
	for range 2 {
		k.said(answerJoin, 1)
		k.ask(wantRoom, 0, 1, "", "")
	}
	k.said(answerJoin, 1)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("without a socket: %v", err)
	}
	k.mu.Lock()
	k.refuse[1] = []syscall.Errno{syscall.EAGAIN}
	k.mu.Unlock()
	c = dial(t, h)
	k.said(answerJoin, 1)
	k.ask(wantClosed, 0, 1, "", "")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("who waits for a listener that is closed: %v", err)
	}
}

// TestEnds: what ends one way ends the other way so, too.
func TestEnds(t *testing.T) {
	k, h := begin(t)
	k.ask(wantListen, 0, 1, "0.0.0.0:80", "")
	k.said(answerDone, 1)
	one := make([]byte, 1)

	c := dial(t, h)
	s := k.said(answerJoin, 1)
	c.SetLinger(0)
	c.Close()
	if r := k.said(answerReset, 0); r.errno != syscall.ECONNRESET {
		t.Errorf("the peer's reset is %v", r.errno)
	}
	if _, err := s.program.Read(one); err != io.EOF {
		t.Errorf("the program's end: %v", err)
	}

	c = dial(t, h)
	s = k.said(answerJoin, 1)
	if _, err := io.WriteString(c, "unread"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.program.Read(one); err != nil {
		t.Fatal(err)
	}
	s.program.Close()
	if _, err := c.Read(one); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("closed with bytes unread: %v", err)
	}

	c = dial(t, h)
	s = k.said(answerJoin, 1)
	s.program.Close()
	if _, err := c.Read(one); err != io.EOF {
		t.Errorf("closed: %v", err)
	}

	c = dial(t, h)
	s = k.said(answerJoin, 1)
	control(s.program, func(fd int) { syscall.Shutdown(fd, syscall.SHUT_WR) })
	if _, err := c.Read(one); err != io.EOF {
		t.Errorf("half closed: %v", err)
	}
	if _, err := io.WriteString(c, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.program.Read(one); err != nil || one[0] != 'x' {
		t.Errorf("the other half: %q, %v", one, err)
	}
	s.program.Close() // now whole
	for range 100 {
		if _, err := io.WriteString(c, "y"); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the peer can write for ever to who is closed")
}

// TestReadsNoMore: a program that closes its half for reading goes on writing.
func TestReadsNoMore(t *testing.T) {
	k, h := begin(t)
	k.ask(wantListen, 0, 1, "0.0.0.0:80", "")
	k.said(answerDone, 1)
	c := dial(t, h)
	s := k.said(answerJoin, 1)
	control(s.program, func(fd int) { syscall.Shutdown(fd, syscall.SHUT_RD) })
	for range 3 {
		if _, err := io.WriteString(c, "nobody reads this"); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	io.WriteString(s.program, "z")
	one := make([]byte, 1)
	if _, err := c.Read(one); err != nil || one[0] != 'z' {
		t.Errorf("%q, %v", one, err)
	}
	s.program.Close()
}

// TestConnect: a connection is joined, refused, or given up.
func TestConnect(t *testing.T) {
	k, h := begin(t)
	l, err := h.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	k.ask(wantConnect, 0, 1, "0.0.0.0:0", "10.0.0.2:80")
	s := k.said(answerJoin, 1)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if s.local.String() != c.RemoteAddr().String() || s.peer.String() != "10.0.0.2:80" {
		t.Errorf("local %v, peer %v", s.local, s.peer)
	}
	io.WriteString(c, "hello")
	b := make([]byte, 5)
	if _, err := io.ReadFull(s.program, b); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	k.ask(wantConnect, 0, 2, "0.0.0.0:0", "10.0.0.2:81")
	if s := k.said(answerDone, 2); s.errno != syscall.ECONNREFUSED {
		t.Errorf("refused: %v", s.errno)
	}
	k.ask(wantConnect, 0, 3, "0.0.0.0:0", "192.0.2.1:81")
	if s := k.said(answerDone, 3); s.errno != syscall.ENETUNREACH {
		t.Errorf("unreachable: %v", s.errno)
	}
	k.ask(wantConnect, 0, 4, "0.0.0.0:0", "10.0.0.99:81")
	k.ask(wantClosed, 0, 4, "", "")
	k.said(answerDone, 4)
	k.ask(wantConnect, 0, 6, "0.0.0.0:0", "10.0.0.99:82")
	if s := k.said(answerDone, 6); s.errno != syscall.EHOSTUNREACH {
		t.Errorf("nobody has that address: %v", s.errno)
	}
	k.refuse[5] = []syscall.Errno{syscall.ENOTCONN}
	k.ask(wantConnect, 0, 5, "0.0.0.0:0", "10.0.0.2:80")
	k.said(answerJoin, 5)
	k.said(answerDone, 5)
	if c, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(most))
	if _, err := c.Read(b); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection that nobody wants any more: %v", err)
	}
}

// TestErrno: what the stack says as a number.
func TestErrno(t *testing.T) {
	for _, c := range []struct {
		err  error
		want syscall.Errno
	}{
		{nil, 0},
		{&net.OpError{Err: syscall.EHOSTUNREACH}, syscall.EHOSTUNREACH},
		{net.ErrClosed, syscall.ENETDOWN},
		{context.DeadlineExceeded, syscall.ETIMEDOUT},
		{&net.AddrError{Err: "no suitable address"}, syscall.EAFNOSUPPORT},
		{io.ErrUnexpectedEOF, syscall.EIO},
	} {
		if got := errnoOf(c.err); got != c.want {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
	}
	if addrPort(nil).IsValid() {
		t.Error("nobody has an address")
	}
	if _, err := Start(t.Context(), card.Config{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("this system has no /dev/sockets, and Start says %v", err)
	}
}
