package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// serveHTTP says hello on port 80.
func serveHTTP(ctx context.Context, m *unikernel.Machine) error {
	l, err := m.Net.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s", m.Name())
	})}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	m.Ready(nil)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return s.Shutdown(m.Grace())
	}
}

func get(c *http.Client, url string) (string, error) {
	r, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

func TestHTTPUnderLoss(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		web, me := l.Host("web", serveHTTP), l.Host("me", nil)
		l.Link(me, web, fault.Delay(10*time.Millisecond, 0), fault.Loss(0.05))
		c := &http.Client{Transport: &http.Transport{DialContext: me.DialContext}}
		defer c.CloseIdleConnections()
		for range 200 {
			if got, err := get(c, "http://web/"); got != "hello from web" || err != nil {
				t.Fatalf("got %q, %v", got, err)
			}
		}
		t.Logf("200 GETs in %v", l.Now())
		if d := l.Now(); d > 30*time.Second {
			t.Errorf("200 GETs took %v, want at most 30s", d)
		}
	})
}
