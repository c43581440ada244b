package iperf

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// Client runs tests against a server, one at a time.
type Client struct {
	Local
	Dialer Dialer
	Addr   string // of the server, host:port

	// Cookie is drawn upon for 36 bytes a test. In a lab it is a seeded stream, else crypto/rand's
	// Reader.
	Cookie io.Reader
}

// Run runs a test and returns its result, which is never nil: a test that failed has an Error in
// it, and whatever was found out before.
//
// The error is an *Error if the other side is to blame or says so, ErrBusy among them; the cause
// of ctx if that has ended; else what the dialer or the test's settings have come to. When ctx
// ends the server is told so.
func (c *Client) Run(ctx context.Context, test Test) (*Result, error) {
	r := &clientRun{client: c, test: test}
	r.t = &transfer{result: &Result{Intervals: []Interval{}}} // until the test is known
	r.t.result.Start.Connected = []Connected{}
	err := r.run(ctx)
	if err != nil {
		r.t.result.Error = err.Error()
		c.observe(Event{Kind: EventError, Result: r.t.result, Err: err})
	}
	return r.t.result, err
}

// clientRun is one test of a client.
type clientRun struct {
	client *Client
	test   Test
	cookie cookie
	ctrl   *control
	rtt    time.Duration // of the control connection, at best
	t      *transfer
}

func (r *clientRun) run(ctx context.Context) error {
	if err := r.test.check(); err != nil {
		return err
	}
	if r.client.Dialer == nil || r.client.Cookie == nil {
		return errors.New("iperf: client needs a Dialer and a Cookie")
	}
	var err error
	if r.cookie, err = newCookie(r.client.Cookie); err != nil {
		return err
	}
	before := time.Now()
	conn, err := dial(ctx, r.client.Dialer, "tcp", r.client.Addr)
	if err != nil {
		return err
	}
	r.rtt = time.Since(before)
	r.ctrl = newControl(ctx, conn)
	defer r.ctrl.close()
	defer func() { r.t.close() }() // before the control connection, as iperf3 does
	if err = r.setUp(ctx); err == nil {
		err = r.transfer(ctx)
	}
	if err != nil {
		if e := (*Error)(nil); !errors.As(err, &e) || !e.Remote { // the server does not know yet
			r.ctrl.farewell(byte(clientTerminate))
		}
	}
	return err
}

// setUp agrees on the test and opens its streams.
func (r *clientRun) setUp(ctx context.Context) error {
	info, _ := r.client.stats(r.ctrl.conn)
	if r.test.BlockSize == 0 { // of a datagram: the control connection knows what fits
		r.test.BlockSize = datagramSizeDefault
		if info.MSS >= DatagramSizeMin && info.MSS <= DatagramSizeMax {
			r.test.BlockSize = info.MSS
		}
	}
	r.t = newTransfer(&r.test, &r.client.Local, false)
	r.t.describe(r.cookie, info.MSS)
	host, port := hostPort(r.ctrl.conn.RemoteAddr())
	if h, _, err := net.SplitHostPort(r.client.Addr); err == nil {
		host = h
	}
	r.t.result.Start.ConnectingTo = &Endpoint{Host: host, Port: port}

	before := time.Now()
	if err := r.ctrl.write(r.cookie[:]); err != nil {
		return err
	}
	if err := r.ctrl.expect(paramExchange); err != nil {
		return err
	}
	r.rtt = min(r.rtt, time.Since(before))
	if err := r.ctrl.sendJSON(r.test.params(r.client.Version)); err != nil {
		return err
	}
	if err := r.ctrl.expect(createStreams); err != nil {
		return err
	}
	for range r.t.want() { // one after another: both sides number them as they come
		if err := r.open(ctx); err != nil {
			return err
		}
	}
	r.t.begun()
	if err := r.ctrl.expect(testStart); err != nil {
		return err
	}
	return r.ctrl.expect(testRunning)
}

// open opens the next stream.
func (r *clientRun) open(ctx context.Context) error {
	if r.test.Protocol == UDP {
		conn, early, err := r.dialUDP(ctx)
		if err != nil {
			return err
		}
		r.t.add(conn).early = early
		return nil
	}
	conn, err := dial(ctx, r.client.Dialer, "tcp", r.client.Addr)
	if err != nil {
		return err
	}
	s := r.t.add(conn)
	if err := r.client.tune(conn, &r.test); err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Now().Add(controlTimeout))
	if _, err := s.conn.Write(r.cookie[:]); err != nil {
		return &Error{Code: CodeConnect, Err: err}
	}
	return conn.SetWriteDeadline(time.Time{})
}

// transfer runs the test and exchanges results.
func (r *clientRun) transfer(ctx context.Context) error {
	t := r.t
	t.begin()
	t.send()
	r.ctrl.listen()
	m, err := t.wait(ctx, r.ctrl.heard)
	t.finish()
	if m != nil && err == nil {
		err = fail(CodeMessage, "got %v while data flows", m.state)
	}
	if err == nil {
		err = r.exchange()
	}
	t.result.End = t.end()
	if err != nil {
		t.result.Error = err.Error()
	}
	t.local.observe(Event{Kind: EventEnd, Result: t.result})
	if err != nil {
		return err
	}
	passInstant() // for receivers to read what has come
	t.close()
	r.ctrl.send(iperfDone) // all is said; a server that has gone already does not matter
	return nil
}

// exchange ends the test at the server and swaps results.
func (r *clientRun) exchange() error {
	if err := r.ctrl.send(testEnd); err != nil {
		return err
	}
	if err := r.ctrl.await(exchangeResults); err != nil {
		return err
	}
	if err := r.ctrl.sendJSON(r.t.results()); err != nil {
		return err
	}
	var theirs results
	if err := r.ctrl.receiveJSON(&theirs, resultsSizeMax, CodeResults); err != nil {
		return err
	}
	if err := r.t.merge(&theirs); err != nil {
		return err
	}
	if r.test.GetServerOutput {
		r.t.result.ServerOutputJSON = theirs.ServerOutputJSON
		r.t.result.ServerOutputText = theirs.ServerOutputText
	}
	return r.ctrl.expect(displayResults)
}
