package iperf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/prng"
)

func TestCookie(t *testing.T) {
	a, err := newCookie(prng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := newCookie(prng.New(1))
	if a != b {
		t.Errorf("one seed gave %q and %q, want the same cookie", a.String(), b.String())
	}
	if c, _ := newCookie(prng.New(2)); c == a {
		t.Errorf("two seeds gave %q", c.String())
	}
	s := a.String()
	if len(s) != 36 || strings.Trim(s, cookieAlphabet) != "" || a[36] != 0 || !a.valid() {
		t.Errorf("cookie %q, want 36 of %s and a NUL", a[:], cookieAlphabet)
	}
	if _, err := newCookie(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source that runs dry: %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

func TestCookieOfPeers(t *testing.T) {
	for _, tt := range []struct {
		what, text string
		want       bool
	}{
		{"iperf3", "5tczvse4vcfj45vopemvgewp4i6cfl5spgnb\x00", true},
		{"before 3.2: host, time, text", "host.example.1447853722.402215.4b3b5\x00", true},
		{"short, padded with NULs", "host.1.2\x00\x00\x00", true},
		{"iperf2's header", "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x13\x89", false},
		{"iperf2's payload", "012345678901234567890123456789012345678", false},
		{"HTTP", "GET / HTTP/1.1\r\nHost: 10.0.0.2:5201\r\n", false},
		{"nothing", "", false},
	} {
		var c cookie
		copy(c[:], tt.text)
		if got := c.valid(); got != tt.want {
			t.Errorf("%s: valid %v, want %v", tt.what, got, tt.want)
		}
	}
}

func TestStreamID(t *testing.T) {
	for i, want := range []int{1, 3, 4, 5, 6} {
		if got := streamID(i); got != want {
			t.Errorf("stream %d of a test has id %d, want %d: 2 is left out", i, got, want)
		}
	}
}

func TestStateNames(t *testing.T) {
	seen := map[string]state{}
	for s := state(-128); ; s++ {
		name := s.String()
		if other, ok := seen[name]; ok {
			t.Errorf("%d and %d are both %q", s, other, name)
		}
		seen[name] = s
		if s == 127 {
			break
		}
	}
	for name, want := range map[string]state{"TEST_START": 1, "TEST_RUNNING": 2, "TEST_END": 4,
		"PARAM_EXCHANGE": 9, "CREATE_STREAMS": 10, "SERVER_TERMINATE": 11, "CLIENT_TERMINATE": 12,
		"EXCHANGE_RESULTS": 13, "DISPLAY_RESULTS": 14, "IPERF_DONE": 16, "ACCESS_DENIED": -1,
		"SERVER_ERROR": -2, "state 3": 3} {
		if got, ok := seen[name]; !ok || got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
}

// scripted is a connection whose other side says what it has to say and closes.
type scripted struct {
	io.Reader
	wrote  bytes.Buffer
	closed bool
}

func (s *scripted) Write(b []byte) (int, error)      { return s.wrote.Write(b) }
func (s *scripted) Close() error                     { s.closed = true; return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{Port: Port} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{Port: 1} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

func script(text string) *scripted { return &scripted{Reader: strings.NewReader(text)} }

func TestControlStates(t *testing.T) {
	for _, tt := range []struct {
		bytes string
		want  error // nil: TEST_START came
		code  Code
	}{
		{bytes: "\x01"},
		{bytes: "\x02", code: CodeMessage},
		{bytes: "\x55", code: CodeMessage},
		{bytes: "", code: CodeClosed},
		{bytes: "\x0b", code: CodeServerEnded},
		{bytes: "\x0c", code: CodeClientEnded},
		{bytes: "\xff", want: ErrBusy, code: CodeBusy},
		{bytes: "\xfe\x00\x00\x00\x86\x00\x00\x00\x02", code: CodeCongestion},
		{bytes: "\xfe\x00\x00\x99\x99\x00\x00\x00\x00", code: 0x9999},
		{bytes: "\xfe\x00\x00", code: CodeClosed},
	} {
		c := newControl(t.Context(), script(tt.bytes))
		err := c.expect(testStart)
		c.close()
		if tt.code == 0 {
			if err != nil {
				t.Errorf("% x: %v, want TEST_START", tt.bytes, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Code != tt.code || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("% x: %v, want code %d and %v", tt.bytes, err, tt.code, tt.want)
		}
		if len(tt.bytes) == 9 && (!e.Remote || tt.code == CodeCongestion && e.Errno != 2) {
			t.Errorf("% x: %+v, want the other side's numbers", tt.bytes, e)
		}
	}
}

func TestControlJSONSize(t *testing.T) {
	for _, tt := range []struct {
		bytes string
		code  Code
	}{
		{"\x00\x00\x00\x02{}", 0},
		{"\x00\x00\x00\x00", CodeParams},
		{"\x00\x00\x20\x01{}", CodeParams},
		{"\xff\xff\xff\xff{}", CodeParams},
		{"\x00\x00\x00\x03{}", CodeClosed},
		{"\x00\x00", CodeClosed},
		{"\x00\x00\x00\x02[]", CodeParams},
		{"\x00\x00\x00\x02{{", CodeParams},
	} {
		c := newControl(t.Context(), script(tt.bytes))
		var p params
		err := c.receiveJSON(&p, paramsSizeMax, CodeParams)
		c.close()
		var e *Error
		if tt.code == 0 && err != nil || tt.code != 0 && (!errors.As(err, &e) || e.Code != tt.code) {
			t.Errorf("% x: %v, want code %d", tt.bytes, err, tt.code)
		}
	}
}

func TestControlRefuse(t *testing.T) {
	s := script("")
	c := newControl(t.Context(), s)
	c.refuse(CodeMSS)
	c.close()
	if got, want := s.wrote.String(), "\xfe\x00\x00\x00\x0a\x00\x00\x00\x00"; got != want {
		t.Errorf("refused with % x, want % x", got, want)
	}
	if !s.closed {
		t.Error("the connection was not closed")
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("because")
	for _, tt := range []struct {
		want string
		e    *Error
	}{
		{"iperf: the server has terminated", &Error{Code: CodeServerEnded}},
		{"iperf: the other side says: error 77777 (its errno is 5)",
			&Error{Code: 77777, Remote: true, Errno: 5}},
		{"iperf: TCP MSS too large: because", &Error{Code: CodeMSS, Err: cause}},
		{"iperf: the other side says: the server is busy running a test, try again later",
			&Error{Code: CodeBusy, Remote: true}},
	} {
		want, e := tt.want, tt.e
		if got := e.Error(); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
		if errors.Is(e, ErrBusy) != (e.Code == CodeBusy) || errors.Is(e, cause) != (e.Err == cause) {
			t.Errorf("%q: ErrBusy %v, cause %v", e, errors.Is(e, ErrBusy), errors.Is(e, cause))
		}
	}
}

// Whatever a server sends, the control connection takes it as a state or as an error.
func FuzzState(f *testing.F) {
	for _, s := range []string{"\x09\x0a\x01\x02\x0d", "\xff", "\xfe\x00\x00\x00\x05\x00\x00\x00\x00",
		"\xfe\x00", "\x0b", "\x0c", "\x00", "\x80"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newControl(t.Context(), &scripted{Reader: bytes.NewReader(b)})
		defer c.close()
		for range len(b) + 1 {
			s, err := c.next(time.Second)
			var e *Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("% x: %v is no *Error", b, err)
			}
			if err != nil && e.Code == CodeClosed {
				return
			}
			if err == nil && s.String() == "" {
				t.Fatalf("state %d has no name", s)
			}
		}
		t.Fatalf("% x: more states than bytes", b)
	})
}

func TestControlEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	a, b := net.Pipe()
	defer b.Close()
	c := newControl(ctx, a)
	defer c.close()
	c.listen()
	why := errors.New("enough")
	cancel(why)
	if err := c.await(testStart); !errors.Is(err, why) {
		t.Errorf("a read that waits ended by %v, want the cause %v", err, why)
	}
	if err := c.send(testEnd); !errors.Is(err, why) {
		t.Errorf("a write afterwards ended by %v, want the cause %v", err, why)
	}
	got := make(chan byte)
	go func() {
		p := make([]byte, 1)
		io.ReadFull(b, p)
		got <- p[0]
	}()
	c.farewell(byte(clientTerminate))
	if s := <-got; s != byte(clientTerminate) {
		t.Errorf("farewell was %d, want %d although ctx has ended", s, clientTerminate)
	}
}
