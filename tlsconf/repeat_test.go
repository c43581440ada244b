package tlsconf

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/vnet/fault"
)

// serve returns a service with an HTTP handler over a Listener.
func serve(h http.Handler, l *Listener) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) (err error) {
		if l.Listener, err = m.Net.Listen("tcp", ":443"); err != nil {
			return err
		}
		s, failed := &http.Server{Handler: h}, make(chan error, 1)
		go func() { failed <- s.Serve(l) }()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return s.Close()
		}
	}
}

// pages answers with as many bytes as it is asked for.
var pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%*s", r.ContentLength, "")
})

// visits gets a few pages over two connections, one after the other; the second one is resumed.
func visits(d *Dialer, host string, wait time.Duration) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		d.Dial = m.Net.DialContext
		c := &http.Client{Transport: &http.Transport{DialTLSContext: d.DialContext}}
		defer c.CloseIdleConnections()
		for i := range 4 {
			time.Sleep(wait)
			wait = 10 * time.Millisecond
			r, err := c.Get("https://" + host + "/")
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return err
			}
			r.Body.Close()
			if resumed := r.TLS.DidResume; resumed != (i >= 2) {
				return fmt.Errorf("visit %d: resumed %v", i, resumed)
			}
			if i == 1 {
				c.CloseIdleConnections()
			}
		}
		return nil
	}
}

// twenty runs 20 servers and 20 clients and returns the digest of all frames. All draw from one
// deterministic crypto/rand; so that the order is always the same, the clients wake one after the
// other.
func twenty(t *testing.T, seed uint64) string {
	d := capture.NewDigest()
	t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		synctest.Test(t, func(t *testing.T) {
			l := lab.New(t, lab.Virtual(), lab.Seed(seed), lab.Observe(d.Observe))
			defer l.Close()
			sw := l.Switch("sw")
			for i := range 20 {
				server := l.Host(fmt.Sprint("s", i), nil)
				system := entropytest.Deterministic(t, fmt.Sprint(seed, i))
				dialer := &Dialer{Config: Client(nil, system), Clones: system}
				start := time.Duration(i) * 100 * time.Millisecond
				client := l.Host(fmt.Sprint("c", i), visits(dialer, server.Name(), start))
				l.Link(server, sw, fault.Delay(time.Millisecond, 0))
				l.Link(client, sw, fault.Delay(2*time.Millisecond, 0))
				config := Server(server.Certificate(), system)
				server.Serve(serve(pages, &Listener{Config: config, Clones: system}))
				dialer.Config.RootCAs = l.CertPool()
			}
			time.Sleep(time.Minute)
		})
	})
	if d.Frames() < 20*20 {
		t.Fatalf("%d frames: too few for 20 clients", d.Frames())
	}
	return d.Sum()
}

// TestTwentyServersRepeat is the promise of the documents: HTTP/1.1 over TLS 1.3 in a lab, under
// testing/cryptotest, gives the same frames to the byte in every run.
func TestTwentyServersRepeat(t *testing.T) {
	first := twenty(t, 1)
	for i := 1; i < 10; i++ {
		if again := twenty(t, 1); again != first {
			t.Fatalf("run %d of seed 1 has digest %s, the first %s", i, again, first)
		}
	}
	if twenty(t, 2) == first {
		t.Error("seeds 1 and 2 have one digest")
	}
}
