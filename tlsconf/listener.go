package tlsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
)

// PendingDefault is how many connections a [Listener] holds before they are accepted, if nothing
// else is said.
const PendingDefault = 512

// hasteDivisor is by how much a handshake is cut shorter once half of the places are taken. Who
// connects and says nothing then needs ten times as many connections a second to keep others out.
const hasteDivisor = 10

// Listener accepts connections that have shaken hands: those of http.Server.Serve, for example.
// Who does not complete a handshake in time never reaches Accept and costs one of Pending places.
// All places taken, connections wait in the network's own queue.
type Listener struct {
	net.Listener               // where connections come from
	Config       *tls.Config   // such as that of Server; not changed after the first Accept
	Clones       Clones        // nil: nobody tells of copies
	Timeout      time.Duration // for one handshake; 0: TimeoutDefault
	Pending      int           // connections before Accept returns them; 0: PendingDefault
	Log          *slog.Logger  // what failed and why; nil: nothing is logged

	once    sync.Once
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	places  chan struct{} // one for each connection that is pending
	results chan result
	live    live
}

// result is one that Accept returns.
type result struct {
	conn net.Conn
	err  error
}

// Accept returns the next connection that has shaken hands: a *tls.Conn.
func (l *Listener) Accept() (net.Conn, error) {
	l.once.Do(l.start)
	if l.ctx.Err() == nil {
		select {
		case r := <-l.results:
			return r.conn, r.err
		case <-l.ctx.Done():
		}
	}
	return nil, &net.OpError{Op: "accept", Net: l.Addr().Network(), Addr: l.Addr(),
		Err: net.ErrClosed}
}

// Close stops to listen. Handshakes that are under way are broken off; accepted connections stay.
func (l *Listener) Close() error {
	l.once.Do(l.start)
	l.cancel()
	return l.Listener.Close()
}

func (l *Listener) start() {
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.places = make(chan struct{}, or(l.Pending, PendingDefault))
	l.results = make(chan result)
	go l.listen()
}

// listen takes connections as long as there are places for them.
func (l *Listener) listen() {
	defer l.cancel()
	for {
		select {
		case l.places <- struct{}{}:
		case <-l.ctx.Done():
			return
		}
		c, err := l.Listener.Accept()
		if err == nil {
			timeout := or(l.Timeout, TimeoutDefault)
			if len(l.places) > (cap(l.places)+1)/2 {
				timeout /= hasteDivisor
			}
			go l.shake(c, timeout)
			continue
		}
		<-l.places
		if errors.Is(err, net.ErrClosed) || !l.hand(result{err: err}) {
			return
		}
	}
}

// hand gives a result to Accept. It returns false if the listener was closed first.
func (l *Listener) hand(r result) bool {
	select {
	case l.results <- r:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// shake shakes hands with one peer and waits until it is accepted.
func (l *Listener) shake(raw net.Conn, timeout time.Duration) {
	defer func() { <-l.places }()
	raw = l.live.track(raw, l.Clones)
	c := tls.Server(raw, l.Config)
	ctx, cancel := context.WithTimeout(l.ctx, timeout)
	err := c.HandshakeContext(ctx)
	cancel()
	if err != nil {
		raw.Close()
		l.Log.Info("TLS handshake failed", "peer", raw.RemoteAddr(), "err", err)
		return
	}
	// RFC 8737 §3: a validation ends with its handshake, and nothing is said over it.
	if c.ConnectionState().NegotiatedProtocol == acme.ALPNProto || !l.hand(result{conn: c}) {
		c.Close()
	}
}
