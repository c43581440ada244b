package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// Repeats of x/net/nettest.TestConn in real time: a race shows in one of many.
const nettestRepeats = 200

// A quarter of the repeats are over a perfect link, where whoever writes runs the network, as fast
// as it can; the others over one with a delay and small buffers, where the engine's timer does, and
// which sleep most of the time.
func TestNettestInRealTime(t *testing.T) {
	repeats := nettestRepeats
	if raceEnabled {
		repeats /= 10
	}
	for i := range repeats {
		link, o := vnet.Settings{}, tcp.Options{}
		if i%4 != 0 {
			link.Delay = 200 * time.Microsecond
			o = tcp.Options{SendBuffer: 16 << 10, ReceiveBuffer: 16 << 10}
		}
		t.Run("TestConn", func(t *testing.T) {
			t.Parallel()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				n := Real(seed(1))
				p := newPair(t, n, link, o)
				c1, c2 = p.connect(t)
				return c1, c2, func() { c1.Close(); c2.Close(); n.Close() }, nil
			})
		})
	}
}

// The eleven cases of nettest.TestConn, which calls t.Run and so cannot run in a bubble, once more.
// The send buffer is small, so that writes block.
func TestConnInVirtualTime(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, c1, c2 net.Conn)
	}{
		{"BasicIO", basicIO},
		{"PingPong", pingPong},
		{"RacyRead", racyRead},
		{"RacyWrite", racyWrite},
		{"ReadTimeout", readTimeout},
		{"WriteTimeout", writeTimeout},
		{"PastTimeout", pastTimeout},
		{"PresentTimeout", presentTimeout},
		{"FutureTimeout", futureTimeout},
		{"CloseTimeout", closeTimeout},
		{"ConcurrentMethods", concurrentMethods},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := Virtual(seed(1))
				p := newPair(t, n, vnet.Settings{Delay: time.Millisecond, MTU: 1500},
					tcp.Options{SendBuffer: 64 << 10})
				c1, c2 := p.connect(t)
				c.run(t, c1, c2)
				c1.Close()
				c2.Close()
			})
		})
	}
}

func basicIO(t *testing.T, c1, c2 net.Conn) {
	want := make([]byte, 1<<20)
	prng.New(0).Read(want)
	go func() {
		if _, err := c1.Write(want); err != nil {
			t.Errorf("write: %v", err)
		}
		if err := c1.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	got, err := io.ReadAll(c2)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived, want the %d sent", len(got), len(want))
	}
}

func pingPong(t *testing.T, c1, c2 net.Conn) {
	var wg sync.WaitGroup
	play := func(c net.Conn, serve bool) {
		buf := make([]byte, 8)
		if serve {
			c.Write(buf)
		}
		for v := uint64(0); v < 1000; {
			if _, err := io.ReadFull(c, buf); err != nil {
				if err != io.EOF {
					t.Errorf("read: %v", err)
				}
				break
			}
			v = binary.LittleEndian.Uint64(buf)
			binary.LittleEndian.PutUint64(buf, v+1)
			if _, err := c.Write(buf); err != nil {
				t.Errorf("write %d: %v", v, err)
				break
			}
		}
		if err := c.(*TCPConn).CloseWrite(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wg.Go(func() { play(c1, true) })
	wg.Go(func() { play(c2, false) })
	wg.Wait()
}

// racyRead: the buffer of a Read that timed out is the caller's again at once.
func racyRead(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(c2, prng.New(0))
	c1.SetReadDeadline(time.Now().Add(time.Millisecond))
	mutate(t, func(b []byte) error {
		_, err := c1.Read(b)
		if err != nil {
			c1.SetReadDeadline(time.Now().Add(time.Millisecond))
		}
		return err
	})
}

func racyWrite(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(io.Discard, c2)
	c1.SetWriteDeadline(time.Now().Add(time.Millisecond))
	mutate(t, func(b []byte) error {
		_, err := c1.Write(b)
		if err != nil {
			c1.SetWriteDeadline(time.Now().Add(time.Millisecond))
		}
		return err
	})
}

func mutate(t *testing.T, use func([]byte) error) {
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			b, zeros := make([]byte, 1024), make([]byte, 1024)
			for range 100 {
				err := use(b)
				copy(b, zeros)
				if err != nil {
					wantTimeout(t, err)
				}
			}
		})
	}
	wg.Wait()
}

func readTimeout(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(io.Discard, c2)
	c1.SetReadDeadline(longAgo)
	_, err := c1.Read(make([]byte, 1024))
	wantTimeout(t, err)
	if _, err := c1.Write(make([]byte, 1024)); err != nil {
		t.Errorf("a read's timeout made a write fail: %v", err)
	}
}

func writeTimeout(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(c2, prng.New(0))
	c1.SetWriteDeadline(longAgo)
	_, err := c1.Write(make([]byte, 1024))
	wantTimeout(t, err)
	if _, err := c1.Read(make([]byte, 1024)); err != nil {
		t.Errorf("a write's timeout made a read fail: %v", err)
	}
}

func pastTimeout(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(c2, c2)
	roundTrip(t, c1)
	c1.SetDeadline(longAgo)
	if n, err := c1.Write(make([]byte, 1024)); n != 0 || err == nil {
		t.Errorf("write after the deadline = %d, %v, want 0 and a timeout", n, err)
	}
	if n, err := c1.Read(make([]byte, 1024)); n != 0 || err == nil {
		t.Errorf("read after the deadline = %d, %v, want 0 and a timeout", n, err)
	}
	roundTrip(t, c1)
}

func presentTimeout(t *testing.T, c1, c2 net.Conn) {
	var wg sync.WaitGroup
	set := make(chan struct{})
	wg.Go(func() {
		time.Sleep(100 * time.Millisecond)
		close(set)
		c1.SetDeadline(longAgo)
	})
	blocked := func(use func() error) {
		var err error
		for err == nil {
			err = use()
		}
		wantTimeout(t, err)
		select {
		case <-set:
		default:
			t.Error("timed out before the deadline was set")
		}
	}
	wg.Go(func() { blocked(func() error { _, err := c1.Read(make([]byte, 1024)); return err }) })
	wg.Go(func() { blocked(func() error { _, err := c1.Write(make([]byte, 1024)); return err }) })
	wg.Wait()
}

func futureTimeout(t *testing.T, c1, c2 net.Conn) {
	var wg sync.WaitGroup
	c1.SetDeadline(time.Now().Add(100 * time.Millisecond))
	wg.Go(func() {
		_, err := c1.Read(make([]byte, 1024))
		wantTimeout(t, err)
	})
	wg.Go(func() {
		var err error
		for err == nil {
			_, err = c1.Write(make([]byte, 1024))
		}
		wantTimeout(t, err)
	})
	wg.Wait()
	go io.Copy(c2, c2)
	resync(t, c1)
	roundTrip(t, c1)
}

func closeTimeout(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(c2, c2)
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(100 * time.Millisecond)
		c1.Close()
	})
	wg.Go(func() { io.Copy(io.Discard, c1) })
	wg.Go(func() {
		var err error
		for err == nil {
			_, err = c1.Write(make([]byte, 1024))
		}
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after close: %v, want net.ErrClosed", err)
		}
	})
	wg.Wait()
}

func concurrentMethods(t *testing.T, c1, c2 net.Conn) {
	go io.Copy(c2, c2)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { c1.Read(make([]byte, 1024)) })
		wg.Go(func() { c1.Write(make([]byte, 1024)) })
		wg.Go(func() { c1.SetDeadline(time.Now().Add(10 * time.Millisecond)) })
		wg.Go(func() { c1.SetReadDeadline(longAgo) })
		wg.Go(func() { c1.SetWriteDeadline(longAgo) })
		wg.Go(func() { c1.LocalAddr() })
		wg.Go(func() { c1.RemoteAddr() })
	}
	wg.Wait()
	resync(t, c1)
	roundTrip(t, c1)
}

var longAgo = time.Unix(233431200, 0)

func wantTimeout(t *testing.T, err error) {
	t.Helper()
	var e net.Error
	if !errors.As(err, &e) || !e.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v (%T), want a timeout", err, err)
	}
}

// roundTrip sends something to an echoing peer and reads it back.
func roundTrip(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetDeadline(time.Time{})
	const hello = "Hello, world!"
	buf := []byte(hello)
	if _, err := c.Write(buf); err != nil {
		t.Errorf("round trip: write: %v", err)
	}
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != hello {
		t.Errorf("round trip: read %q, %v", buf, err)
	}
}

// resync reads what a peer still echoes, up to a mark.
func resync(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetDeadline(time.Time{})
	mark := []byte{0xff, 1, 0xfe, 2, 0xfd, 3, 0xfc, 4}
	go c.Write(mark)
	var seen []byte
	buf := make([]byte, 1)
	for !bytes.HasSuffix(seen, mark) {
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Errorf("resync: %v", err)
			return
		}
		seen = append(seen, buf[0])
		seen = seen[max(0, len(seen)-len(mark)):]
	}
}
