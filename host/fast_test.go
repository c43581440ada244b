package host

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
)

// io.Copy finds the fast paths, and they bring the same bytes: from a connection to a connection,
// from a reader, to a writer.
func TestReadFromAndWriteTo(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		first, relayIn := p.connect(t)
		relayOut, last := p.connect(t)
		want := pattern(0, 5<<20)
		go func() {
			n, err := io.Copy(first, struct{ io.Reader }{bytes.NewReader(want)}) // ReadFrom
			if n != int64(len(want)) || err != nil {
				t.Errorf("ReadFrom: %d bytes, %v", n, err)
			}
			first.(*TCPConn).CloseWrite()
		}()
		go func() {
			n, err := io.Copy(relayOut, relayIn) // WriteTo
			if n != int64(len(want)) || err != nil {
				t.Errorf("WriteTo: %d bytes, %v", n, err)
			}
			relayOut.(*TCPConn).CloseWrite()
		}()
		got, err := io.ReadAll(last)
		if !bytes.Equal(got, want) || err != nil {
			t.Errorf("%d bytes arrived, %v, want %d", len(got), err, len(want))
		}
		for _, c := range []net.Conn{first, relayIn, relayOut, last} {
			c.Close()
		}
	})
}

// spy is a writer that looks where the bytes that it is given lie.
type spy struct {
	t *testing.T
	c *TCPConn
	n int
}

func (s *spy) Write(p []byte) (int, error) {
	if front := s.c.rq.Front(); &p[0] != &front[0] || len(p) != len(front) {
		s.t.Error("WriteTo gives bytes that lie elsewhere than where they were received")
	}
	s.n += len(p)
	return len(p), nil
}

func TestWriteToDoesNotCopy(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		client.Write(make([]byte, 1<<20))
		client.Close()
		s := &spy{t: t, c: server.(*TCPConn)}
		if n, err := s.c.WriteTo(s); n != 1<<20 || s.n != 1<<20 || err != nil {
			t.Errorf("WriteTo: %d bytes, %v, want all", n, err)
		}
		server.Close()
	})
}

// short is a writer that takes three bytes and then says err.
type short struct{ err error }

func (s short) Write(p []byte) (int, error) { return min(3, len(p)), s.err }

// A writer that fails ends WriteTo; what it did not take is still there for the next Read.
func TestWriteToAWriterThatFails(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer client.Close()
		defer server.Close()
		client.Write([]byte("0123456789"))
		broken := errors.New("broken")
		if n, err := server.(*TCPConn).WriteTo(short{broken}); n != 3 || err != broken {
			t.Errorf("WriteTo: %d, %v, want 3 and the writer's error", n, err)
		}
		if n, err := server.(*TCPConn).WriteTo(short{}); n != 3 || err != io.ErrShortWrite {
			t.Errorf("WriteTo: %d, %v, want 3 and io.ErrShortWrite", n, err)
		}
		rest := make([]byte, 4)
		if _, err := io.ReadFull(server, rest); string(rest) != "6789" || err != nil {
			t.Errorf("read %q, %v, want the rest", rest, err)
		}
		server.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := server.(*TCPConn).WriteTo(io.Discard); !errors.Is(err,
			os.ErrDeadlineExceeded) {
			t.Errorf("WriteTo: %v, want the deadline", err)
		}
		client.Close()
		if _, err := client.(*TCPConn).ReadFrom(strings.NewReader("x")); !errors.Is(err,
			net.ErrClosed) {
			t.Errorf("ReadFrom after Close: %v", err)
		}
	})
}

// Reads and writes of nothing do not wait.
func TestEmptyCalls(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer server.Close()
		if n, err := client.Read(nil); n != 0 || err != nil {
			t.Errorf("read of nothing: %d, %v", n, err)
		}
		if n, err := client.Write(nil); n != 0 || err != nil {
			t.Errorf("write of nothing: %d, %v", n, err)
		}
		client.Close()
		if _, err := client.Read(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of nothing after Close: %v", err)
		}
		if _, err := client.Write(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write of nothing after Close: %v", err)
		}
	})
}
