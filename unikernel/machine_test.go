package unikernel

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// labOptions are what a lab gives to a machine, with the kernel's network in the place of a host.
func labOptions(settings map[string]string) Options {
	return Options{Name: "web", Net: &kernelNet{}, Random: rand.Reader, Settings: settings}
}

func TestMachineOfALab(t *testing.T) {
	var told []error
	o := labOptions(map[string]string{"listen": ":8080", "grace": "3s", "token": "hunter2"})
	o.Args = []string{"--workers", "8"}
	o.OnReady = func(err error) { told = append(told, err) }
	m := New(t.Context(), o)
	cfg := serverConfig{}
	if err := m.Config.Decode(&cfg); err == nil {
		t.Fatal("Decode took a queue below its least value")
	}
	cfg = defaults()
	if err := m.Config.Decode(&cfg); err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != ":8080" || cfg.Workers != 8 || cfg.Token != "hunter2" {
		t.Errorf("settings are %+v; want listen, workers and token as given", cfg)
	}
	broken := errors.New("no database")
	m.Ready(broken)
	m.Ready(nil)
	if len(told) != 2 || told[0] != broken || told[1] != nil {
		t.Errorf("OnReady heard %v, want the error and then nil", told)
	}
	if m.Name() != "web" {
		t.Errorf("name is %q, want web", m.Name())
	}
}

func TestGrace(t *testing.T) {
	for _, c := range []struct {
		cause  error
		period time.Duration // what Grace lasts after the stop
	}{
		{fmt.Errorf("%w: the lab says so", ErrStopped), 3 * time.Second},
		{fmt.Errorf("lab: host crashed: %w", ErrKilled), 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			m := New(ctx, labOptions(map[string]string{"grace": "3s"}))
			if err := m.Config.Decode(&struct{}{}); err != nil {
				t.Fatal(err)
			}
			grace := m.Grace()
			time.Sleep(time.Minute)
			if _, ok := grace.Deadline(); ok || grace.Err() != nil || grace.Value(0) != nil {
				t.Fatalf("grace has begun before the stop")
			}
			begin := time.Now()
			cancel(c.cause)
			synctest.Wait()
			if d, ok := grace.Deadline(); !ok || d.Sub(begin) != c.period {
				t.Errorf("deadline after %v is %v, %v; want after %v", c.cause, d.Sub(begin), ok, c.period)
			}
			<-grace.Done()
			if d := time.Since(begin); d != c.period || grace.Err() != context.DeadlineExceeded {
				t.Errorf("grace after %v lasted %v (%v), want %v", c.cause, d, grace.Err(), c.period)
			}
		})
	}
}

func TestLogLevel(t *testing.T) {
	var out bytes.Buffer
	o := labOptions(map[string]string{"log-level": "WARN"})
	o.Log = slog.New(slog.NewTextHandler(&out, nil))
	m := New(t.Context(), o)
	log := m.Log.With("a", 1).WithGroup("g")
	log.Info("one")
	if err := m.Config.Decode(&struct{}{}); err != nil {
		t.Fatal(err)
	}
	log.Info("two")
	log.Warn("three", "b", 2)
	got := out.String()
	if !strings.Contains(got, "msg=one a=1\n") || strings.Contains(got, "two") ||
		!strings.Contains(got, "msg=three a=1 g.b=2") {
		t.Errorf("the log is %q; want one, and after log-level WARN only three", got)
	}
}

func TestNewNeedsANetwork(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New without a network returned, want a panic")
		}
	}()
	New(t.Context(), Options{Random: rand.Reader})
}

func TestKernelNet(t *testing.T) {
	var n Net = &kernelNet{}
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := n.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := n.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if addrs, err := n.LookupHost(t.Context(), "127.0.0.1"); err != nil || len(addrs) != 1 {
		t.Errorf("LookupHost of an address is %v, %v; want the address", addrs, err)
	}
	loopback := false
	for _, i := range n.Interfaces() {
		for _, a := range i.Addrs {
			loopback = loopback || a.String() == "127.0.0.1/8"
		}
	}
	if !loopback {
		t.Errorf("interfaces are %v; want one with 127.0.0.1/8", n.Interfaces())
	}
}

// A service may end its goroutine, as t.FailNow does in a test: that is a failure, not a hang.
func TestServiceThatEndsItsGoroutine(t *testing.T) {
	var out bytes.Buffer
	p := &process{name: "x", stdout: &out, stderr: &out}
	code := p.run(func(context.Context, *Machine) error { runtime.Goexit(); return nil })
	if code != exitFailed || !strings.Contains(out.String(), errGoexit.Error()) {
		t.Errorf("exit code %d, output %q; want 1 and %v", code, &out, errGoexit)
	}
}
