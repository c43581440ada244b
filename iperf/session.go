package iperf

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// session is one test of a server. It runs in the goroutine of its control connection.
type session struct {
	hub   *hub
	hi    *hello // of the control connection
	local Local  // with the hub's observer
	ctrl  *control
	t     *transfer
	udp   *udpSocket // nil for TCP
	text  bytes.Buffer

	cookie   cookie
	want     atomic.Int32 // TCP streams that may come, 0 before they are asked for
	given    int          // streams that have come; the hub's
	arrivals chan *hello  // streams that have come
}

func newSession(h *hub, hi *hello) *session {
	s := &session{hub: h, hi: hi, cookie: hi.cookie, local: h.server.Local}
	s.arrivals = make(chan *hello, 2*StreamsMax)
	s.local.Observe = h.observe
	return s
}

// drop closes the streams that nobody has fetched.
func (s *session) drop() {
	for len(s.arrivals) > 0 {
		(<-s.arrivals).conn.Close()
	}
}

// free lets the hub take the next client. After that no stream comes any more.
func (s *session) free(ctx context.Context) {
	s.want.Store(0)
	select {
	case s.hub.freed <- struct{}{}:
	case <-ctx.Done():
	}
}

// run serves the test. The client that failed is told why, and the observer too.
func (s *session) run(ctx context.Context) {
	s.hi.conn.SetReadDeadline(time.Time{})
	s.ctrl = newControl(ctx, s.hi.conn)
	defer s.ctrl.close()
	err := s.agree()
	if err == nil {
		err = s.serve(ctx)
	}
	if s.udp != nil {
		s.udp.close() // its port may be wanted at once
	}
	s.free(ctx)
	if err != nil {
		s.failed(ctx, err)
	} else if s.ctrl.send(displayResults) == nil {
		// The client's last word is awaited, so that it is not answered with a reset.
		s.ctrl.next(controlTimeout)
	}
	s.close()
}

// close ends the streams. It may be called twice.
func (s *session) close() {
	if s.t != nil {
		s.t.close()
	}
}

// failed tells the client why its test has ended, before the streams' end can puzzle it, and the
// observer too.
func (s *session) failed(ctx context.Context, err error) {
	var e *Error
	switch {
	case ctx.Err() != nil:
		s.ctrl.farewell(byte(serverTerminate))
	case errors.As(err, &e) && !e.Remote:
		s.ctrl.refuse(e.Code)
	}
	s.close()
	var result *Result
	if s.t != nil {
		result = s.t.result
		result.Error = err.Error()
	}
	s.local.observe(Event{Kind: EventError, Result: result, Err: err})
}

// agree asks the client what it wants.
func (s *session) agree() error {
	if err := s.ctrl.send(paramExchange); err != nil {
		return err
	}
	var p params
	if err := s.ctrl.receiveJSON(&p, paramsSizeMax, CodeParams); err != nil {
		return err
	}
	test, err := p.test()
	if err != nil {
		return err
	}
	if test.Interval = s.hub.server.Interval; test.Interval == 0 {
		test.Interval = intervalDefault
	}
	s.t = newTransfer(test, &s.local, true)
	info, _ := s.local.stats(s.ctrl.conn)
	s.t.describe(s.cookie, info.MSS)
	host, port := hostPort(s.ctrl.conn.RemoteAddr())
	s.t.result.Start.AcceptedConnection = &Endpoint{Host: host, Port: port}
	if test.GetServerOutput && !s.hub.server.JSON {
		text := NewText(&s.text)
		s.local.Observe = func(e Event) {
			text.Event(e)
			s.hub.observe(e)
		}
	}
	return nil
}

// serve opens the streams, runs the test and swaps results.
func (s *session) serve(ctx context.Context) error {
	t := s.t
	if t.test.Protocol == UDP {
		if s.hub.server.ListenPacket == nil {
			return fail(CodeListen, "UDP is not offered here")
		}
		pc, err := s.hub.server.ListenPacket("udp", s.ctrl.conn.LocalAddr().String())
		if err != nil {
			return &Error{Code: CodeListen, Err: err}
		}
		if err := setBuffers(pc, t.test.Window); err != nil {
			pc.Close()
			return &Error{Code: CodeWindow, Err: err}
		}
		s.udp = newUDPSocket(t, pc)
	} else {
		s.want.Store(int32(t.want()))
	}
	if err := s.ctrl.send(createStreams); err != nil {
		return err
	}
	s.ctrl.listen()
	if err := s.gather(); err != nil {
		return err
	}
	t.begun()
	t.begin()
	if err := s.ctrl.send(testStart, testRunning); err != nil {
		return err
	}
	t.send()
	m, err := t.wait(ctx, s.ctrl.heard)
	if err == nil {
		err = m.want(testEnd)
	}
	if err == nil {
		t.drain(ctx)
	}
	t.finish()
	if err != nil {
		t.result.End = t.end()
		t.local.observe(Event{Kind: EventEnd, Result: t.result})
		return err
	}
	s.close()
	return s.exchange()
}

// gather waits until all streams have come.
func (s *session) gather() error {
	var come []*hello
	var flows chan *udpFlow
	if s.udp != nil {
		flows = s.udp.flows
	}
	timer := time.NewTimer(controlTimeout)
	defer timer.Stop()
	for n := 0; n < s.t.want(); n++ {
		select {
		case hi := <-s.arrivals:
			come = append(come, hi)
		case f := <-flows:
			f.stream.Store(s.t.add(f))
			f.welcome()
		case m := <-s.ctrl.heard:
			closeAll(come)
			if m.err == nil {
				m.err = fail(CodeMessage, "got %v while streams are opened", m.state)
			}
			return m.err
		case <-timer.C:
			closeAll(come)
			return fail(CodeAccept, "%d of %d streams came in %v", n, s.t.want(), controlTimeout)
		}
	}
	// Cookies may have been read in another order than connections were accepted.
	slices.SortFunc(come, func(a, b *hello) int { return a.order - b.order })
	for _, hi := range come {
		hi.conn.SetReadDeadline(time.Time{})
		s.t.add(hi.conn)
		s.local.tune(hi.conn, s.t.test) // a setting that this side lacks does not end a test
	}
	return nil
}

func closeAll(come []*hello) {
	for _, hi := range come {
		hi.conn.Close()
	}
}

// exchange swaps results with the client. The server's report, which the client may have asked for,
// is of what the server alone has seen, as it is in iperf3.
func (s *session) exchange() error {
	t := s.t
	t.result.End = t.end()
	own := t.results()
	if err := s.ctrl.send(exchangeResults); err != nil {
		return err
	}
	var theirs results
	if err := s.ctrl.receiveJSON(&theirs, resultsSizeMax, CodeResults); err != nil {
		return err
	}
	if t.test.GetServerOutput && s.hub.server.JSON {
		text, err := json.Marshal(t.result)
		if err != nil {
			panic("iperf: BUG: " + err.Error())
		}
		own.ServerOutputJSON = text
	}
	if err := t.merge(&theirs); err != nil {
		return err
	}
	t.result.End = t.end()
	t.local.observe(Event{Kind: EventEnd, Result: t.result})
	own.ServerOutputText = s.text.String()
	if len(own.ServerOutputText)+len(own.ServerOutputJSON) > serverOutputMax {
		own.ServerOutputText, own.ServerOutputJSON = "", nil
	}
	return s.ctrl.sendJSON(own)
}
