package iperf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// handshakesMax bounds how many connections may owe a server their cookie at a time; it has room
// for all streams of a test. More are closed at once.
const handshakesMax = 512

// Server serves one test at a time; other clients are told that it is busy.
type Server struct {
	Local

	// ListenPacket opens the socket of UDP tests: net.ListenPacket or a host's. Nil refuses them.
	ListenPacket func(network, addr string) (net.PacketConn, error)

	Interval time.Duration // between reports; 1 s if 0, none if negative
	OneOff   bool          // Serve returns after one test
	JSON     bool          // clients that ask for the server's output get JSON, else text
}

// Serve serves the clients of l until ctx ends or, with OneOff, for one test, and returns nil.
// A listener that fails is returned as an error; a test that fails is only told to the observer.
// Serve closes l, and returns when all it has started has ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	h := &hub{
		server: s,
		conns:  make(chan net.Conn),
		failed: make(chan error, 1),
		hellos: make(chan *hello),
		freed:  make(chan struct{}),
		ended:  make(chan struct{}),
		turn:   make(chan struct{}, 1),
	}
	h.wg.Go(func() { h.accept(ctx, l) })
	err := h.run(ctx)
	cancel()
	l.Close()
	h.wg.Wait()
	if h.session != nil {
		h.session.drop()
	}
	return err
}

// hub is where all connections of a server meet. Its goroutine alone knows which test is going on.
//
//	accept ─conn▶ run ─starts▶ greet ─hello▶ run: no test?     greet becomes the test
//	                                              its cookie?  to the test, as a stream
//	                                              else         greet says ACCESS_DENIED
type hub struct {
	server  *Server
	conns   chan net.Conn
	failed  chan error // from accept
	hellos  chan *hello
	freed   chan struct{} // a test has all it needs from the hub: the next client may come
	ended   chan struct{} // its goroutine is about to end
	turn    chan struct{} // holds one while the observer is called
	wg      sync.WaitGroup
	session *session // nil if no test is going on
}

// observe calls the observer, one call at a time whoever calls.
func (h *hub) observe(e Event) {
	h.turn <- struct{}{}
	h.server.observe(e)
	<-h.turn
}

// hello is a connection that has sent its cookie, or has failed to.
type hello struct {
	conn    net.Conn
	order   int // in which it was accepted
	cookie  cookie
	err     error
	verdict chan *session // the test it is to be, or nil
	busy    bool          // set before the verdict
}

func (h *hub) accept(ctx context.Context, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			h.failed <- err
			return
		}
		select {
		case h.conns <- c:
		case <-ctx.Done():
			c.Close()
			h.failed <- ctx.Err()
			return
		}
	}
}

func (h *hub) run(ctx context.Context) error {
	handshakes, order := 0, 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-h.failed:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("iperf: accept: %w", err)
		case c := <-h.conns:
			if handshakes == handshakesMax {
				c.Close()
				continue
			}
			handshakes++
			order++
			hi := &hello{conn: c, order: order, verdict: make(chan *session, 1)}
			h.wg.Go(func() { h.greet(ctx, hi) })
		case hi := <-h.hellos:
			handshakes--
			hi.verdict <- h.judge(hi)
		case <-h.freed:
			h.session.drop()
			h.session = nil
		case <-h.ended:
			if h.server.OneOff {
				return nil
			}
		}
	}
}

// judge says what becomes of a connection: the test it is to begin, or nil.
func (h *hub) judge(hi *hello) *session {
	s := h.session
	switch {
	case hi.err != nil || !hi.cookie.valid():
	case s == nil:
		h.session = newSession(h, hi)
		return h.session
	case hi.cookie == s.cookie && s.given < int(s.want.Load()):
		s.given++
		s.arrivals <- hi // has room for all streams
	default:
		hi.busy = true
	}
	return nil
}

// greet reads the cookie of a new connection and does with it what the hub says.
func (h *hub) greet(ctx context.Context, hi *hello) {
	stop := context.AfterFunc(ctx, func() { hi.conn.SetDeadline(longAgo) })
	hi.conn.SetReadDeadline(time.Now().Add(cookieTimeout))
	if ctx.Err() != nil {
		hi.conn.SetDeadline(longAgo)
	}
	_, hi.err = io.ReadFull(hi.conn, hi.cookie[:])
	stop()
	select {
	case h.hellos <- hi:
	case <-ctx.Done():
		hi.conn.Close()
		return
	}
	s := <-hi.verdict
	switch {
	case s != nil:
		s.run(ctx)
		select {
		case h.ended <- struct{}{}:
		case <-ctx.Done():
		}
	case hi.err != nil || !hi.cookie.valid():
		h.turnAway(ctx, hi)
	case hi.busy:
		c := newControl(ctx, hi.conn)
		denied := accessDenied
		c.farewell(byte(denied))
		c.close()
	}
}

// turnAway answers a stranger, such as iperf2, whose protocol is another.
func (h *hub) turnAway(ctx context.Context, hi *hello) {
	c := newControl(ctx, hi.conn)
	defer c.close()
	if hi.err == nil {
		c.refuse(CodeCookie)
		hi.err = errors.New("what it sent is not a cookie")
	}
	h.observe(Event{Kind: EventError, Err: fail(CodeCookie, "%v: %w",
		hi.conn.RemoteAddr(), hi.err)})
}
