package site

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
)

// A stop lets the request under way finish, and takes no new one.
func TestServeStops(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan bool), make(chan bool)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-answer
		io.WriteString(w, "whole")
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, t.Context(), l, h, nil) }()
	got := make(chan string, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			got <- err.Error()
			return
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		got <- string(text)
	}()
	<-asked
	stop()
	close(answer)
	if text := <-got; text != "whole" {
		t.Errorf("the request under way got %q", text)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	if err := Serve(t.Context(), t.Context(), l, h, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("on a closed listener it ended with %v", err)
	}
}

// A grace that ends leaves nobody waiting.
func TestServeGraceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		l := &oneConn{conn: server, closed: make(chan bool)}
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, stop := context.WithCancel(t.Context())
		grace, giveUp := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- Serve(ctx, grace, l, h, nil) }()
		io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		synctest.Wait()
		stop()
		time.Sleep(time.Second)
		giveUp()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		client.Close()
	})
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn   net.Conn
	closed chan bool
}

func (o *oneConn) Accept() (net.Conn, error) {
	if c := o.conn; c != nil {
		o.conn = nil
		return c, nil
	}
	<-o.closed
	return nil, net.ErrClosed
}

func (o *oneConn) Close() error   { close(o.closed); return nil }
func (o *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// The service on a host of a lab: its settings, the date that it gives, and its errors.
func TestService(t *testing.T) {
	epoch := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		service := Service(func(at time.Time) ([]advisory.File, error) {
			return []advisory.File{{Path: "index.html", Data: []byte(at.Format(time.DateOnly))}}, nil
		})
		web := l.Host("web", service, lab.Config{"listen": ":8080", "burst": "2", "rate": "0.1",
			"https": "true"})
		me := l.Host("me", nil)
		l.Link(me, web)
		client := &http.Client{Transport: &http.Transport{DialContext: me.DialContext}}
		defer client.CloseIdleConnections()
		var codes []int
		for range 3 {
			r, err := client.Get("http://web:8080/")
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(r.Body)
			r.Body.Close()
			codes = append(codes, r.StatusCode)
			if r.StatusCode == 200 && string(text) != "2026-06-01" {
				t.Errorf("the website is of %s", text)
			}
			if r.Header.Get("Strict-Transport-Security") == "" {
				t.Error("no HSTS")
			}
		}
		if codes[0] != 200 || codes[1] != 200 || codes[2] != 429 {
			t.Errorf("with a burst of 2 the answers are %v", codes)
		}
	}, lab.Epoch(epoch))
}

func TestServiceErrors(t *testing.T) {
	fails := func(time.Time) ([]advisory.File, error) { return nil, errors.New("no records") }
	works := func(time.Time) ([]advisory.File, error) { return nil, nil }
	for _, c := range []struct {
		files    func(time.Time) ([]advisory.File, error)
		settings map[string]string
		want     string
	}{
		{works, map[string]string{"nothing": "1"}, "unknown setting"},
		{works, map[string]string{"rate": "0"}, "rate 0 answers nobody"},
		{fails, nil, "make the website: no records"},
		{works, nil, "no network"},
	} {
		m := unikernel.New(t.Context(), unikernel.Options{Name: "web", Net: noNet{},
			Random: strings.NewReader(""), Settings: c.settings})
		err := Service(c.files)(t.Context(), m)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.settings, err, c.want)
		}
	}
}

// noNet is a network without one.
type noNet struct{ unikernel.Net }

func (noNet) Listen(string, string) (net.Listener, error) { return nil, errors.New("no network") }
