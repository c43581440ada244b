package tlsconf

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

// snapshot is a server at rest.
type snapshot struct {
	cert  tls.Certificate
	roots *x509.CertPool
	box   *tls.Config // of its tickets
	keys  [][32]byte
}

// take runs a server until it has a key for its tickets.
func take(t *testing.T) (s snapshot) {
	t.Helper()
	s.cert, s.roots = certificate(t)
	synctest.Test(t, func(t *testing.T) {
		keys := &tickets{}
		server := Server(s.cert, nil)
		server.WrapSession, server.UnwrapSession = keys.wrap, keys.unwrap
		meet(t, server, client(s.roots, nil))
		s.box, s.keys = keys.box, keys.keys
	})
	return s
}

// restore starts a copy of the server at the instant of the snapshot, which finds out that it is
// one or does not, and has it shake hands with a client of those sessions. What crypto/rand
// yields follows from the seed: one for all copies if its generator does not know of them either.
func (s snapshot) restore(t *testing.T, seed uint64, found bool, sessions tls.ClientSessionCache) (
	m meeting) {
	t.Helper()
	t.Run("copy", func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		synctest.Test(t, func(t *testing.T) {
			c := &copies{}
			keys := &tickets{clones: c, box: s.box, keys: s.keys, made: time.Now()}
			server, me := Server(s.cert, c), client(s.roots, nil)
			server.WrapSession, server.UnwrapSession = keys.wrap, keys.unwrap
			me.ClientSessionCache = sessions
			if found {
				c.silentClone()
			}
			m = meet(t, server, me)
		})
	})
	return m
}

func fresh() tls.ClientSessionCache { return tls.NewLRUClientSessionCache(1) }

// TestSnapshotRestoredTwice restores one snapshot twice. Copies that know nothing say the same to
// the byte, and share the keys of their tickets even when their generators part; copies that know
// have nothing in common.
func TestSnapshotRestoredTwice(t *testing.T) {
	s := take(t)
	a, b := s.restore(t, 1, false, fresh()), s.restore(t, 1, false, fresh())
	if !bytes.Equal(a.ticket, b.ticket) || !bytes.Equal(a.key, b.key) || a.ticket == nil {
		t.Error("two copies that know nothing differ: this test would not see what it is for")
	}
	sessions := fresh()
	s.restore(t, 2, false, sessions)
	if !s.restore(t, 3, false, sessions).resumed {
		t.Error("two copies that know nothing do not share keys: this test shows nothing")
	}

	sessions = fresh()
	a, b = s.restore(t, 2, true, sessions), s.restore(t, 3, true, fresh())
	if a.ticket == nil || b.ticket == nil {
		t.Fatal("a copy gave no ticket")
	}
	everybody := s.restore(t, 9, true, fresh()).hello
	for _, c := range []struct {
		what string
		a, b []byte
	}{
		{"tickets", a.ticket, b.ticket}, {"keys of connections", a.key, b.key},
		{"hellos, with their key shares", a.hello, b.hello},
	} {
		if block := common(c.a, c.b, everybody); block != nil {
			t.Errorf("%s of two copies have %x in common", c.what, block)
		}
	}
	if s.restore(t, 3, true, sessions).resumed {
		t.Error("one copy opens the tickets of the other")
	}
	before := fresh()
	s.restore(t, 4, false, before)
	if s.restore(t, 5, true, before).resumed {
		t.Error("a copy opens tickets of before")
	}
}

// common returns 16 bytes that both a and b have, other than what everybody says.
func common(a, b, everybody []byte) []byte {
	for i := 0; i+16 <= len(a); i++ {
		if block := a[i : i+16]; bytes.Contains(b, block) && !bytes.Contains(everybody, block) {
			return block
		}
	}
	return nil
}
