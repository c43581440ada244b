package iperf

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/internal/golden"
)

// What client and server print of tests in virtual time, with one datagram in 50 lost and one in
// 70 late.
func TestTextGolden(t *testing.T) {
	for name, test := range map[string]Test{
		"tcp":         {Omit: time.Second, Bandwidth: 10e6, Interval: 500 * time.Millisecond},
		"tcp_reverse": {Reverse: true, Streams: 2, Bandwidth: 10e6},
		"tcp_bidir":   {Bidirectional: true, Bandwidth: 20e6},
		"udp":         {Protocol: UDP, Streams: 2, GetServerOutput: true},
		"udp_reverse": {Protocol: UDP, Reverse: true, Interval: -1},
		"udp_bidir":   {Protocol: UDP, Bidirectional: true, Streams: 2},
	} {
		bubble(t, 3, func(t *testing.T, m *memLab) {
			if name != "tcp_bidir" { // without statistics no Retr and Cwnd
				m.c.Stats, m.s.Stats = fakeStats(time.Now()), fakeStats(time.Now())
			}
			m.net.rate = 100e6
			m.net.drop = everyNth(50)
			m.net.late = everyNth(70)
			var client, server bytes.Buffer
			m.c.Observe, m.s.Observe = NewText(&client).Event, NewText(&server).Event
			test.Duration = 2 * time.Second
			r, err := m.c.Run(t.Context(), test)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // for the server to end
			golden.Check(t, "testdata/text_"+name+".txt",
				append(append(client.Bytes(), "\nserver:\n"...),
					server.Bytes()...))

			var whole bytes.Buffer
			if err := r.WriteText(&whole); err != nil || whole.String() != client.String() {
				t.Errorf("%s: WriteText: %v, want what the observer printed, got\n%s", name, err, &whole)
			}
			b, err := json.MarshalIndent(r, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/result_"+name+".json", append(b, '\n'))
		})
	}
}

// everyNth says yes to each n-th datagram with a payload.
func everyNth(n int) func([]byte) bool {
	seen := 0
	return func(b []byte) bool {
		if len(b) == udpSetUpSize {
			return false
		}
		seen++
		return seen%n == 0
	}
}

func TestQuantity(t *testing.T) {
	for _, tt := range []struct {
		n           float64
		bytes, bits string
	}{
		{0, "0.00 Byte", "0.00 bit"},
		{9.994, "9.99 Byte", "9.99 bit"},
		{9.996, "10.0 Byte", "10.0 bit"},
		{99.94, "99.9 Byte", "99.9 bit"},
		{99.96, " 100 Byte", " 100 bit"},
		{1000, "1000 Byte", "1.00 Kbit"},
		{1024, "1.00 KByte", "1.02 Kbit"},
		{131072, " 128 KByte", " 131 Kbit"},
		{2724855808, "2.54 GByte", "2.72 Gbit"},
		{1e15, " 909 TByte", "1000 Tbit"},
		{1e18, "909495 TByte", "1000000 Tbit"},
	} {
		if got := bytesText(tt.n); got != tt.bytes {
			t.Errorf("%v bytes: %q, want %q", tt.n, got, tt.bytes)
		}
		if got := bitsText(tt.n); got != tt.bits {
			t.Errorf("%v bits: %q, want %q", tt.n, got, tt.bits)
		}
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("full")
	}
	return len(b), nil
}

func TestTextError(t *testing.T) {
	text, err := os.ReadFile("testdata/real_tcp.json")
	if err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteText(&brokenWriter{2}); err == nil || err.Error() != "full" {
		t.Errorf("a writer that is full: %v", err)
	}
	if err := new(Result).WriteText(&brokenWriter{}); err != nil {
		t.Errorf("a test that never began: %v, want nothing printed", err)
	}
}

// What a server says of itself is shown, but the terminal obeys none of it.
func TestHostileServerOutput(t *testing.T) {
	text, err := os.ReadFile("testdata/real_tcp.json")
	if err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	r.ServerOutputText, r.ServerOutputJSON = "one\n\x1b[2Jtwo\u202e\n", []byte("\"\u009b\"")
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "Server output:\none\n?[2Jtwo?\n\n") ||
		!strings.Contains(got, "Server JSON output:\n\"?\"\n") {
		t.Errorf("shown as %q", got)
	}
}

func TestServerBanner(t *testing.T) {
	want := "-----------------------------------------------------------\n" +
		"Server listening on 5201 (test #1)\n" +
		"-----------------------------------------------------------\n"
	if got := ServerBanner(Port, 1); got != want {
		t.Errorf("banner\n%swant\n%s", got, want)
	}
}
