package iperf

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// wrapDialer changes the connections of a dialer.
type wrapDialer struct {
	Dialer
	wrap func(network string, c net.Conn) net.Conn
}

func (d wrapDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return d.wrap(network, c), nil
}

// faulty is a connection on which writes of data fail when fails says so.
type faulty struct {
	net.Conn
	writes int
	fails  func(write int) bool
}

var errFaulty = errors.New("no buffer space")

func (c *faulty) Write(b []byte) (int, error) {
	if len(b) > cookieSize {
		if c.writes++; c.fails(c.writes) {
			return 0, errFaulty
		}
	}
	return c.Conn.Write(b)
}

// A datagram that the system does not take is not counted and no loss; a hundred in a row end the
// test, and so does one failed write of a TCP stream.
func TestWriteErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		test  Test
		fails func(n int) bool
		want  error
	}{
		{"now and then", Test{Protocol: UDP}, func(n int) bool { return n%5 == 0 }, nil},
		{"99 in a row", Test{Protocol: UDP}, func(n int) bool { return n > 5 && n < 105 }, nil},
		{"always", Test{Protocol: UDP}, func(n int) bool { return true }, errFaulty},
		{"TCP", Test{}, func(n int) bool { return n == 3 }, errFaulty},
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			streams := 0
			m.c.Dialer = wrapDialer{m.client, func(network string, c net.Conn) net.Conn {
				if streams++; streams == 1 { // control
					return c
				}
				return &faulty{Conn: c, fails: tt.fails}
			}}
			tt.test.Duration = time.Second
			r, err := m.c.Run(t.Context(), tt.test)
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			if tt.want != nil {
				var e *Error
				if !errors.As(err, &e) || e.Code != CodeStreamWrite {
					t.Errorf("%s: %v, want code %d", tt.name, err, CodeStreamWrite)
				}
				return
			}
			u := r.End.SumReceived.UDPTotals
			if u.LostPackets != 0 || u.Packets != 90 || r.End.SumSent.Packets != 90 {
				t.Errorf("%s: %+v, want all 90 datagrams sent at last, and no loss", tt.name, u)
			}
		})
	}
}

// plain is a PacketConn with nothing but the interface's methods.
type plain struct{ net.PacketConn }

// stray is one that hears datagrams from elsewhere, and errors, in between.
type stray struct {
	net.PacketConn
	n int
}

func (s *stray) ReadFrom(b []byte) (int, net.Addr, error) {
	switch s.n++; s.n % 3 {
	case 0:
		return copy(b, "stray"), &net.UnixAddr{Name: "elsewhere"}, nil
	case 1:
		return 0, nil, errors.New("connection refused")
	}
	return s.PacketConn.ReadFrom(b)
}

func TestUDPSocketKinds(t *testing.T) {
	for name, wrap := range map[string]func(net.PacketConn) net.PacketConn{
		"plain": func(c net.PacketConn) net.PacketConn { return plain{c} },
		"stray": func(c net.PacketConn) net.PacketConn { return &stray{PacketConn: c} },
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			m.s.ListenPacket = func(network, addr string) (net.PacketConn, error) {
				c, err := m.server.ListenPacket(network, addr)
				return wrap(c), err
			}
			r, err := m.c.Run(t.Context(), Test{Protocol: UDP, Bidirectional: true,
				Duration: time.Second})
			if err != nil || r.End.SumReceived.Packets != 90 || r.End.SumReceived.LostPackets != 0 {
				t.Errorf("%s: %v, %+v, want 90 datagrams", name, err, r.End.SumReceived)
			}
		})
	}
}

// Strangers' datagrams, and streams beyond those asked for, do not count.
func TestUDPStrangers(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		other := m.net.host("10.0.0.3")
		time.AfterFunc(500*time.Millisecond, func() {
			c, err := other.DialContext(t.Context(), "udp", "10.0.0.2:5201")
			if err != nil {
				t.Error(err)
				return
			}
			c.Write([]byte(udpHello))
			c.Write(make([]byte, 1460))
			c.Close()
		})
		r, err := m.c.Run(t.Context(), Test{Protocol: UDP, Duration: time.Second})
		if err != nil || r.End.SumReceived.Packets != 90 || r.End.SumReceived.Bytes != 90*1460 {
			t.Errorf("%v, %+v, want 90 datagrams", err, r.End.SumReceived)
		}
	})
}

// The processor's time is what the caller's clock says, in per cent.
func TestCPU(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		start := time.Now()
		m.c.CPU = func() (user, system time.Duration) {
			d := time.Since(start)
			return d / 4, d / 2
		}
		var server atomic.Int64
		m.s.CPU = func() (user, system time.Duration) {
			return time.Duration(server.Add(1)) * time.Second, 0
		}
		r, err := m.c.Run(t.Context(), Test{Duration: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		got := *r.End.CPU
		if math.Abs(got.HostUser-25) > 1e-6 || math.Abs(got.HostSystem-50) > 1e-6 ||
			math.Abs(got.HostTotal-75) > 1e-6 || got.RemoteUser < 95 || got.RemoteUser > 100 ||
			got.RemoteSystem != 0 {
			t.Errorf("%+v, want 25 %% and 50 %% here, one second of about 1.02 there", got)
		}
	})
}

// Results that are none end the test on either side.
func TestBadResults(t *testing.T) {
	bad := withLength(`{"streams":[]}`)
	bubbleAlone(t, func(t *testing.T, m *memLab) {
		got := m.fakeServer("\x09\x0a\x01\x02", "\x0d"+bad)
		r, err := m.c.Run(t.Context(), Test{Bytes: 10})
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeResults || e.Remote {
			t.Errorf("client: %v, want code %d", err, CodeResults)
		}
		if r.End.SumSent == nil || r.End.SumSent.Bytes != 10 {
			t.Errorf("client's result: %+v, want its own count", r.End)
		}
		if !strings.HasSuffix(<-got, "\x0c") {
			t.Error("client did not say that it goes")
		}
	})
	bubble(t, 1, func(t *testing.T, m *memLab) {
		ctrl, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
		if err != nil {
			t.Fatal(err)
		}
		defer ctrl.Close()
		io.WriteString(ctrl, someCookie+withLength(`{"tcp":true,"num":4}`))
		io.ReadFull(ctrl, make([]byte, 2)) // PARAM_EXCHANGE, CREATE_STREAMS
		data, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		io.WriteString(data, someCookie+"data")
		io.ReadFull(ctrl, make([]byte, 2)) // TEST_START, TEST_RUNNING
		io.WriteString(ctrl, "\x04"+bad)
		answer, _ := io.ReadAll(ctrl)
		if want := "\x0d\xfe\x00\x00\x00\x75\x00\x00\x00\x00"; string(answer) != want {
			t.Errorf("server said % x, want % x: SERVER_ERROR %d", answer, want, CodeResults)
		}
	})
}

func TestTextErr(t *testing.T) {
	x := NewText(&brokenWriter{})
	x.Event(Event{Kind: EventStart, Result: &Result{Start: Start{TestStart: &TestStart{},
		ConnectingTo: &Endpoint{Host: "h", Port: 1}}}})
	if x.Err() == nil {
		t.Error("a writer that is full gave no error")
	}
}
