package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/vnet/fault"
)

// digest runs a lab in a bubble of its own and returns the digest of all its frames.
func digest(t *testing.T, seed uint64, build func(t *testing.T, l *Lab)) (sum string) {
	t.Helper()
	d := capture.NewDigest()
	synctest.Test(t, func(t *testing.T) {
		l := New(t, Virtual(), Seed(seed), Observe(d.Observe))
		build(t, l)
		l.Close()
	})
	if d.Frames() == 0 {
		t.Fatal("no frame passed: the digest says nothing")
	}
	return d.Sum()
}

// wantRepeats runs a lab many times with one seed and once with another.
func wantRepeats(t *testing.T, build func(t *testing.T, l *Lab)) {
	t.Helper()
	const runs = 20
	first := digest(t, 7, build)
	for i := 1; i < runs; i++ {
		if d := digest(t, 7, build); d != first {
			t.Fatalf("run %d of seed 7 has digest %s, the first %s", i, d, first)
		}
	}
	if digest(t, 8, build) == first {
		t.Error("seeds 7 and 8 have one digest")
	}
}

// beat sends a byte each period to a peer, and reads what comes back.
func beat(peer string, period time.Duration) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		c, err := m.Net.DialContext(ctx, "tcp", peer)
		if err != nil {
			return err
		}
		defer c.Close()
		buf := make([]byte, 1)
		for range 200 {
			if _, err := c.Write(buf); err != nil {
				return err
			}
			time.Sleep(period)
			if _, err := io.ReadFull(c, buf); err != nil {
				return err
			}
		}
		return nil
	}
}

// echo answers every connection with what it says.
func echo(ctx context.Context, m *unikernel.Machine) error {
	l, err := m.Net.Listen("tcp", ":7")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			defer c.Close()
			context.AfterFunc(ctx, func() { c.Close() })
			io.Copy(c, c)
		}()
	}
}

// Heartbeats as long as the link's delay: program and frames wake at the same instants.
func TestHeartbeatsRepeat(t *testing.T) {
	wantRepeats(t, func(t *testing.T, l *Lab) {
		s := l.Host("s", echo)
		sw := l.Switch("sw")
		l.Link(s, sw, fault.Delay(time.Millisecond, 0), fault.Loss(0.02))
		for i := range 8 {
			c := l.Host(fmt.Sprint("c", i), beat("s:7", 2*time.Millisecond))
			l.Link(c, sw, fault.Delay(time.Millisecond, 0))
		}
		time.Sleep(2 * time.Second)
	})
}

// Data handed between goroutines: several read, one writes what they found.
func TestHandingOverRepeats(t *testing.T) {
	collect := func(ctx context.Context, m *unikernel.Machine) error {
		found := make(chan []byte)
		for i := range 4 {
			go func() {
				buf := make([]byte, 4)
				defer func() { found <- buf }()
				c, err := m.Net.DialContext(ctx, "tcp", fmt.Sprintf("c%d:7", i))
				if err != nil {
					return
				}
				defer c.Close()
				fmt.Fprintf(c, "c%d..", i)
				io.ReadFull(c, buf)
			}()
		}
		sums := map[string]int{}
		for range 4 {
			sums[string(<-found)]++
		}
		out, err := m.Net.DialContext(ctx, "tcp", "sink:7")
		if err != nil {
			return err
		}
		defer out.Close()
		for i := range 4 { // not in the order of the map
			fmt.Fprintf(out, "%d", sums[fmt.Sprintf("c%d..", i)])
		}
		_, err = io.ReadFull(out, make([]byte, 4))
		return err
	}
	wantRepeats(t, func(t *testing.T, l *Lab) {
		sw := l.Switch("sw")
		for _, h := range append(l.Hosts("c", 4, echo), l.Host("sink", echo), l.Host("me", collect)) {
			l.Link(h, sw, fault.Delay(time.Millisecond, 500*time.Microsecond), fault.Loss(0.05))
		}
		time.Sleep(30 * time.Second)
	})
}

// A server is killed and restarted while its clients go on.
func TestRestartRepeats(t *testing.T) {
	client := func(ctx context.Context, m *unikernel.Machine) error {
		for i := 0; i < 100; {
			c, err := m.Net.DialContext(ctx, "tcp", "s:7")
			if err != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			c.SetDeadline(time.Now().Add(time.Second))
			buf := make([]byte, 1000)
			for err == nil && i < 100 {
				if _, err = c.Write(buf); err == nil {
					_, err = io.ReadFull(c, buf)
				}
				if err == nil {
					i++
				}
			}
			c.Close()
			if err != nil && !errors.As(err, new(net.Error)) {
				m.Log.Info("again", "err", err)
			}
		}
		return nil
	}
	wantRepeats(t, func(t *testing.T, l *Lab) {
		s := l.Host("s", echo)
		sw := l.Switch("sw")
		l.Link(s, sw, fault.Delay(5*time.Millisecond, 0), fault.Loss(0.01))
		for i := range 3 {
			l.Link(l.Host(fmt.Sprint("c", i), client), sw, fault.Delay(5*time.Millisecond, 0))
		}
		l.At(500*time.Millisecond, "crash s", s.Crash)
		l.At(900*time.Millisecond, "restart s", s.Restart)
		time.Sleep(20 * time.Second)
		for _, h := range l.hosts[1:] {
			if !h.Done() {
				t.Errorf("%s is not done after 20 s", h.Name())
			}
		}
	})
}

// What is measured of a lab must not change it.
func TestCaptureChangesNothing(t *testing.T) {
	build := func(t *testing.T, l *Lab) {
		a, b := l.Host("a", echo), l.Host("b", nil)
		l.Link(a, b, fault.Delay(time.Millisecond, 0), fault.Loss(0.01), fault.Corrupt(0.01))
		c, err := b.Dial("tcp", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		go c.Write(make([]byte, 1<<20))
		if _, err := io.ReadFull(c, make([]byte, 1<<20)); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	plain := digest(t, 7, build)
	d := capture.NewDigest()
	synctest.Test(t, func(t *testing.T) {
		l := New(t, Virtual(), Seed(7), Observe(d.Observe), Record(t.TempDir()),
			RecordScope(capture.All))
		build(t, l)
		l.Close()
	})
	if d.Sum() != plain {
		t.Error("a recorded run differs from one that is not")
	}
}
