package tlsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
)

var _ Clones = (*entropy.System)(nil)

// With package entropy's own system: the first use of anything after the copy finds it out, the
// connections of before end at both ends, and no session is resumed.
func TestEntropySystem(t *testing.T) {
	var g entropytest.Generation
	system := entropytest.Deterministic(t, "tls", &g)
	change := func(l *Listener) {
		l.Clones = system
		l.Config = Server(l.Config.Certificates[0], system)
	}
	inLab(t, change, func(t *testing.T, p *pair) {
		ctx := context.Background()
		p.dialer.Clones = system
		dial := func() *tls.Conn {
			c, err := p.dialer.DialContext(ctx, "tcp", "server:443")
			if err != nil {
				t.Fatal(err)
			}
			b := []byte("hello")
			c.Write(b)
			if _, err := io.ReadFull(c, b); err != nil {
				t.Fatal(err)
			}
			return c.(*tls.Conn)
		}
		first, second := dial(), dial()
		if !second.ConnectionState().DidResume {
			t.Fatal("no resumption to begin with")
		}
		g.Copy()
		if _, err := first.Write([]byte("after")); !errors.Is(err, ErrCloned) {
			t.Errorf("write in a copy: %v, want ErrCloned", err)
		}
		time.Sleep(time.Second) // the system tells all others
		if _, err := second.Read(make([]byte, 1)); err == nil {
			t.Error("a connection that said nothing is still open")
		}
		first.Close()
		second.Close()
		third, fourth := dial(), dial()
		if third.ConnectionState().DidResume {
			t.Error("a session of before the copy was resumed")
		}
		if !fourth.ConnectionState().DidResume {
			t.Error("no session is resumed any more")
		}
		third.Close()
		fourth.Close()
	})
}
