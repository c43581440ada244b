package tlsconf

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// store is a cache that outlives the machine.
type store struct {
	mu   sync.Mutex
	data map[string][]byte
}

func (s *store) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, ok := s.data[key]; ok {
		return data, nil
	}
	return nil, autocert.ErrCacheMiss
}

func (s *store) Put(_ context.Context, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		s.data = map[string][]byte{}
	}
	s.data[key] = data
	return nil
}

func (s *store) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.data, key)
	return nil
}

const host = "www.example.org"

// certified returns a service that gets its certificate by ACME.
func certified(cache autocert.Cache) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		transport := &http.Transport{DialContext: m.Net.DialContext, IdleConnTimeout: time.Minute}
		defer transport.CloseIdleConnections()
		config, err := ACME{
			Hosts:     []string{host},
			Cache:     cache,
			Directory: "http://authority/directory",
			Client:    &http.Client{Transport: transport},
		}.Server(nil)
		if err != nil {
			return err
		}
		return serve(pages, &Listener{Config: config})(ctx, m)
	}
}

// authorityService serves an authority on port 80.
func authorityService(a *authority) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		a.dial = m.Net.DialContext
		l, err := m.Net.Listen("tcp", ":80")
		if err != nil {
			return err
		}
		s := &http.Server{Handler: a}
		context.AfterFunc(ctx, func() { s.Close() })
		s.Serve(l)
		return nil
	}
}

// A service gets a certificate when it is first asked for, for all that ask at once, keeps it over
// a restart, and renews it before it ends.
func TestACME(t *testing.T) {
	const day = 24 * time.Hour
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		a := newAuthority("http://authority", 90*day)
		web := l.Host(host, certified(&store{}))
		sw := l.Switch("sw", web, l.Host("authority", authorityService(a)))
		me := l.Host("me", nil)
		l.Link(me, sw, fault.Delay(time.Millisecond, 0))
		visit := func(name string) (*tls.Conn, error) {
			config := Client(a.pool(), nil)
			config.ServerName = name
			c, err := (&Dialer{Dial: me.DialContext, Config: config}).DialContext(
				context.Background(), "tcp", host+":443")
			if err != nil {
				return nil, err
			}
			c.Close()
			return c.(*tls.Conn), nil
		}
		var wg sync.WaitGroup
		for _, name := range []string{host, host, "WWW.Example.org"} {
			wg.Go(func() {
				if _, err := visit(name); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		want := []string{host + " ECDSA"}
		if got := a.issued(); !slices.Equal(got, want) {
			t.Fatalf("issued %v, want %v: one order for all", got, want)
		}
		if _, err := visit("other.example.org"); err == nil {
			t.Error("a certificate for a name that is not the service's")
		}

		web.Crash()
		web.Restart()
		if _, err := visit(host); err != nil {
			t.Error("after a restart:", err)
		}
		if got := a.issued(); !slices.Equal(got, want) {
			t.Errorf("issued %v, want %v: the cache has it", got, want)
		}

		time.Sleep(80 * day)
		c, err := visit(host)
		if err != nil {
			t.Fatal(err)
		}
		// A crash in a lab ends no timer: the machine of before may renew in the same second.
		if got := a.issued(); len(got) < 2 || len(got) > 3 {
			t.Errorf("issued %v, want a second one before the first ends", got)
		}
		if n := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); n < 3 {
			t.Errorf("the certificate has serial number %d, that of before", n)
		}
	}, lab.Limit(100*day))
}

// Who waits for a certificate does so no longer than his handshake may take, and no name but the
// service's keeps anybody waiting.
func TestACMEWaits(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		web, silent := l.Host(host, certified(nil)), l.Host("authority", nil)
		me := l.Host("me", nil)
		l.Switch("sw", web, silent, me)
		if _, err := silent.Listen("tcp", ":80"); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				d := &Dialer{Dial: me.DialContext, Config: Client(nil, nil), Timeout: time.Minute}
				begin := l.Now()
				_, err := d.DialContext(context.Background(), "tcp", host+":443")
				if took := l.Now() - begin; err == nil || took.Round(time.Second) != TimeoutDefault {
					t.Errorf("a handshake took %v and ended with %v", took, err)
				}
			})
		}
		wg.Wait()
		web.Crash()
		time.Sleep(10 * time.Minute) // the order gives up
	}, lab.Limit(time.Hour))
}

func TestACMEHosts(t *testing.T) {
	for _, c := range []struct {
		hosts []string
		want  string
	}{
		{nil, "needs the names"},
		{[]string{"www.example.org", "localhost"}, `"localhost"`},
		{[]string{"*.example.org"}, `"*.example.org"`},
		{[]string{"example.org:443"}, `"example.org:443"`},
	} {
		_, err := ACME{Hosts: c.hosts}.Server(nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.hosts, err, c.want)
		}
	}
	config, err := ACME{Hosts: []string{"example.org."}}.Server(nil)
	if err != nil || config.MinVersion != tls.VersionTLS13 ||
		fmt.Sprint(config.NextProtos) != "[h2 http/1.1 acme-tls/1]" {
		t.Errorf("%v, %v", config, err)
	}
}
