package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// run returns the service with its output in b.
func run(b *bytes.Buffer) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error { return measure(ctx, m, b) }
}

// TestLab: over a link of 10 Mbit/s the goodput is nine tenths of that or more, in each direction,
// also if the server comes later.
func TestLab(t *testing.T) {
	for _, reverse := range []string{"false", "true"} {
		lab.Test(t, func(t *testing.T, l *lab.Lab) {
			var server, client bytes.Buffer
			s := l.Host("server", nil)
			c := l.Host("client", run(&client), lab.Config{"connect": "server", "time": "10s",
				"reverse": reverse, "streams": "2"})
			l.Link(s, c, fault.Delay(time.Millisecond), fault.Rate(10_000_000))
			time.Sleep(2 * time.Second)
			s.Serve(run(&server))
			l.Eventually(time.Minute, "it has measured", c.Done)
			found := regexp.MustCompile(`goodput (\S+) Mbit/s\n`).FindStringSubmatch(client.String())
			if found == nil {
				t.Fatalf("the client said %s", client.String())
			}
			if got, _ := strconv.ParseFloat(found[1], 64); got < 9 || got > 10 {
				t.Errorf("goodput %s Mbit/s over 10 Mbit/s", found[1])
			}
			if !strings.Contains(server.String(), "Accepted connection from ") {
				t.Errorf("the server said %s", server.String())
			}
		})
	}
}

// TestNoServer: a client does not wait for ever.
func TestNoServer(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		s := l.Host("server", nil)
		failed := make(chan error, 1)
		c := l.Host("client", func(ctx context.Context, m *unikernel.Machine) error {
			failed <- measure(ctx, m, &bytes.Buffer{})
			return nil
		}, lab.Config{"connect": "server:5201"})
		l.Link(s, c)
		if err := <-failed; err == nil || !strings.Contains(err.Error(), "wait for server:5201") {
			t.Errorf("without a server: %v", err)
		}
		if now := l.Now(); now > serverWait+time.Second {
			t.Errorf("it waited for %s", now)
		}
	})
}

// TestOneOff: a server ends after one test.
func TestOneOff(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		s := l.Host("server", run(&bytes.Buffer{}), lab.Config{"one-off": "true"})
		c := l.Host("client", run(&bytes.Buffer{}), lab.Config{"connect": "server", "time": "1s"})
		l.Link(s, c, fault.Rate(1_000_000))
		l.Eventually(time.Minute, "both have ended", func() bool { return s.Done() && c.Done() })
	})
}
