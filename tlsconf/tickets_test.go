package tlsconf

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/lab"
)

// certificate returns a certificate for the name "server" and the roots that it is good for.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	l := lab.New(t, lab.Seed(1))
	defer l.Close()
	return l.Host("server", nil).Certificate(), l.CertPool()
}

// client returns a client of that server.
func client(roots *x509.CertPool, c Clones) *tls.Config {
	config := Client(roots, c)
	config.ServerName = "server"
	return config
}

// wiretap keeps what is written.
type wiretap struct {
	net.Conn
	sent *bytes.Buffer
}

func (w wiretap) Write(p []byte) (int, error) {
	w.sent.Write(p)
	return w.Conn.Write(p)
}

// meeting is what became of a handshake.
type meeting struct {
	resumed bool
	hello   []byte // all that the client sent until it was done
	ticket  []byte // that the client got
	key     []byte // exported from the connection (RFC 8446 §7.5)
}

// meet has a client and a server shake hands and exchange a byte, so that the ticket arrives.
func meet(t *testing.T, server, client *tls.Config) (m meeting) {
	t.Helper()
	a, b := net.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		s := tls.Server(b, server)
		if _, err := s.Write([]byte{1}); err != nil {
			t.Error("server:", err)
		}
		io.Copy(io.Discard, s)
		b.Close()
	})
	var sent bytes.Buffer
	c := tls.Client(wiretap{a, &sent}, client)
	if err := c.Handshake(); err != nil {
		t.Error("client:", err)
	}
	m.hello = bytes.Clone(sent.Bytes())
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Error("client:", err)
	}
	state := c.ConnectionState()
	m.resumed = state.DidResume
	m.key, _ = state.ExportKeyingMaterial("test", nil, 32)
	if s, ok := client.ClientSessionCache.Get("server"); ok {
		m.ticket, _, _ = s.ResumptionState()
	}
	c.Close()
	a.Close()
	wg.Wait()
	return m
}

// A key seals for one life and opens for two.
func TestTicketKeysRotate(t *testing.T) {
	cert, roots := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		server := Server(cert, nil)
		for _, c := range []struct {
			after time.Duration // since the session began, at half of a key's life
			want  bool
		}{
			{time.Minute, true}, {TicketKeyLife, true}, {3*TicketKeyLife/2 - time.Minute, true},
			{3*TicketKeyLife/2 + time.Minute, false}, {10 * TicketKeyLife, false},
		} {
			time.Sleep(3 * TicketKeyLife)       // none of the keys of before counts
			meet(t, server, client(roots, nil)) // draws one
			time.Sleep(TicketKeyLife / 2)
			me := client(roots, nil)
			if m := meet(t, server, me); m.resumed || m.ticket == nil {
				t.Fatalf("first meeting: resumed %v, ticket %x", m.resumed, m.ticket)
			}
			time.Sleep(c.after)
			if m := meet(t, server, me); m.resumed != c.want {
				t.Errorf("%v later: resumed %v, want %v", c.after, m.resumed, c.want)
			}
		}
	})
}

// A wall clock that was set back does not make a key live longer.
func TestTicketKeysUnderClockSetBack(t *testing.T) {
	tickets := &tickets{}
	first := tickets.current()
	if tickets.current() != first {
		t.Fatal("a key is drawn at each use")
	}
	tickets.made = tickets.made.Add(time.Hour)
	if tickets.current() == first {
		t.Error("a key from the future is still in use")
	}
	if len(tickets.keys) != 1 {
		t.Errorf("%d keys, want the new one alone", len(tickets.keys))
	}
}

// What http.Server.ServeTLS does with a configuration must not leave keys behind that nobody
// throws away.
func TestCopiedConfigForgets(t *testing.T) {
	cert, roots := certificate(t)
	c := &copies{}
	server, me := Server(cert, c).Clone(), client(roots, nil)
	meet(t, server, me)
	if !meet(t, server, me).resumed {
		t.Fatal("no resumption to begin with")
	}
	c.silentClone()
	if meet(t, server, me).resumed {
		t.Error("a ticket of before the copy was taken afterwards")
	}
	if !meet(t, server, me).resumed {
		t.Error("a new ticket is not taken")
	}
}

// A client in a copy has no sessions.
func TestSessionsForgotten(t *testing.T) {
	cert, roots := certificate(t)
	c := &copies{}
	server, me := Server(cert, nil), client(roots, c)
	meet(t, server, me)
	if !meet(t, server, me).resumed {
		t.Fatal("no resumption to begin with")
	}
	c.silentClone()
	if meet(t, server, me).resumed {
		t.Error("a session of before the copy was resumed afterwards")
	}
}

// A key that is drawn while the machine is copied is not used: the original has it too.
func TestKeyDrawnDuringClone(t *testing.T) {
	c := &copies{}
	tickets := &tickets{clones: c}
	drawnIn := c.Generation()
	c.silentClone()
	var fresh [32]byte
	if tickets.look(time.Now(), c.Generation(), drawnIn == c.Generation(), &fresh) != nil {
		t.Error("a key of before the copy seals tickets after it")
	}
}
