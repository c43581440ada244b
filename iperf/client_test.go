package iperf

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// The same seed gives the same bytes on the wire at the same instants, control JSON included, and
// the same results; another seed another cookie. The second network has no transmission time, so
// that all sorts of things happen at one instant.
func TestRepeats(t *testing.T) {
	for name, test := range map[string]Test{
		"tcp":                {Streams: 3},
		"tcp reverse, paced": {Reverse: true, Streams: 3, Bandwidth: 8e6, BlockSize: 1000},
		"tcp bytes":          {Bytes: 3e6, Streams: 4},
		"udp both ways": {Protocol: UDP, Bidirectional: true, Streams: 3, Bandwidth: 8e6,
			BlockSize: 1000},
		"udp reverse, bytes": {Protocol: UDP, Reverse: true, Streams: 3, Bytes: 1e5, BlockSize: 5000,
			Bandwidth: Unlimited},
		"udp, omit": {Protocol: UDP, Omit: time.Second, Bandwidth: 1e6, BlockSize: 1250},
	} {
		for _, rate := range []int64{10e6, 1 << 60} {
			run := func(seed uint64) (digest string) {
				bubble(t, seed, func(t *testing.T, m *memLab) {
					m.net.rate = rate
					m.c.Stats = fakeStats(time.Now())
					test.Interval = 100 * time.Millisecond
					if !test.counted() {
						test.Duration = 300 * time.Millisecond
					}
					r, err := m.c.Run(t.Context(), test)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					time.Sleep(time.Second)
					b, _ := json.Marshal(r)
					results, _ := m.reported()
					s, _ := json.Marshal(results)
					m.net.mu.Lock() // the network goes on
					defer m.net.mu.Unlock()
					m.digest.Write(append(b, s...))
					digest = fmt.Sprintf("%x", m.digest.Sum(nil))
				})
				return digest
			}
			first := run(1)
			for range 2 {
				if again := run(1); again != first {
					t.Errorf("%s at %d bit/s: seed 1 gave %.8s and %.8s", name, rate, first, again)
				}
			}
			if run(2) == first {
				t.Errorf("%s at %d bit/s: seeds 1 and 2 both gave %.8s", name, rate, first)
			}
		}
	}
}

// A counted TCP test is received whole, although the word of its end overtakes the data.
func TestCountedIsReceivedWhole(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		m.net.rate = 1e6 // 200 kB take 1.6 s and lie in the send buffer at once
		r, err := m.c.Run(t.Context(), Test{Bytes: 200e3})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.End.SumReceived; got.Bytes != 200e3 || got.BitsPerSecond > 1e6 {
			t.Errorf("%d bytes received at %.0f bit/s, want all 200000 and not above the link's rate",
				got.Bytes, got.BitsPerSecond)
		}
	})
}

// Set-up datagrams of UDP may be lost, and so may the answers.
func TestUDPSetUpLoss(t *testing.T) {
	hello, welcome := []byte(udpHello), []byte(udpWelcome)
	for _, tt := range []struct {
		name string
		lose func(b []byte, seen int) bool // seen: set-up datagrams before this one
		fail bool
	}{
		{"the first two hellos", func(b []byte, seen int) bool { return seen < 2 }, false},
		{"a hello, its answer, the next hello",
			func(b []byte, seen int) bool { return seen == 0 || seen == 2 || seen == 5 }, false},
		{"the first answer", func(b []byte, seen int) bool { return seen == 1 }, false},
		{"all answers for the last stream: the test begins without",
			func(b []byte, seen int) bool { return seen > 2 && bytes.Equal(b, welcome) }, false},
		{"all answers", func(b []byte, seen int) bool { return bytes.Equal(b, welcome) }, true},
		{"all hellos", func(b []byte, seen int) bool { return bytes.Equal(b, hello) }, true},
	} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			seen := -1
			m.net.drop = func(b []byte) bool {
				if len(b) == udpSetUpSize {
					seen++
				}
				return len(b) == udpSetUpSize && tt.lose(b, seen)
			}
			r, err := m.c.Run(t.Context(), Test{Protocol: UDP, Streams: 2, Duration: time.Second})
			var e *Error
			switch {
			case tt.fail && (!errors.As(err, &e) || e.Code != CodeConnect && e.Code != CodeAccept):
				t.Errorf("%s: %v, want code %d or %d", tt.name, err, CodeConnect, CodeAccept)
			case !tt.fail && err != nil:
				t.Errorf("%s: %v", tt.name, err)
			case tt.fail:
			case r.End.SumReceived.LostPackets != 0 || r.End.SumReceived.Bytes != 180*1460:
				t.Errorf("%s: %+v, want 180 datagrams and no loss", tt.name, r.End.SumReceived)
			}
		})
	}
}

// Data that comes instead of the last answer counts.
func TestUDPDataBeforeWelcome(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		m.net.drop = func(b []byte) bool { return string(b) == udpWelcome }
		r, err := m.c.Run(t.Context(), Test{Protocol: UDP, Reverse: true, Duration: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if u := r.End.SumReceived; u.LostPackets != 0 || u.Packets == 0 {
			t.Errorf("%+v, want some datagrams and no loss", u.UDPTotals)
		}
	})
}

// Losses are counted once, in and out of the omitted time.
func TestUDPLoss(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			m.net.rate = 100e6
			m.net.drop = everyNth(10)
			r, err := m.c.Run(t.Context(), Test{Protocol: UDP, Omit: time.Second, Reverse: reverse,
				Duration: time.Second, Bandwidth: 8e6, BlockSize: 1000, UDP64BitCounters: true})
			if err != nil {
				t.Fatal(err)
			}
			u := r.End.SumReceived.UDPTotals
			if u.Packets < 970 || u.Packets > 1030 || u.LostPackets < 97 || u.LostPackets > 103 {
				t.Errorf("reverse %v: %+v, want about 1000 datagrams and 100 lost", reverse, *u)
			}
		})
	}
}

// fakeServer answers the next connection with the parts of a script, half a second apart. It
// returns what the client has sent.
func (m *memLab) fakeServer(parts ...string) chan string {
	l := m.server.Listen("10.0.0.2:5201")
	got := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		for _, text := range parts {
			io.WriteString(c, text)
			time.Sleep(time.Second / 2)
		}
		b, _ := io.ReadAll(c)
		c.Close()
		l.Close()
		got <- string(b)
	}()
	return got
}

// Servers that do not keep to the protocol end a test with a code; unless they have said why, the
// client says that it goes.
func TestClientOfBadServers(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		code       Code
		remote     bool
	}{
		{"busy", "\xff", CodeBusy, true},
		{"refuses", "\x09\xfe\x00\x00\x00\x06\x00\x00\x00\x16", CodeStreams, true},
		{"is stopped", "\x09\x0b", CodeServerEnded, true},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n", CodeMessage, false},
		{"out of turn", "\x0a", CodeMessage, false},
	} {
		bubbleAlone(t, func(t *testing.T, m *memLab) {
			got := m.fakeServer(tt.says)
			r, err := m.c.Run(t.Context(), Test{Duration: time.Second})
			var e *Error
			if !errors.As(err, &e) || e.Code != tt.code || e.Remote != tt.remote {
				t.Errorf("%s: %v, want code %d", tt.name, err, tt.code)
			}
			if r.Error != err.Error() || r.Start.TestStart == nil || r.Intervals == nil {
				t.Errorf("%s: result %+v, want the start and the error", tt.name, r)
			}
			if said := strings.HasSuffix(<-got, "\x0c"); said == tt.remote {
				t.Errorf("%s: client said CLIENT_TERMINATE: %v, want %v", tt.name, said, !tt.remote)
			}
		})
	}
}

// A server that says nothing more is given up.
func TestClientOfSilentServer(t *testing.T) {
	bubbleAlone(t, func(t *testing.T, m *memLab) {
		got := m.fakeServer("\x09")
		start := time.Now()
		_, err := m.c.Run(t.Context(), Test{Duration: time.Second})
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeControlRead || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v, want code %d", err, CodeControlRead)
		}
		if d := time.Since(start); d < controlTimeout || d > controlTimeout+time.Second {
			t.Errorf("gave up after %v, want %v", d, controlTimeout)
		}
		<-got
	})
}

func TestClientNeeds(t *testing.T) {
	r, err := new(Client).Run(t.Context(), Test{})
	if err == nil || r == nil || r.Error != err.Error() {
		t.Errorf("a client without a dialer: %v, %+v", err, r)
	}
	if _, err := new(Client).Run(t.Context(), Test{Protocol: "x"}); err == nil {
		t.Error("a test of protocol x began")
	}
	bubbleAlone(t, func(t *testing.T, m *memLab) {
		_, err := m.c.Run(t.Context(), Test{})
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody listens: %v", err)
		}
		m.c.Cookie = strings.NewReader("dry")
		if _, err := m.c.Run(t.Context(), Test{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("no cookie to be had: %v", err)
		}
	})
}

// When ctx ends so does the test, on both sides, with what was counted until then.
func TestClientStopped(t *testing.T) {
	for _, test := range []Test{{}, {Reverse: true}, {Protocol: UDP, Bidirectional: true}} {
		bubble(t, 1, func(t *testing.T, m *memLab) {
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("enough")
			time.AfterFunc(2500*time.Millisecond, func() { cancel(why) })
			r, err := m.c.Run(ctx, test)
			if !errors.Is(err, why) || len(r.Intervals) < 2 || len(r.End.Streams) == 0 {
				t.Errorf("%v, %d intervals, want %v and more than 2 s worth", err, len(r.Intervals), why)
			}
			time.Sleep(time.Second)
			results, errs := m.reported()
			var e *Error
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Code != CodeClientEnded || !e.Remote {
				t.Errorf("server saw %v, want code %d from the other side", errs, CodeClientEnded)
			}
			if len(results) != 1 || results[0].Error == "" {
				t.Errorf("server has results %v, want one, with the error", results)
			}
			if _, err := m.c.Run(t.Context(), Test{Duration: time.Second}); err != nil {
				t.Errorf("the next client: %v, want the server free again", err)
			}
		})
	}
}

// Settings that package net has no words for.
func TestTune(t *testing.T) {
	bubble(t, 1, func(t *testing.T, m *memLab) {
		test := Test{Duration: time.Second, MSS: 1000, Congestion: "reno"}
		if _, err := m.c.Run(t.Context(), test); !errors.Is(err, errUntunable) {
			t.Errorf("without Tune: %v, want %v", err, errUntunable)
		}
		time.Sleep(time.Second)
		var client, server Tuning
		done := make(chan struct{})
		m.c.Tune = func(c net.Conn, u Tuning) error { client = u; return nil }
		m.s.Tune = func(c net.Conn, u Tuning) error {
			defer close(done)
			server = u
			return errors.New("not here")
		}
		r, err := m.c.Run(t.Context(), test)
		<-done
		want := Tuning{MSS: 1000, Congestion: "reno"}
		if err != nil || client != want || server != want {
			t.Errorf("%v, tuned %v and %v, want both %v, though the server's fails", err, client, server,
				want)
		}
		if r.Start.TCPMSS == nil || *r.Start.TCPMSS != 1000 {
			t.Errorf("report has %v for tcp_mss, want 1000", r.Start.TCPMSS)
		}
	})
}

// tunable is a connection with the settings that package net has.
type tunable struct {
	net.Conn
	noDelay     bool
	read, write int
	err         error
}

func (c *tunable) SetNoDelay(on bool) error   { c.noDelay = on; return c.err }
func (c *tunable) SetReadBuffer(n int) error  { c.read = n; return c.err }
func (c *tunable) SetWriteBuffer(n int) error { c.write = n; return c.err }

func TestSocketSettings(t *testing.T) {
	var l Local
	c := &tunable{noDelay: true}
	if err := l.tune(c, &Test{}); err != nil || c.noDelay || c.read != 0 || c.write != 256<<10 {
		t.Errorf("%v, %+v, want Nagle's algorithm and a send buffer of 256 KiB", err, c)
	}
	if err := l.tune(c, &Test{NoDelay: true, Window: 5000}); err != nil || !c.noDelay ||
		c.read != 5000 || c.write != 5000 {
		t.Errorf("%v, %+v, want no delay and buffers of 5000", err, c)
	}
	c.err = errors.New("no")
	if err := l.tune(c, &Test{}); err != c.err {
		t.Errorf("%v, want the connection's error", err)
	}
	if err := setBuffers(c, 1); err != c.err {
		t.Errorf("%v, want the connection's error", err)
	}
}

// Whatever a server says, a client ends with a result.
func FuzzClient(f *testing.F) {
	size := binary.BigEndian.AppendUint32(nil, uint32(len(goodResults(goodStream))))
	good := "\x09\x0a\x01\x02\x0d" + string(size) + goodResults(goodStream) + "\x0e"
	f.Add([]byte(good))
	f.Add([]byte(good[:30]))
	f.Add([]byte("\x09\x0a\x01\x02\x0b"))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first := true
		dialer := dialFunc(func() (net.Conn, error) {
			if first {
				first = false
				return &scripted{Reader: bytes.NewReader(b)}, nil
			}
			return &scripted{Reader: bytes.NewReader(nil)}, nil
		})
		c := &Client{Dialer: dialer, Addr: "10.0.0.2:5201", Cookie: prng.New(1)}
		r, err := c.Run(t.Context(), Test{Bytes: 10})
		if (err == nil) != (r.Error == "") {
			t.Fatalf("% x: %v, but the result says %q", b, err, r.Error)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}

type dialFunc func() (net.Conn, error)

func (f dialFunc) DialContext(context.Context, string, string) (net.Conn, error) { return f() }
