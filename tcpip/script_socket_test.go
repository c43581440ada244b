package tcpip

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
)

// addrPort reads "10.0.0.1:80", "[::1]:80" or ":80".
func addrPort(t *testing.T, d *datadriven.TestData, s string) netip.AddrPort {
	if strings.HasPrefix(s, ":") {
		s = "[::]" + s
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return a
}

// payload is the bytes that a command names: so many, or a text.
func payload(t *testing.T, d *datadriven.TestData, i int) []byte {
	if n, err := strconv.Atoi(d.CmdArgs[i].Key); err == nil {
		return []byte(strings.Repeat("x", n))
	}
	return []byte(strings.Trim(d.CmdArgs[i].Key, `"`))
}

// show prints bytes that are not all the same as they are, others as their number.
func show(b []byte) string {
	if strings.Trim(string(b), "x") == "" {
		return strconv.Itoa(len(b)) + " bytes"
	}
	return strconv.Quote(string(b))
}

func (e *env) listen(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	at := addrPort(t, d, d.CmdArgs[1].Key)
	l, err := h.stack.ListenTCP(at, number(t, d, "backlog", 0))
	if err != nil {
		e.printf("error: %v", err)
		return
	}
	e.sockets[h.name+" "+strconv.Itoa(int(l.LocalAddr().Port()))] = l
}

func (e *env) listenerArg(t *testing.T, d *datadriven.TestData) *TCPListener {
	l, ok := e.sockets[d.CmdArgs[0].Key+" "+d.CmdArgs[1].Key].(*TCPListener)
	if !ok {
		d.Fatalf(t, "nobody listens there")
	}
	return l
}

func (e *env) closeListener(t *testing.T, d *datadriven.TestData) {
	e.listenerArg(t, d).Close(e.now)
}

func (e *env) dial(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	var from netip.AddrPort
	if s := option(d, "from", ""); s != "" {
		from = addrPort(t, d, s)
	}
	s, err := h.stack.DialTCP(e.now, from, addrPort(t, d, d.CmdArgs[1].Key), tcp.Options{})
	if err != nil {
		e.printf("error: %v", err)
		return
	}
	e.sockets[option(d, "as", "c")] = s
}

func (e *env) accept(t *testing.T, d *datadriven.TestData) {
	s := e.listenerArg(t, d).Accept()
	if s == nil {
		e.printf("nobody waits")
		return
	}
	e.sockets[option(d, "as", "s")] = s
	e.printf("%v from %v, %v", s.LocalAddr(), s.RemoteAddr(), s.State())
}

func (e *env) tcpArg(t *testing.T, d *datadriven.TestData) (*testHost, *TCPSocket) {
	s, ok := e.sockets[d.CmdArgs[0].Key].(*TCPSocket)
	if !ok {
		d.Fatalf(t, "no connection %q", d.CmdArgs[0].Key)
	}
	for _, h := range e.order {
		if h.stack.tcp.find(s.id, s.local, s.remote) == s {
			return h, s
		}
	}
	return e.order[0], s // gone from its host: only what was received counts
}

func (e *env) send(t *testing.T, d *datadriven.TestData) {
	h, s := e.tcpArg(t, d)
	var q buffer.Queue
	q.Append(payload(t, d, 1))
	s.Send(&q)
	h.stack.Touch(s)
}

func (e *env) recv(t *testing.T, d *datadriven.TestData) {
	h, s := e.tcpArg(t, d)
	var q buffer.Queue
	n := s.Receive(&q)
	b := make([]byte, n)
	q.Read(b)
	s.Consumed(n)
	h.stack.Touch(s)
	switch {
	case n > 0:
		e.printf("%s", show(b))
	case s.PeerClosed():
		e.printf("end of stream")
	case s.Err() != nil:
		e.printf("error: %v", s.Err())
	}
}

func (e *env) end(t *testing.T, d *datadriven.TestData) {
	h, s := e.tcpArg(t, d)
	switch d.Cmd {
	case "close":
		s.Close(e.now)
	case "shutdown":
		s.CloseWrite(e.now)
	case "abort":
		s.Abort(e.now)
	}
	h.stack.Touch(s)
}

func (e *env) udp(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	var to netip.AddrPort
	if s := option(d, "to", ""); s != "" {
		to = addrPort(t, d, s)
	}
	u, err := h.stack.OpenUDP(e.now, addrPort(t, d, d.CmdArgs[1].Key), to)
	if err != nil {
		e.printf("error: %v", err)
		return
	}
	e.sockets[option(d, "as", "u")] = u
	e.printf("%v", u.LocalAddr())
}

func (e *env) udpArg(t *testing.T, d *datadriven.TestData) *UDPSocket {
	u, ok := e.sockets[d.CmdArgs[0].Key].(*UDPSocket)
	if !ok {
		d.Fatalf(t, "no UDP socket %q", d.CmdArgs[0].Key)
	}
	return u
}

func (e *env) sendTo(t *testing.T, d *datadriven.TestData) {
	if err := e.udpArg(t, d).SendTo(payload(t, d, 2), addrPort(t, d, d.CmdArgs[1].Key)); err != nil {
		e.printf("error: %v", err)
	}
}

func (e *env) receiveFrom(t *testing.T, d *datadriven.TestData) {
	u := e.udpArg(t, d)
	if err := u.Err(); err != nil {
		e.printf("error: %v", err)
	}
	b := make([]byte, 1<<16)
	for {
		n, from, ok := u.ReceiveFrom(b)
		if !ok {
			return
		}
		e.printf("%s from %v", show(b[:n]), from)
	}
}

func (e *env) closeUDP(t *testing.T, d *datadriven.TestData) { e.udpArg(t, d).Close(e.now) }

func (e *env) ping(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	s, err := h.stack.OpenEcho(e.now, netip.MustParseAddr(d.CmdArgs[1].Key))
	if err == nil {
		err = s.Send(e.now, uint16(number(t, d, "seq", 1)), make([]byte, number(t, d, "size", 56)))
	}
	if err != nil {
		e.printf("error: %v", err)
		return
	}
	e.sockets[option(d, "as", "e")] = s
}

func (e *env) pong(t *testing.T, d *datadriven.TestData) {
	s, ok := e.sockets[d.CmdArgs[0].Key].(*EchoSocket)
	if !ok {
		d.Fatalf(t, "no echo socket %q", d.CmdArgs[0].Key)
	}
	if err := s.Err(); err != nil {
		e.printf("error: %v", err)
	}
	for {
		at, ok := s.Receive()
		if !ok {
			return
		}
		e.printf("reply at %v", at)
	}
}
