package lab

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// The same lab in real time: services, faults, a crash and a restart.
func TestRealTime(t *testing.T) {
	l := New(t, Seed(1))
	web, me := l.Host("web", serveHTTP), l.Host("me", nil)
	k := l.Link(web, me, fault.Delay(time.Millisecond), fault.Loss(0.01))
	var stopped atomic.Bool
	l.Host("other", func(ctx context.Context, m *unikernel.Machine) error {
		<-ctx.Done()
		stopped.Store(true)
		return nil
	})
	l.Start()
	if !l.Eventually(5*time.Second, "web is ready", web.Ready) {
		t.FailNow()
	}
	c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: me.DialContext, DisableKeepAlives: true,
	}}
	for range 20 {
		if got, err := get(c, "http://web/"); err != nil || got != "hello from web" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if d, err := me.Ping(t.Context(), "web"); err != nil || d < 2*time.Millisecond {
		t.Errorf("ping = %v, %v; want at least 2ms", d, err)
	}
	up := k.Down()
	l.At(100*time.Millisecond, "plug", up)
	if got, err := get(c, "http://web/"); err != nil || got != "hello from web" {
		t.Errorf("across a pulled cable: %q, %v", got, err)
	}
	web.Crash()
	web.Restart()
	if !l.Eventually(5*time.Second, "web is ready again", web.Ready) {
		t.FailNow()
	}
	if got, err := get(c, "http://web/"); err != nil || got != "hello from web" {
		t.Errorf("after the restart: %q, %v", got, err)
	}
	l.Always("true", func() bool { return true })
	l.Settle()
	l.Close()
	if !stopped.Load() {
		t.Error("the lab closed before its services had ended")
	}
}

// A signal that comes from outside ends the run by errors, in real and in virtual time.
func TestInterrupt(t *testing.T) {
	run := func(f *fakeT, opts ...Option) {
		var stop atomic.Bool
		l := New(f, append(opts, Interrupt(&stop))...)
		defer l.Close()
		a, b := l.Host("a", echo), l.Host("b", nil)
		l.Link(a, b)
		l.Start()
		l.Eventually(time.Second, "a is there", func() bool {
			c, err := b.DialTimeout("tcp", "a:7", 100*time.Millisecond)
			if err == nil {
				c.Close()
			}
			return true
		})
		c, err := b.Dial("tcp", "a:7")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(20 * time.Millisecond)
			stop.Store(true)
			b.PowerOff() // something happens: the engine looks
		}()
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a read went on after the interrupt")
		}
		time.Sleep(20 * time.Millisecond)
		if cause := context.Cause(l.ctx); cause != ErrInterrupted {
			t.Errorf("the cause is %v, want ErrInterrupted", cause)
		}
	}
	run(&fakeT{T: t})
	synctest.Test(t, func(t *testing.T) { run(&fakeT{T: t}, Virtual()) })
}

func TestMisuseIsSaid(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		h := l.Host("h", echo)
		sw, sw2 := l.Switch("sw"), l.Switch("sw2")
		for what, do := range map[string]func(){
			"two machines have the name": func() { l.Host("h", nil) },
			"h has a service":            func() { h.Serve(echo) },
			"one switch a segment":       func() { l.Link(sw, sw2) },
			"delay":                      func() { l.Link(h, sw, fault.Delay(0)) },
		} {
			func() {
				defer func() {
					if p, _ := recover().(string); !strings.Contains(p, what) {
						t.Errorf("panic %q, want one that says %q", p, what)
					}
				}()
				do()
			}()
		}
	})
}
