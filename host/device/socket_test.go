//go:build unix

package device

import (
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// TestSocket: frames come from whoever connected last and go there; what is sent to nobody is lost
// without an error, and Close ends who waits.
func TestSocket(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := NewSocket(l)
	if err := s.WriteFrame([]byte("to nobody"), false); err != nil {
		t.Errorf("nobody is there: %v", err)
	}
	buffer := make([]byte, FrameBytesMax)
	for _, text := range []string{"first", "second", "third"} {
		conn, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		card := NewStream(conn)
		if err := card.WriteFrame([]byte(text), false); err != nil {
			t.Fatal(err)
		}
		if n, _, err := s.ReadFrame(buffer); string(buffer[:n]) != text || err != nil {
			t.Errorf("it read %q, %v; want %q", buffer[:n], err, text)
		}
		if err := s.WriteFrame([]byte("answer"), false); err != nil {
			t.Error(err)
		}
		if n, _, err := card.ReadFrame(buffer); string(buffer[:n]) != "answer" || err != nil {
			t.Errorf("%s read %q, %v", text, buffer[:n], err)
		}
		if text == "first" { // the second goes by being replaced, not by itself
			card.Close()
		}
	}
	ended := make(chan error)
	go func() {
		_, _, err := s.ReadFrame(buffer)
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	s.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("who waits when it is closed gets %v", err)
	}
	if err := s.WriteFrame([]byte("late"), false); err != nil {
		t.Error(err)
	}
}
