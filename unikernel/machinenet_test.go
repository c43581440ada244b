package unikernel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// TestOwnNetwork: on a machine the service has the machine's own network; what that lacks is said
// in words; and a stop ends the wait for it.
func TestOwnNetwork(t *testing.T) {
	var made kernelNet
	waits := func(ctx context.Context, _ string, _ io.Reader, _ []string, _ *slog.Logger) (Net,
		error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	fails := func(context.Context, string, io.Reader, []string, *slog.Logger) (Net, error) {
		return nil, errors.New("card: open net0: it is on fire")
	}
	works := func(_ context.Context, name string, random io.Reader, environ []string,
		_ *slog.Logger) (Net, error) {
		_, err := io.ReadFull(random, make([]byte, 40))
		if err != nil || environ[0] != "A=b" || name != "test" {
			t.Errorf("it was given %q, random bytes with %v, and %q", name, err, environ)
		}
		return &made, nil
	}
	for _, c := range []struct {
		name string
		own  machineNet
		code int
		said string
		ran  bool
	}{
		{"works", works, exitDone, "", true},
		{"fails", fails, exitFailed, "error: card: open net0: it is on fire", false},
		{"waits", waits, exitDone, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			signals := make(chan os.Signal, 1)
			if c.name == "waits" {
				signals <- os.Interrupt
			}
			p := &process{name: "test", environ: []string{"A=b"}, stdout: io.Discard,
				stderr: &stderr, signals: signals, own: c.own}
			ran := false
			code := p.run(func(_ context.Context, m *Machine) error {
				ran = true
				if m.Net != &made {
					t.Errorf("the service has %T for a network", m.Net)
				}
				return nil
			})
			if code != c.code || ran != c.ran || !strings.Contains(stderr.String(), c.said) {
				t.Errorf("code %d, want %d; ran %v, want %v; said %q, want %q", code, c.code, ran,
					c.ran, &stderr, c.said)
			}
		})
	}
}

// TestVMName: a test's binary is built of a package with a name of its own.
func TestVMName(t *testing.T) {
	if got := vmName("program"); got != "unikernel.test" {
		t.Errorf("the name is %q, want that of the test's binary", got)
	}
}
