package iperf

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// stranger connects to the server and says something. It returns what comes back until the server
// closes, and how long that took.
func (m *memLab) stranger(t *testing.T, says string) (answer string, took time.Duration) {
	t.Helper()
	c, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	io.WriteString(c, says)
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("the server's answer to %q: %v", says, err)
	}
	return string(b), time.Since(start)
}

const someCookie = "abcdefghijklmnopqrstuvwxyz2345672345\x00"

func withLength(text string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
}

// What is not a client, or asks for what cannot be, gets an answer, and the server goes on.
func TestServerOfStrangers(t *testing.T) {
	garbage := "\xfe\x00\x00\x00\x69\x00\x00\x00\x00"
	refused := "\x09\xfe\x00\x00\x00"
	for _, tt := range []struct {
		name, says, answer string
		code               Code
	}{
		{"iperf2", strings.Repeat("0123456789", 10), garbage, CodeCookie},
		{"iperf2's header", "\x00\x00\x00\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 60),
			garbage, CodeCookie},
		{"HTTP", "GET / HTTP/1.1\r\nHost: 10.0.0.2:5201\r\n\r\n", garbage, CodeCookie},
		{"silence", "", "", CodeCookie},
		{"half a cookie", "abcdef", "", CodeCookie},
		{"nothing after the cookie", someCookie, "\x09\xfe\x00\x00\x00\x72\x00\x00\x00\x00", CodeParams},
		{"parameters of no length", someCookie + "\x00\x00\x00\x00", refused + "\x72\x00\x00\x00\x00",
			CodeParams},
		{"parameters of 4 GB", someCookie + "\xff\xff\xff\xff", refused + "\x72\x00\x00\x00\x00",
			CodeParams},
		{"parameters that are none", someCookie + withLength("{"), refused + "\x72\x00\x00\x00\x00",
			CodeParams},
		{"129 streams", someCookie + withLength(`{"tcp":true,"parallel":129}`),
			refused + "\x06\x00\x00\x00\x00", CodeStreams},
		{"SCTP", someCookie + withLength(`{"sctp":true}`), refused + "\x12\x00\x00\x00\x00", CodeNoSCTP},
		{"no streams", someCookie + withLength(`{"tcp":true}`),
			"\x09\x0a\xfe\x00\x00\x00\xcc\x00\x00\x00\x00", CodeAccept},
		{"no UDP streams", someCookie + withLength(`{"udp":true}`),
			"\x09\x0a\xfe\x00\x00\x00\xcc\x00\x00\x00\x00", CodeAccept},
		{"out of turn", someCookie + withLength(`{"tcp":true}`) + "\x04",
			"\x09\x0a\xfe\x00\x00\x00\x6e\x00\x00\x00\x00", CodeMessage},
		{"gone before it began", someCookie + withLength(`{"tcp":true}`) + "\x0c", "\x09\x0a",
			CodeClientEnded},
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			answer, took := m.stranger(t, tt.says)
			if answer != tt.answer || took > 40*time.Second {
				t.Errorf("%s: answered % x after %v, want % x", tt.name, answer, took, tt.answer)
			}
			_, errs := m.reported()
			var e *Error
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Code != tt.code {
				t.Errorf("%s: server reports %v, want code %d", tt.name, errs, tt.code)
			}
			if _, err := m.c.Run(t.Context(), Test{Duration: time.Second}); err != nil {
				t.Errorf("%s: the next client: %v", tt.name, err)
			}
		})
	}
}

// A second client is told that the server is busy; the first does not notice, whatever cookie the
// second has.
func TestServerBusy(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		done := make(chan error, 1)
		go func() {
			_, err := m.c.Run(t.Context(), Test{Duration: 2 * time.Second})
			done <- err
		}()
		time.Sleep(time.Second)
		second := *m.c
		second.Cookie = prng.New(2)
		if _, err := second.Run(t.Context(), Test{}); !errors.Is(err, ErrBusy) {
			t.Errorf("second client: %v, want %v", err, ErrBusy)
		}
		// The same cookie, but no stream is wanted any more.
		c, _ := newCookie(prng.New(1).Split("cookie"))
		if answer, _ := m.stranger(t, string(c[:])); answer != "\xff" {
			t.Errorf("a stream too many: % x, want ACCESS_DENIED", answer)
		}
		if err := <-done; err != nil {
			t.Errorf("first client: %v", err)
		}
		// IPERF_DONE may be under way still: that must not matter.
		if _, err := second.Run(t.Context(), Test{Duration: time.Second}); err != nil {
			t.Errorf("a client right after the first: %v", err)
		}
	})
}

// A client that falls silent in the middle of a test does not keep the server: one that sends, for
// as long as the test was to last and some grace; one that is to receive likewise.
func TestServerOfSilentClient(t *testing.T) {
	for _, tt := range []struct {
		params string
		after  time.Duration
		code   Code
	}{
		{`{"tcp":true,"time":10}`, 10*time.Second + serverGrace, CodeExpired},
		{`{"tcp":true,"time":10,"reverse":true}`, 10*time.Second + serverGrace, CodeExpired},
		{`{"tcp":true,"time":0}`, receiveIdleMax, CodeIdle},
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			ctrl, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
			if err != nil {
				t.Fatal(err)
			}
			defer ctrl.Close()
			io.WriteString(ctrl, someCookie+withLength(tt.params))
			head := make([]byte, 2)
			io.ReadFull(ctrl, head)
			data, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
			if err != nil {
				t.Fatal(err)
			}
			defer data.Close()
			io.WriteString(data, someCookie)
			io.ReadFull(ctrl, head) // TEST_START, TEST_RUNNING
			start := time.Now()
			rest, _ := io.ReadAll(ctrl)
			took := time.Since(start).Round(100 * time.Millisecond)
			want := "\xfe" + string(binary.BigEndian.AppendUint32(nil, uint32(tt.code))) + "\x00\x00\x00\x00"
			if string(rest) != want || took != tt.after {
				t.Errorf("%s: % x after %v, want % x after %v", tt.params, rest, took, want, tt.after)
			}
		})
	}
}

// When ctx ends the client is told, and nothing of the server remains.
func TestServerStopped(t *testing.T) {
	for _, test := range []Test{{}, {Reverse: true}, {Protocol: UDP}} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemLab(t, 1)
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- m.s.Serve(ctx, m.server.Listen("10.0.0.2:5201")) }()
			time.AfterFunc(1500*time.Millisecond, cancel)
			r, err := m.c.Run(t.Context(), test)
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeServerEnded || !e.Remote {
				t.Errorf("client: %v, want code %d from the other side", err, CodeServerEnded)
			}
			if len(r.Intervals) < 1 || len(r.End.Streams) != 1 {
				t.Errorf("client has %d intervals, want what was counted", len(r.Intervals))
			}
			if err := <-served; err != nil {
				t.Errorf("Serve: %v, want nil", err)
			}
			if _, err := m.c.Run(t.Context(), test); err == nil {
				t.Error("the listener is open still")
			}
		})
	}
}

func TestServerOneOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemLab(t, 1)
		m.s.OneOff = true
		served := make(chan error, 1)
		go func() { served <- m.s.Serve(t.Context(), m.server.Listen("10.0.0.2:5201")) }()
		if _, err := m.c.Run(t.Context(), Test{Duration: time.Second}); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v, want nil after one test", err)
		}
	})
}

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("broken") }
func (brokenListener) Close() error              { return nil }

func TestServerOfBrokenListener(t *testing.T) {
	if err := new(Server).Serve(t.Context(), brokenListener{}); err == nil ||
		err.Error() != "iperf: accept: broken" {
		t.Errorf("Serve: %v, want the listener's error", err)
	}
}

// A server without ListenPacket, or with one that fails, refuses UDP in words.
func TestServerWithoutUDP(t *testing.T) {
	for _, listen := range []func(string, string) (net.PacketConn, error){
		nil,
		func(string, string) (net.PacketConn, error) { return nil, errors.New("in use") },
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			m.s.ListenPacket = listen
			_, err := m.c.Run(t.Context(), Test{Protocol: UDP})
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeListen || !e.Remote {
				t.Errorf("%v, want code %d from the other side", err, CodeListen)
			}
		})
	}
}

// More connections than a server reads cookies of are closed at once.
func TestServerFlood(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		m.net.delay = time.Millisecond // or the first give up before the last have come
		var conns []net.Conn
		for range handshakesMax + 10 {
			c, err := m.client.DialContext(t.Context(), "tcp", "10.0.0.2:5201")
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			if len(conns) > handshakesMax {
				start := time.Now()
				if _, err := c.Read(make([]byte, 1)); err != io.EOF || time.Since(start) > time.Second {
					t.Fatalf("connection %d: %v after %v, want it closed", len(conns), err,
						time.Since(start))
				}
			}
		}
		for _, c := range conns {
			c.Close()
		}
		time.Sleep(time.Second)
		if _, err := m.c.Run(t.Context(), Test{Duration: time.Second}); err != nil {
			t.Errorf("a client afterwards: %v", err)
		}
	})
}

// The server's output comes as JSON or as text, and is what the server had counted.
func TestServerOutput(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			m.s.JSON = asJSON
			r, err := m.c.Run(t.Context(), Test{Duration: time.Second, GetServerOutput: true})
			if err != nil {
				t.Fatal(err)
			}
			if asJSON == (r.ServerOutputJSON == nil) || asJSON == (r.ServerOutputText != "") {
				t.Errorf("JSON %v: got %q and %q", asJSON, r.ServerOutputJSON, r.ServerOutputText)
			}
			if asJSON {
				var s Result
				if err := json.Unmarshal(r.ServerOutputJSON, &s); err != nil {
					t.Fatal(err)
				}
				if s.End.SumReceived.Bytes != r.End.SumReceived.Bytes {
					t.Errorf("server's JSON has %d bytes, results %d", s.End.SumReceived.Bytes,
						r.End.SumReceived.Bytes)
				}
			}
			var b bytes.Buffer
			r.WriteText(&b)
			if !strings.Contains(b.String(), "\nServer") {
				t.Errorf("text lacks the server's output:\n%s", &b)
			}
		})
	}
}

// Whatever a client says on its control connection, the server ends its session.
func FuzzServer(f *testing.F) {
	f.Add([]byte(withLength(`{"tcp":true,"time":1}`)+"\x04"), false)
	f.Add([]byte(withLength(`{"tcp":true,"num":5}`)+"\x04"+withLength(goodResults(goodStream))+"\x10"),
		true)
	f.Add([]byte(withLength(`{"udp":true}`)+"\x0c"), false)
	f.Add([]byte("\x00\x00"), false)
	f.Fuzz(func(t *testing.T, b []byte, stream bool) {
		conns := make(chan net.Conn, 2)
		// A read that would wait for the test to begin ends the script; the stream has come before.
		conns <- &scripted{Reader: io.MultiReader(strings.NewReader(someCookie), bytes.NewReader(b))}
		if stream {
			conns <- script(someCookie + "data")
		}
		s := &Server{OneOff: true}
		l := &queueListener{conns: conns, done: make(chan struct{})}
		if err := s.Serve(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	})
}

// queueListener accepts what is in a channel.
type queueListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *queueListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *queueListener) Close() error   { close(l.done); return nil }
func (l *queueListener) Addr() net.Addr { return &net.TCPAddr{Port: Port} }
