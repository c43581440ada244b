package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
)

// fakeT is a test that may fail without failing the test.
type fakeT struct {
	*testing.T
	mu     sync.Mutex
	text   strings.Builder
	failed bool
}

func (f *fakeT) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(&f.text, format+"\n", args...)
}

func (f *fakeT) Errorf(format string, args ...any) {
	f.mu.Lock()
	f.failed = true
	f.mu.Unlock()
	f.Logf(format, args...)
}

func (f *fakeT) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// failing runs a lab that is to fail, and returns what it said.
func failing(t *testing.T, run func(l *Lab), opts ...Option) string {
	t.Helper()
	f := &fakeT{T: t}
	synctest.Test(t, func(t *testing.T) {
		f.T = t
		l := New(f, append([]Option{Virtual(), Seed(7)}, opts...)...)
		defer l.Close()
		run(l)
	})
	if !f.failed {
		t.Error("the lab did not fail")
	}
	return f.text.String()
}

func wantText(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("the failure does not say %q:\n%s", p, got)
		}
	}
}

func TestEventuallyFailsWithATable(t *testing.T) {
	got := failing(t, func(l *Lab) {
		a, b, c := l.Host("a", echo), l.Host("b", nil), l.Host("c", nil)
		l.Switch("sw", a, b, c)
		conn, err := b.Dial("tcp4", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		l.Partition(a)
		conn.Write([]byte("hello"))
		c.Crash()
		l.Eventually(3*time.Second, "an answer", func() bool { return false })
	})
	wantText(t, got,
		"an answer: still false 3s after ",
		"partition a | the rest since 0.000",
		"c is off",
		"b tcp 10.1.0.2:", "→10.1.0.1:7 established, 4 retransmissions, RTO ",
		"lab: replay: ATOLL_SEED=0x7 go test -run '^TestEventuallyFailsWithATable$' ./lab",
	)
	if n := strings.Count(got, "replay:"); n != 1 {
		t.Errorf("the replay line stands there %d times, want once", n)
	}
}

func TestEventuallyHolds(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		var n atomic.Int64
		l.Host("a", func(ctx context.Context, m *unikernel.Machine) error {
			for range 10 {
				time.Sleep(time.Second)
				n.Add(1)
			}
			return nil
		})
		if !l.Eventually(20*time.Second, "ten", func() bool { return n.Load() == 10 }) {
			t.Error("not seen")
		}
		if l.Now() != 10*time.Second {
			t.Errorf("seen at %v, want 10s: as soon as it held", l.Now())
		}
	})
}

// A violation closes the network, so that the test ends by errors.
func TestAlwaysEndsTheRun(t *testing.T) {
	got := failing(t, func(l *Lab) {
		var n atomic.Int64
		a, b := l.Host("a", echo), l.Host("b", nil)
		l.Link(a, b)
		l.Always("less than three answers", func() bool { return n.Load() < 3 })
		c, err := b.Dial("tcp", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1)
		for range 1000 {
			c.Write(buf)
			if _, err = io.ReadFull(c, buf); err != nil {
				break
			}
			n.Add(1)
		}
		if !strings.Contains(fmt.Sprint(err), net.ErrClosed.Error()) || n.Load() != 3 {
			t.Errorf("after %d answers: %v; want net.ErrClosed after 3", n.Load(), err)
		}
	})
	wantText(t, got, "less than three answers: no longer true")
}

func TestLimit(t *testing.T) {
	got := failing(t, func(l *Lab) {
		a, b := l.Host("a", echo), l.Host("b", nil)
		l.Link(a, b)
		c, err := b.Dial("tcp", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		c.Read(make([]byte, 1)) // for ever
	}, Limit(time.Minute))
	wantText(t, got, "1m0s have passed and the test has not ended")
}

func TestServiceErrorFails(t *testing.T) {
	got := failing(t, func(l *Lab) {
		l.Host("a", func(ctx context.Context, m *unikernel.Machine) error {
			_, err := m.Net.DialContext(ctx, "tcp", "nobody:80")
			return err
		})
		time.Sleep(time.Second)
	})
	wantText(t, got, "a: service ended: dial tcp: lookup nobody: no such host")
}

func TestLeftoverGoroutinesAreNamed(t *testing.T) {
	release := make(chan chan struct{}, 1)
	got := failing(t, func(l *Lab) {
		never := make(chan struct{})
		release <- never
		go func() { <-never }()
		l.t.Cleanup(func() { close(never) })
	})
	wantText(t, got, "have not ended 1m0s after the network closed", "TestLeftoverGoroutinesAreNamed")
}

func TestServiceThatIgnoresItsStop(t *testing.T) {
	got := failing(t, func(l *Lab) {
		h := l.Host("deaf", func(ctx context.Context, m *unikernel.Machine) error {
			time.Sleep(time.Minute)
			return nil
		})
		l.Settle()
		h.Stop()
	})
	wantText(t, got, "deaf: its service has not returned after its grace of 10s")
}

func TestStorm(t *testing.T) {
	if raceEnabled {
		t.Skip("ten million events")
	}
	got := failing(t, func(l *Lab) {
		l.network.Do(func(_ clockInstant, n *vnet.Network) { n.RequireDelay(0) })
		a, b := l.Switch("a"), l.Switch("b")
		a.segment, b.segment = b.segment, a.segment
		l.network.Do(func(_ clockInstant, n *vnet.Network) {
			for range 2 { // a circle
				p, q := a.at.AddPort("x"), b.at.AddPort("x")
				n.Connect(p, q, vnet.Settings{})
			}
		})
		h := l.Host("h", nil)
		l.Link(h, a)
		h.Ping(l.ctx, "nobody")
		ctx, cancel := context.WithTimeout(l.ctx, time.Second)
		defer cancel()
		h.DialContext(ctx, "tcp", "10.1.0.77:7")
		h.DialContext(ctx, "tcp", "10.2.0.77:7")
	})
	wantText(t, got, "events at 0.00001, the last at ")
}

func TestSeeds(t *testing.T) {
	t.Setenv("ATOLL_SEEDS", "")
	var runs atomic.Int64
	t.Run("some", func(t *testing.T) {
		Seeds(t, 5, func(t *testing.T, l *Lab) {
			runs.Add(1)
			l.Sometimes("an even seed", l.Seed()%2 == 0)
			l.Sometimes("an odd seed", l.Seed()%2 == 1)
			if want := fmt.Sprintf("seed=%#x", l.Seed()); !strings.HasSuffix(t.Name(), want) {
				t.Errorf("the test's name %s does not end in %s", t.Name(), want)
			}
		})
	})
	if runs.Load() != 5 {
		t.Errorf("%d runs, want 5", runs.Load())
	}
	var s sometimes
	s.record("seen", false)
	s.record("seen", true)
	s.record("unseen", false)
	if got := fmt.Sprint(s.never()); got != "[unseen]" {
		t.Errorf("never seen: %s, want [unseen]", got)
	}
}

func TestSeedFromTheEnvironment(t *testing.T) {
	t.Setenv("ATOLL_SEED", "0x2a")
	if got := seedFor(t); got != 42 {
		t.Errorf("seed = %d, want 42", got)
	}
	if got, err := seedsFor(t, 9); err != nil || len(got) != 1 || got[0] != 42 {
		t.Errorf("seeds = %v, %v; want the one of ATOLL_SEED", got, err)
	}
	t.Setenv("ATOLL_SEED", "random")
	if a, b := seedFor(t), seedFor(t); a == b {
		t.Errorf("random seeds %d and %d are equal", a, b)
	}
	t.Setenv("ATOLL_SEED", "")
	t.Setenv("ATOLL_SEEDS", "many")
	if _, err := seedsFor(t, 9); err == nil {
		t.Error("ATOLL_SEEDS=many was taken for a number")
	}
}

func TestPauseHoldsFramesBack(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		a, b := l.Host("a", echo), l.Host("b", nil)
		k := l.Link(a, b)
		c, err := b.Dial("tcp", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		resume := a.Pause()
		l.At(time.Second, "resume a", resume)
		start := l.Now()
		buf := []byte("x")
		c.Write(buf)
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
		if d := l.Now() - start; d < time.Second || d > 2*time.Second {
			t.Errorf("the answer came after %v, want a second and a little", d)
		}
		up := k.Down()
		l.At(500*time.Millisecond, "plug", up)
		c.Write(buf)
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
		if n := k.BtoA().Counters().Dropped[vnet.LinkDown]; n == 0 {
			t.Error("nothing was lost on the pulled cable")
		}
		var notes []string
		for _, n := range l.Notes() {
			notes = append(notes, n.What)
		}
		for _, want := range []string{"pause a", "resume a", "pull a-b", "plug a-b"} {
			if !strings.Contains(strings.Join(notes, "\n"), want) {
				t.Errorf("the notes do not say %q: %q", want, notes)
			}
		}
	})
}

func TestPartitionHeals(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		n := l.Hosts("n", 3, echo)
		l.Switch("sw", n...)
		ask := func(from *Host, to string) error {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			c, err := from.DialContext(ctx, "tcp", to+":7")
			if err == nil {
				c.Close()
			}
			return err
		}
		heal := l.Partition(n[0], n[1])
		if err := ask(n[0], "n1"); err != nil {
			t.Errorf("within one side: %v", err)
		}
		if err := ask(n[0], "n2"); err == nil {
			t.Error("n0 reached n2 through the partition")
		}
		if err := ask(n[2], "n1"); err == nil {
			t.Error("n2 reached n1 through the partition")
		}
		heal()
		time.Sleep(5 * time.Second)
		if err := ask(n[2], "n1"); err != nil {
			t.Errorf("after heal: %v", err)
		}
	})
}

func TestRecordingIsWhole(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := New(t, Virtual(), Record(dir))
		a, b := l.Host("a", echo), l.Host("b", nil)
		l.Link(a, b, fault.Duplicate(0.1))
		b.Ping(t.Context(), "a")
		io.WriteString(b.KeyLog(), "CLIENT_RANDOM 00 00\n")
		l.Close()
	})
	for _, name := range []string{"capture.pcapng", "capture.txt", "events.jsonl"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if name == "capture.txt" && !bytes.Contains(b, []byte("echo")) {
			t.Errorf("%s does not show the ping:\n%s", name, b)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Errorf("unfinished files were left: %v", left)
	}
}

// A mutex held across a read stops virtual time: the watchdog says so and ends the process.
func TestWatchdog(t *testing.T) {
	if os.Getenv("ATOLL_TEST_HANG") != "" {
		Test(t, func(t *testing.T, l *Lab) {
			a, b := l.Host("a", echo), l.Host("b", nil)
			l.Link(a, b)
			c, err := b.Dial("tcp", "a:7")
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			go func() {
				mu.Lock()
				defer mu.Unlock()
				c.Write([]byte("x"))
				io.ReadFull(c, make([]byte, 1))
			}()
			runtimeYield()
			mu.Lock()
			defer mu.Unlock()
			c.Close()
		})
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestWatchdog$")
	cmd.Env = append(os.Environ(), "ATOLL_TEST_HANG=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the process ended well:\n%s", out)
	}
	wantText(t, string(out),
		"virtual time has stood still for 10s",
		"sync.Mutex.Lock",
		"hint: shake hands before a connection is shared",
		"lab: replay: ATOLL_SEED=",
	)
	if regexp.MustCompile(`panic: `).Match(out) {
		t.Errorf("a panic came first:\n%s", out)
	}
}
